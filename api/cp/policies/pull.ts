import { createHash, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { CONTROL_PLANE_OWNER } from '../../../db/cp/key.ts';
import { readPullDocument, recordApplied } from '../../../db/cp/pull.ts';
import { recordSignedHead } from '../../../db/cp/signed-heads.ts';
import { recordSettled } from '../../../db/cp/settlements/deliveries.ts';
import { readSecrets } from '../../../db/cp/wl.ts';
import { currentWebhookKey } from '../../../db/cp/webhook-key.ts';
import type { PullDocument } from '../../../domain/policy/pull-document.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Reply, type RequestFacts, type Route } from '../../http/route.ts';
import { foundOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { matchesTag } from '../preconditions.ts';

type PullDeps = Pick<CpApiDeps, 'db' | 'sealer' | 'signer' | 'work'>;

// As often as WLs pull (RULES.md 9): nobody in between may keep it longer.
const MAX_AGE_SECONDS = 30;
const SEQUENCE_FORM = /^\d{1,18}$/;
/** The last settlement that the WL has applied: it reports it, and asks for those after it. */
const sequence = z.string().regex(SEQUENCE_FORM).transform(BigInt);

/** Everything that governs a WL's trades in one signed document (domain/policy/pull-document). */
export function pullRoute(deps: PullDeps, guards: Guards): Route {
  return route({
    tag: 'White label',
    group: 'wl',
    guard: guards.wlToken('policies:read'),
    method: 'get',
    path: '/policies/pull',
    summary: 'Own policy, relationships, partners, settlements and signed audit head',
    query: z.object({ settlementsSince: sequence.optional() }),
    responses: { 200: pullView, 304: 'none' },
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handler: async ({ principal: { id }, query: { settlementsSince: settled }, facts }) => {
      const applied = appliedRevision(facts);
      if (applied !== undefined) await recordApplied(deps.db, id, applied);
      if (settled !== undefined && (await recordSettled(deps.db, id, settled))) deps.work.kick();
      const unsigned = foundOrProblem(await readPullDocument(deps.db, id, settled));
      // The WL then knows the key before anything is signed with it; its next pull brings it.
      if (unsigned.webhookKeys === undefined) await makeWebhookKeys(deps, facts);
      const signature = await deps.signer.signAuditHead(unsigned.auditHead);
      await recordSignedHead(deps.db, { ...unsigned.auditHead, signature });
      const document: PullDocument = {
        ...unsigned,
        auditHead: { ...unsigned.auditHead, signature },
      };
      const tag = tagOf(document);
      const headers = { ETag: tag, 'Cache-Control': `private, max-age=${MAX_AGE_SECONDS}` };
      if (matchesTag(facts, tag)) return { status: 304, headers };
      const reply = await signedReply(deps, id, document);
      return { ...reply, headers: { ...reply.headers, ...headers } };
    },
  });
}

async function makeWebhookKeys(
  { db, sealer }: Pick<PullDeps, 'db' | 'sealer'>,
  { correlationId }: RequestFacts,
): Promise<void> {
  const author = { actor: CONTROL_PLANE_OWNER, source: 'policies-pull', correlationId };
  await currentWebhookKey(db, sealer, author);
}

/** An answer under the WL's policy secret: the body is signed as it is sent. */
export async function signedReply(
  { db, sealer }: Pick<PullDeps, 'db' | 'sealer'>,
  wlId: string,
  body: object,
): Promise<Reply> {
  const secrets = await readSecrets(db, sealer, wlId);
  if (secrets === undefined) {
    throw new Problem('CONFLICT', { detail: `Fetch the secrets first: POST /wls/${wlId}/secrets` });
  }
  const id = `msg_${randomUUID()}`;
  const at = new Date();
  const text = JSON.stringify(body);
  return {
    status: 200,
    body: text,
    contentType: 'application/json; charset=utf-8',
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / MS_PER_SECOND)),
      'webhook-signature': new Webhook(secrets.policySecret).sign(id, at, text),
    },
  };
}

const MS_PER_SECOND = 1_000;

function appliedRevision({ header }: RequestFacts): bigint | undefined {
  const value = header('x-applied-revision');
  if (value === undefined) return undefined;
  if (SEQUENCE_FORM.test(value)) return BigInt(value);
  throw new Problem('VALIDATION_FAILED', {
    errors: [{ in: 'header', pointer: '/X-Applied-Revision', message: 'is a documentRevision' }],
  });
}

function tagOf(document: PullDocument): string {
  const digest = createHash('sha256').update(JSON.stringify(document)).digest('base64url');
  return `"${digest}"`;
}

const pullView = z
  .object({
    documentRevision: z.string(),
    wl: z.object({
      id: z.string(),
      name: z.string(),
      status: z.string(),
      rolloutStage: z.string(),
    }),
    policy: z.record(z.string(), z.unknown()),
    relationships: z.array(z.record(z.string(), z.unknown())),
    partners: z.array(z.record(z.string(), z.unknown())),
    settlements: z.array(z.record(z.string(), z.unknown())),
    auditHead: z.object({ seq: z.string(), hash: z.string(), signature: z.string() }),
    crl: z.object({ number: z.string(), pem: z.string() }).optional(),
    webhookKeys: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).optional(),
  })
  .meta({ description: 'See domain/policy/pull-document.ts for every field.' });
