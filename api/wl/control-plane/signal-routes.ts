import { z } from 'zod';
import { readSecret, SIGNAL_SECRET } from '../../../db/wl/control-tokens.ts';
import { applySignal } from '../../../db/wl/signals.ts';
import { SIGNAL_PATH, type SignalAnswer } from '../../../domain/imbalance/signal.ts';
import type { Code } from '../../../domain/shared/codes.ts';
import { verifyWebhook, type WebhookVerdict } from '../../../runtime/webhook-signature.ts';
import { moneyInput } from '../../http/money-input.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Guard, type RequestFacts, type Route } from '../../http/route.ts';
import type { NodeDeps } from '../deps.ts';
import type { Guards } from '../guards/guards.ts';

type SignalDeps = Pick<NodeDeps, 'own' | 'db' | 'sealer'>;

const REASON_MAX = 500;
/** An exposure below zero means that the importer is the creditor. */
const LOWEST_EXPOSURE = -(2n ** 62n);

const wlId = z.uuid().toLowerCase();
/** Fits a bigint column. */
const SEQUENCE_FORM = /^\d{1,18}$/;
const sequence = z
  .union([z.string().regex(SEQUENCE_FORM), z.int().min(0)])
  .meta({ description: 'Grows with each signal of the pair.', examples: ['7'] })
  .transform(BigInt);
const signal = z.strictObject({
  id: z.uuid().toLowerCase(),
  sequence,
  src: wlId.meta({ description: 'The exporter.' }),
  dst: wlId.meta({ description: 'The importer.' }),
  action: z.enum(['DISABLE', 'ENABLE', 'TEST']).meta({ description: 'TEST changes nothing.' }),
  reason: z.string().min(1).max(REASON_MAX),
  exposure: moneyInput({ currency: "the exporter's currency", atLeast: LOWEST_EXPOSURE }),
  limit: moneyInput({ currency: "the exporter's currency" }),
  createdAt: z.iso.datetime(),
});

const signalAnswer = z.object({
  status: z.enum(['APPLIED', 'STALE']),
  appliedAt: z.iso.datetime(),
  offersChanged: z.int().min(0),
});

/** The enforcer: the Control Plane stops and restores one direction of trade (RULES.md 3). */
export function createSignalRoutes(deps: SignalDeps, guards: Guards): Route[] {
  return [
    route({
      method: 'post',
      path: SIGNAL_PATH,
      summary: 'Stop or restore the trade of a pair',
      tag: 'Control Plane',
      group: 'control',
      guard: signedByControlPlane(deps, guards),
      body: signal,
      responses: { 200: signalAnswer },
      handler: async ({ body, facts }) => ({
        status: 200,
        body: await apply(deps, body, facts.correlationId),
      }),
    }),
  ];
}

/** Certificate of the Control Plane, and its signature with the secret that the two share. */
function signedByControlPlane(
  { db, sealer }: SignalDeps,
  { controlPlane }: Guards,
): Guards['controlPlane'] {
  const guard: Guard<{ readonly kind: 'control-plane' }> = {
    ...controlPlane,
    name: 'signedByControlPlane',
    describe: {
      schemes: ['mutualTLS'],
      text: 'Certificate of the Control Plane, and a Standard Webhooks signature.',
    },
    async check(facts) {
      const principal = await controlPlane.check(facts);
      const secret = await readSecret(db, sealer, SIGNAL_SECRET);
      // Registration fetches it again within half a minute; the sender comes back.
      if (secret === undefined) throw notReady();
      checkSignature(facts, secret);
      return principal;
    },
  };
  return guard;
}

const REFUSED: Readonly<Record<Exclude<WebhookVerdict, 'VALID'>, Code>> = {
  MISSING: 'TOKEN_MISSING',
  TOO_OLD_OR_NEW: 'TOKEN_EXPIRED',
  WRONG: 'TOKEN_INVALID',
};

function checkSignature({ header, rawBody }: RequestFacts, secret: string): void {
  const verdict = verifyWebhook({ header, body: rawBody, secret, now: new Date() });
  if (verdict === 'VALID') return;
  const detail = `The Standard Webhooks signature is ${DETAILS[verdict]}.`;
  throw new Problem(REFUSED[verdict], { detail });
}

const DETAILS = {
  MISSING: 'missing',
  TOO_OLD_OR_NEW: 'outside its time',
  WRONG: 'not the one of this body under the secret that we share',
} as const;

const RETRY_AFTER_SECONDS = '5';

function notReady(): Problem {
  const detail = 'This WL has not fetched its signal secret yet.';
  const headers = { 'Retry-After': RETRY_AFTER_SECONDS };
  return new Problem('ENGINE_UNAVAILABLE', { detail, headers });
}

async function apply(
  { db, own }: SignalDeps,
  body: z.output<typeof signal>,
  correlationId: string,
): Promise<SignalAnswer> {
  const { id, sequence: number, src, dst, action, reason } = body;
  // A signal about others means that the Control Plane has our endpoint under their name.
  if (src !== own.wlId && dst !== own.wlId) throw new Problem('NOT_FOUND');
  if (action === 'TEST') return answerTest();
  if (src === dst) {
    const errors = [{ in: 'body' as const, pointer: '/dst', message: 'is another WL than src' }];
    throw new Problem('VALIDATION_FAILED', { errors });
  }
  const applied = await applySignal(
    db,
    own,
    {
      ...{ id, sequence: number, src, dst, action, reason },
      exposureMinor: body.exposure,
      limitMinor: body.limit,
      createdAt: new Date(body.createdAt),
    },
    correlationId,
  );
  if (applied.ok) return applied.value;
  throw new Problem('CONFLICT', { detail: 'This id has been used for another signal.' });
}

function answerTest(): SignalAnswer {
  return { status: 'APPLIED', appliedAt: new Date().toISOString(), offersChanged: 0 };
}
