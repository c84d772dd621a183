import { randomUUID } from 'node:crypto';
import { createAgent } from '../../activities/clients/agent.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { wlSubjectUri, type TlsMaterial } from '../../runtime/tls.ts';
import { startDoubleWl, type Behaviour, type DoubleWl } from '../../test/support/double-wl.ts';
import { issueFrom } from '../certificates/certificates.ts';
import { CP, EXPORTER, IMPORTER, tlsUrl } from '../parties.ts';
import type { Session } from '../register.ts';
import { createWeb } from '../web.ts';
import type { Kysely } from 'kysely';
import type { Stage } from './stage.ts';

export interface Pair {
  readonly src: string;
  readonly dst: string;
}

/** White labels that are doubles, registered as real ones are, and pairs of them and the real ones. */
export interface Doubles {
  readonly all: readonly DoubleWl[];
  readonly pairs: readonly Pair[];
  stop(): Promise<void>;
}

const REAL = [EXPORTER.wlId, IMPORTER.wlId];

/** So many that, with the two real white labels, each ordered pair is another pair. */
export async function openDoubles(
  stage: Stage,
  session: Session,
  { db, pairs: count }: { readonly db: Kysely<CpSchema>; readonly pairs: number },
): Promise<Doubles> {
  const all: DoubleWl[] = [];
  const parties = (): number => all.length + REAL.length;
  while (parties() * (parties() - 1) < count) all.push(await openDouble(stage, session));
  const ids = [...REAL, ...all.map(({ wlId }) => wlId)];
  const pairs = ids
    .flatMap((src, row) =>
      ids.map((dst, column) => ({ src, dst, apart: (column - row + ids.length) % ids.length })),
    )
    .filter(({ src, dst }) => src !== dst)
    // Spread, so that each white label is in about as many pairs as any other.
    .toSorted((a, b) => a.apart - b.apart)
    .slice(0, count)
    .map(({ src, dst }) => ({ src, dst }));
  await relate(db, pairs);
  return {
    ...{ all, pairs },
    stop: async () => void (await Promise.all(all.map((double) => double.down()))),
  };
}

async function openDouble({ stack }: Stage, { cp, token }: Session): Promise<DoubleWl> {
  const wlId = randomUUID();
  const host = `${wlId}.localhost`;
  const name = `double-${wlId}`;
  const request = { commonName: name, sanUri: wlSubjectUri(wlId), dnsNames: [host] };
  const { authority } = stack.pki;
  const { certPem: cert, keyPem: key } = await issueFrom(authority, request);
  const tls: TlsMaterial = { ca: authority.certPem, cert, key };
  const body = { id: wlId, name, status: 'active' };
  await cp.need('/admin/api/wls', { method: 'POST', body, bearer: token });
  const agent = createAgent({ tls, connections: 1 });
  try {
    const own = createWeb(agent, tlsUrl(CP, stack.ports));
    const path = `/wls/${wlId}/secrets`;
    const { signalSecret } = await own.need<{ signalSecret: string }>(path, { method: 'POST' });
    const double = await startDoubleWl({ wlId, tls, host, secret: () => signalSecret });
    const eventKeys = { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: wlId, x: 'A'.repeat(43) }] };
    const endpoint = { peerUrl: double.url, currency: 'XEX', eventKeys };
    await own.need(`/wls/${wlId}/endpoint`, { method: 'PUT', body: endpoint });
    return double;
  } finally {
    await agent.close();
  }
}

/**
 * Written straight into the table: a PUT of each would start a workflow that waits for the doubles to
 * apply a policy, which they know nothing of, and what is looked at here are signals.
 */
async function relate(db: Kysely<CpSchema>, pairs: readonly Pair[]): Promise<void> {
  for (const pair of pairs) {
    await db
      .insertInto('relationship')
      .values({
        ...pair,
        ...{ revision: 1, status: 'ACTIVE', fx_rate: '1', commission_rate: '0' },
        ...{ limit_minor: 100_000n, limit_mode: 'HARD', four_eyes: false, change_seq: 0n },
        ...{ alert_percent: 80, disable_percent: 100, enable_percent: 90 },
        ...{ approval_mode: 'AUTO', approval_above_minor: 0n },
        ...{ updated_by: 'drill', updated_source: 'drill' },
      })
      // The two real ones have theirs already.
      .onConflict((conflict) => conflict.columns(['src', 'dst']).doNothing())
      .execute();
  }
}

/** Fails that share of the calls at random: before the effect, after it, or by a broken answer. */
export function failing(share: number): Behaviour {
  return async ({ apply }) => {
    if (Math.random() >= share) return apply();
    switch (Math.floor(Math.random() * 4)) {
      case 0:
        return { status: 500, body: {} };
      case 1:
        return 'BREAK';
      case 2:
        return { status: 503, body: {} };
      default:
        // It has its effect, and the answer is lost.
        apply();
        return 'BREAK';
    }
  };
}
