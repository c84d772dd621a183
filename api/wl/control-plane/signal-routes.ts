import { z } from 'zod';
import { readSecret, SIGNAL_SECRET } from '../../../db/wl/control-tokens.ts';
import { applySignal, type AppliedSignal } from '../../../db/wl/signals.ts';
import { readWebhookKeys } from '../../../db/wl/webhook-keys.ts';
import { SIGNAL_PATH, type SignalAnswer } from '../../../domain/imbalance/signal.ts';
import type { Code } from '../../../domain/shared/codes.ts';
import type { Logger } from '../../../runtime/log.ts';
import {
  verifyWebhook,
  type WebhookToVerify,
  type WebhookVerdict,
} from '../../../runtime/webhook-signature.ts';
import { moneyInput } from '../../http/money-input.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Guard, type RequestFacts, type Route } from '../../http/route.ts';
import type { NodeDeps } from '../deps.ts';
import type { Guards } from '../guards/guards.ts';

type SignalDeps = Pick<NodeDeps, 'own' | 'db' | 'sealer' | 'syncs'>;

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

const signalAccepted = z
  .object({ status: z.literal('PENDING') })
  .meta({ description: 'In force; the offers follow, and then an explicit ack.' });

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
      responses: { 200: signalAnswer, 202: signalAccepted },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ body, principal, facts, log }) => {
        if (!principal.isKeyKnown) await askForKey(deps, body.action, log);
        const applied = await apply(deps, body, facts.correlationId);
        if (applied.kind === 'DONE') return { status: 200, body: applied.answer };
        await startRest(deps, body.id, log);
        return { status: 202, body: { status: 'PENDING' } };
      },
    }),
  ];
}

interface Signed {
  readonly kind: 'control-plane';
  /** False where only the shared secret vouches for it. */
  readonly isKeyKnown: boolean;
}

/** Certificate of the Control Plane, its signature with our secret, and the one with its own key. */
function signedByControlPlane({ db, sealer }: SignalDeps, { controlPlane }: Guards): Guard<Signed> {
  return {
    name: 'signedByControlPlane',
    needsCertificate: controlPlane.needsCertificate,
    describe: {
      schemes: ['mutualTLS'],
      text: 'Certificate of the Control Plane, and a Standard Webhooks signature.',
      refuses: ['CERTIFICATE_SUBJECT', ...Object.values(REFUSED), 'ENGINE_UNAVAILABLE'],
    },
    async check(facts) {
      const principal = await controlPlane.check(facts);
      const secret = await readSecret(db, sealer, SIGNAL_SECRET);
      // Registration fetches it again within half a minute; the sender comes back.
      if (secret === undefined) throw notReady('has not fetched its signal secret');
      const publicKeys = await readWebhookKeys(db);
      const isKeyKnown = checkSignature(facts, { secret, publicKeys });
      return { ...principal, isKeyKnown };
    },
    limitKey: ({ kind }) => kind,
  };
}

const REFUSED: Readonly<Record<Exclude<WebhookVerdict, 'VALID' | 'UNKNOWN_KEY'>, Code>> = {
  MISSING: 'TOKEN_MISSING',
  TOO_OLD_OR_NEW: 'TOKEN_EXPIRED',
  WRONG: 'TOKEN_INVALID',
};

/** Answers whether the key of the v1a signature is known here, or refuses. */
function checkSignature(
  { header, rawBody }: RequestFacts,
  known: Pick<WebhookToVerify, 'secret' | 'publicKeys'>,
): boolean {
  const verdict = verifyWebhook({ header, body: rawBody, ...known, now: new Date() });
  if (verdict === 'VALID' || verdict === 'UNKNOWN_KEY') return verdict === 'VALID';
  const detail = `The Standard Webhooks signature is ${DETAILS[verdict]}.`;
  throw new Problem(REFUSED[verdict], { detail });
}

const DETAILS = {
  MISSING: 'missing',
  TOO_OLD_OR_NEW: 'outside its time',
  WRONG: 'not the one of this body under the secret that we share and the key that we know',
} as const;

/**
 * A key that was never pulled: the next pull brings it, so one is made now. Until then only what
 * stops trade is taken on the shared secret and the certificate alone (docs/signals.md).
 */
async function askForKey(
  { syncs }: SignalDeps,
  action: z.output<typeof signal>['action'],
  log: Logger,
): Promise<void> {
  log.warn({ action }, 'a signal is signed with a key that is not known here');
  await syncs.startPolicySync().catch((err: unknown) => {
    // The schedule pulls within half a minute.
    log.warn({ err }, 'the pull for an unknown webhook key could not be started');
  });
  if (action !== 'DISABLE') throw notReady('does not know the key of this signature');
}

const RETRY_AFTER_SECONDS = '5';

function notReady(what: string): Problem {
  const detail = `This WL ${what} yet.`;
  const headers = { 'Retry-After': RETRY_AFTER_SECONDS };
  return new Problem('ENGINE_UNAVAILABLE', { detail, headers });
}

async function apply(
  { db, own }: SignalDeps,
  body: z.output<typeof signal>,
  correlationId: string,
): Promise<AppliedSignal> {
  const { id, sequence: number, src, dst, action, reason } = body;
  // A signal about others means that the Control Plane has our endpoint under their name.
  if (src !== own.wlId && dst !== own.wlId) throw new Problem('NOT_FOUND');
  if (action === 'TEST') return { kind: 'DONE', answer: answerTest() };
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

/** The row is committed, so a start that fails is made up for by the sweep. */
async function startRest({ syncs }: SignalDeps, signalId: string, log: Logger): Promise<void> {
  await syncs.startSignalApply(signalId).catch((err: unknown) => {
    log.warn({ err, signalId }, 'the rest of a signal waits for the next sweep');
  });
}

function answerTest(): SignalAnswer {
  return { status: 'APPLIED', appliedAt: new Date().toISOString(), offersChanged: 0 };
}
