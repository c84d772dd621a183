import { bulkhead, isBulkheadRejectedError, type BulkheadPolicy } from 'cockatiel';
import type { Kysely } from 'kysely';
import type { Dispatcher } from 'undici';
import type { Author, CpSchema } from '../../db/cp/schema.ts';
import {
  beginAttempt,
  recordAttempt,
  type Begun,
  type Recorded,
} from '../../db/cp/signals/deliver.ts';
import {
  countDeadGateways,
  openDeliveries,
  oldestOpenSeconds,
  type GatewayLimits,
} from '../../db/cp/signals/gateway.ts';
import { currentWebhookKey } from '../../db/cp/webhook-key.ts';
import type { Sealer } from '../../db/sealed.ts';
import { isFinalDelivery } from '../../domain/imbalance/signal.ts';
import type { Profile } from '../../runtime/config.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import {
  signalWorkflowId,
  type DeliverInput,
  type DeliveryStep,
  type SignalDispatchActivities,
} from '../../workflows/signal-dispatch/contract.ts';
import { sendSignal, QUICK_TIMEOUT_MS, SEND_TIMEOUT_MS, type Sent } from './send.ts';

export interface DispatchLimits extends GatewayLimits {
  /** Calls under way to one WL; as many wait their turn, the rest come again. */
  readonly callsAtOnce: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** How long an explicit ack is waited for until the signal is sent again. */
  readonly ackPatienceMs: number;
}

export interface SignalDeps {
  readonly db: Kysely<CpSchema>;
  readonly sealer: Sealer;
  readonly profile: Profile;
  /** Our certificate; connects to public addresses only. */
  readonly agent: Dispatcher;
  /** Tells workflows that their rows have changed. */
  readonly look: (workflowIds: readonly string[]) => void;
  /** Starts the alerts that a notice of a gateway has ordered. */
  readonly work: { readonly kick: () => void };
  readonly metrics: Metrics;
  /** Tests shorten the waits. */
  readonly limits?: Partial<DispatchLimits>;
}

export const DISPATCH_LIMITS: DispatchLimits = {
  // Five failures in a row is no accident; a first try comes soon, the later ones once a minute.
  deadAfter: 5,
  closedMs: 5_000,
  closedMaxMs: 60_000,
  // A call takes 5 s at the most, and writing it down is short.
  probeMs: 10_000,
  // Enough to drain a backlog of hundreds in seconds, too few to take the worker's slots.
  callsAtOnce: 4,
  backoffMs: 1_000,
  backoffMaxMs: 60_000,
  // A WL that needs longer than this for a few hundred offers has forgotten about them.
  ackPatienceMs: 60_000,
};

/** A worker that is busy comes again soon, not in step with the others. */
const BUSY_MIN_MS = 200;
const BUSY_SPREAD_MS = 1_500;
/** Those who were held off come one after the other. */
const HELD_SPREAD_MS = 3_000;
/** More than this wait for their own timers: a minute at the most. */
const WOKEN_MAX = 1_000;

/** Delivers signals, each WL behind its own bulkhead and circuit (DESIGN.md 7). */
export function createSignalActivities(deps: SignalDeps): SignalDispatchActivities {
  const limits: DispatchLimits = { ...DISPATCH_LIMITS, ...deps.limits };
  const bulkheads = new Map<string, BulkheadPolicy>();
  const bulkheadOf = (wlId: string): BulkheadPolicy => {
    const known = bulkheads.get(wlId) ?? bulkhead(limits.callsAtOnce, limits.callsAtOnce);
    bulkheads.set(wlId, known);
    return known;
  };
  const figures = measureSignals(deps);
  return {
    async deliverSignal(input) {
      const gate = bulkheadOf(input.wlId);
      if (input.quick && gate.executionSlots === 0) return busy();
      try {
        return await gate.execute(() => attempt(deps, { input, limits, figures }));
      } catch (error) {
        if (isBulkheadRejectedError(error)) return busy();
        throw error;
      }
    },
  };
}

function busy(): DeliveryStep {
  const waitMs = BUSY_MIN_MS + upTo(BUSY_SPREAD_MS);
  return { kind: 'WAIT', reason: 'BUSY', waitMs, detail: 'BUSY' };
}

interface Figures {
  /** An attempt, by how it ended. */
  count(outcome: string): void;
  /** From the signal to the word of a WL that it is in force there. */
  effective(seconds: number): void;
}

/** Seconds. A nudge takes about one; the promise is sixty (DESIGN.md 7). */
const EFFECTIVE_BUCKETS = [0.25, 0.5, 1, 2, 5, 10, 20, 30, 45, 60, 120, 300];
const MS_PER_SECOND = 1_000;

function measureSignals({ metrics, db }: SignalDeps): Figures {
  const attempts = metrics.counter({
    name: 'signal_attempts_total',
    help: 'Attempts to deliver a signal, by how they ended',
    labelNames: ['outcome'],
  });
  const effective = metrics.histogram({
    name: 'signal_effective_seconds',
    help: 'From the making of a signal to the answer of a white label that it is in force',
    buckets: EFFECTIVE_BUCKETS,
  });
  metrics.watch(
    {
      name: 'signal_delivery_age_seconds',
      help: 'Age of the oldest delivery of a signal that is still open',
    },
    () => oldestOpenSeconds(db),
  );
  metrics.watch(
    { name: 'gateways_dead', help: 'White labels whose gateway does not take signals' },
    () => countDeadGateways(db),
  );
  return {
    count: (outcome) => attempts.inc({ outcome }),
    effective: (seconds) => effective.observe(seconds),
  };
}

interface Attempt {
  readonly input: DeliverInput;
  readonly limits: DispatchLimits;
  readonly figures: Figures;
}

async function attempt(
  deps: SignalDeps,
  { input, limits, figures }: Attempt,
): Promise<DeliveryStep> {
  const { signalId, wlId, correlationId } = input;
  const { db, sealer, look, work } = deps;
  const author: Author = { actor: wlId, source: 'signal-dispatch', correlationId };
  const begun = await beginAttempt(db, sealer, { signalId, wlId, limits });
  if (begun.kind === 'OVER') return begun;
  if (begun.kind === 'HELD') {
    const waitMs = begun.waitMs + upTo(HELD_SPREAD_MS);
    return waitFor(begun.message, { reason: 'HELD', waitMs, detail: 'HELD' });
  }
  const timeoutMs = input.quick ? QUICK_TIMEOUT_MS : SEND_TIMEOUT_MS;
  const webhookId = `${signalId}/${wlId}`;
  const sent = await send(deps, { begun, wlId, author, webhookId, timeoutMs });
  figures.count(sent.outcome.kind);
  const ended = { ...sent, signalId, wlId, attempt: begun.attempt, author, limits };
  const recorded = await recordAttempt(db, ended);
  if (recorded.told) work.kick();
  if (sent.outcome.kind === 'ACKED') {
    figures.effective((Date.now() - Date.parse(begun.message.createdAt)) / MS_PER_SECOND);
  }
  look(recorded.superseded.map(signalWorkflowId));
  if (recorded.recovered) {
    look((await openDeliveries(db, wlId, WOKEN_MAX)).map(signalWorkflowId));
  }
  return stepAfter({ sent, recorded, begun, failures: input.failures, limits });
}

async function send(
  { db, sealer, agent, profile }: SignalDeps,
  attempted: {
    readonly begun: Begun & { readonly kind: 'SEND' };
    readonly wlId: string;
    readonly author: Author;
    readonly webhookId: string;
    readonly timeoutMs: number;
  },
): Promise<Sent> {
  const { begun, wlId, author, webhookId, timeoutMs } = attempted;
  const { message, endpoint } = begun;
  const key = await currentWebhookKey(db, sealer, { ...author, actor: 'control-plane' });
  const { correlationId } = author;
  const to = { agent, profile, wlId, endpoint, timeoutMs };
  return sendSignal({ ...to, message, webhookId, key, correlationId });
}

function stepAfter(attempted: {
  readonly sent: Sent;
  readonly recorded: Recorded;
  readonly begun: Begun & { readonly kind: 'SEND' };
  readonly failures: number;
  readonly limits: DispatchLimits;
}): DeliveryStep {
  const { sent, recorded, begun, failures, limits } = attempted;
  const { outcome } = sent;
  if (isFinalDelivery(recorded.state)) return { kind: 'OVER', state: recorded.state };
  if (outcome.kind !== 'FAILED') {
    const waitMs = limits.ackPatienceMs;
    return waitFor(begun.message, { reason: 'ACK', waitMs, detail: 'HTTP_202' });
  }
  const { failure: detail, pauseMs } = outcome;
  const waitMs = pauseMs === undefined ? backoff(failures, limits) : pauseMs + upTo(HELD_SPREAD_MS);
  return waitFor(begun.message, { reason: 'FAILED', waitMs, detail });
}

function waitFor(
  { src, dst }: { readonly src: string; readonly dst: string },
  wait: Omit<DeliveryStep & { readonly kind: 'WAIT' }, 'kind' | 'src' | 'dst'>,
): DeliveryStep {
  return { kind: 'WAIT', ...wait, src, dst };
}

/** Full jitter: anything up to the backoff, so that those who failed together come back apart. */
function backoff(failures: number, { backoffMs, backoffMaxMs }: DispatchLimits): number {
  return upTo(Math.min(backoffMaxMs, backoffMs * 2 ** failures));
}

function upTo(ms: number): number {
  return Math.ceil(Math.random() * ms);
}
