import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { callJson, type CallAnswer, type PartnerAgent } from '../../activities/clients/agent.ts';
import { createOperator } from '../../db/cp/operator.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { recordToken } from '../../db/cp/token.ts';
import type { Sealer } from '../../db/sealed.ts';
import { CONTROL_PLANE } from '../../runtime/tokens.ts';
import { EXPORTER, IMPORTER } from '../../test/wl/documents.ts';
import type { TestIssuer } from '../../test/wl/tokens.ts';

/** Two people of the Control Plane: what one of them records the other confirms. */
export interface People {
  readonly maker: string;
  readonly checker: string;
}

/** A session outlives a campaign on its moved clock; each seed sets it back. */
const SESSION_MS = 30 * 86_400_000;
const MS_PER_SECOND = 1_000;
const CALL_MS = 30_000;
const AUTHOR = { actor: 'campaign', source: 'campaign', correlationId: 'campaign' };

/** Their tokens. */
export async function hire(
  db: Kysely<CpSchema>,
  { sealer, issuer }: { readonly sealer: Sealer; readonly issuer: TestIssuer },
): Promise<People> {
  const one = async (name: string): Promise<string> => {
    const id = randomUUID();
    const roles = ['operator', 'risk'] as const;
    const operator = { id, email: `${name}@xpory.local`, passwordHash: '-', roles };
    const made = await createOperator(db, sealer, { operator, author: AUTHOR });
    if (!made.ok) throw new Error(`${name} is not hired: ${made.code}`);
    const jti = randomUUID();
    const expiresAt = new Date(Date.now() + SESSION_MS);
    await recordToken(db, {
      ...{ jti, kind: 'OPERATOR', sub: id, aud: CONTROL_PLANE, scope: '', expiresAt },
      ...{ kid: issuer.keyOf(CONTROL_PLANE).kid, issuedAt: new Date() },
    });
    const exp = Math.floor(expiresAt.getTime() / MS_PER_SECOND);
    return issuer.issue({ sub: id, jti, exp, aud: CONTROL_PLANE, scope: '', roles });
  };
  return { maker: await one('maker'), checker: await one('checker') };
}

/** What people ask of the Control Plane, over its routes. */
export interface Desk {
  govern(terms: object): Promise<CallAnswer>;
  signal(action: 'DISABLE' | 'ENABLE', key: string): Promise<CallAnswer>;
  /** Everything that was signalled about the pair is sent again. */
  resend(): Promise<CallAnswer>;
  record(amount: string, key: string): Promise<CallAnswer>;
  confirm(settlementId: string): Promise<CallAnswer>;
}

const PAIR = { src: EXPORTER, dst: IMPORTER };

export function openDesk(
  cpUrl: string,
  { people, calls }: { readonly people: People; readonly calls: PartnerAgent },
): Desk {
  const ask = (
    method: 'POST' | 'PUT',
    path: string,
    { by = people.maker, key, body }: { by?: string; key?: string; body?: object },
  ): Promise<CallAnswer> =>
    callJson({
      ...{ agent: calls, method, url: `${cpUrl}${path}`, timeoutMs: CALL_MS },
      headers: {
        'x-correlation-id': randomUUID(),
        authorization: `Bearer ${by}`,
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { body }),
    });
  const relationship = `/admin/api/relationships/${EXPORTER}/${IMPORTER}`;
  const settlements = '/admin/api/settlements';
  return {
    govern: (terms) => ask('PUT', relationship, { body: terms }),
    signal: (action, key) =>
      ask('POST', '/imbalance/signals', { key, body: { ...PAIR, action, reason: 'a campaign' } }),
    resend: () => ask('POST', '/imbalance/signals/redrive', { body: { filter: PAIR } }),
    record: (amount, key) =>
      ask('POST', settlements, { key, body: { ...PAIR, amount, note: 'a campaign' } }),
    confirm: (id) => ask('POST', `${settlements}/${id}/confirm`, { by: people.checker }),
  };
}
