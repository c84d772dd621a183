import { setTimeout as delay } from 'node:timers/promises';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import { signEvent, type EventSigningKey } from '../../db/event-signature.ts';
import { markSent, nextUnsent, type OutboxRow, type SentResult } from '../../db/wl/outbox.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { EVENT_SCHEMA_VERSION } from '../../domain/telemetry/events.ts';
import type { Logger } from '../../runtime/log.ts';
import { CONTROL_PLANE } from '../../runtime/tokens.ts';
import type {
  RelayRun,
  TelemetryRelayActivities,
} from '../../workflows/telemetry-relay/contract.ts';
import type { TelemetryClient } from '../clients/telemetry.ts';
import type { TokenStore } from '../clients/tokens.ts';
import { correlated } from '../correlated.ts';

export interface RelayDeps {
  readonly db: Kysely<WlTables>;
  readonly wlId: string;
  readonly telemetry: TelemetryClient;
  readonly tokens: Pick<TokenStore, 'wlToken' | 'forget'>;
  /** The key that the Control Plane knows; undefined until it knows one. */
  readonly signingKey: () => Promise<EventSigningKey | undefined>;
  readonly log: Logger;
  /** The process is going down: a run ends at once instead of being cut off. */
  readonly stopping?: AbortSignal;
  /** For each delivery, by what became of it. */
  readonly count?: (result: SentResult, events: number) => void;
  /** How long one run of the activity goes on. */
  readonly runMs?: number;
}

// Long enough that the engine has little to do, short enough that a run's end is seen in its UI.
const RUN_MS = 5 * 60_000;
// Twice the size of a second's busiest trade. The Control Plane holds the pairs' rows meanwhile.
const BATCH_EVENTS = 200;
// Under the Control Plane's 256 KiB a body.
const BATCH_BYTES = 200 * 1_024;
/** Registration and tokens are another workflow's; looking for them costs two small reads. */
const NOT_READY_MS = 500;
/** A fact is to be at the Control Plane within a second; the query is one look at a small index. */
const IDLE_MS = 200;
const BACKOFF_MS = 250;
const BACKOFF_MAX_MS = 10_000;
/** Past it the wish of the Control Plane to be left alone is a mistake. */
const RETRY_AFTER_MAX_MS = 60_000;
const HEARTBEAT_MS = 1_000;

/** What came of one batch. */
export type RelayStep =
  | { readonly kind: 'EMPTY' }
  | { readonly kind: 'NOT_READY'; readonly why: string }
  | { readonly kind: 'SENT'; readonly results: readonly SentResult[] }
  | { readonly kind: 'FAILED'; readonly why: string; readonly retryAfterMs?: number | undefined };

/** The step of `telemetryRelay`. */
export function createTelemetryRelayActivities(deps: RelayDeps): TelemetryRelayActivities {
  return { relayEvents: () => correlated(() => relay(deps)) };
}

async function relay(deps: RelayDeps): Promise<RelayRun> {
  const { stopping, runMs = RUN_MS } = deps;
  const ended = AbortSignal.any([
    cancellationSignal(),
    AbortSignal.timeout(runMs),
    ...(stopping === undefined ? [] : [stopping]),
  ]);
  const sum = { accepted: 0, duplicate: 0, quarantined: 0 };
  // Every wait of a step is bounded, so a beating heart means that the relay is going on.
  const beat = setInterval(() => heartbeat(sum), HEARTBEAT_MS);
  try {
    let failures = 0;
    let isReady = true;
    while (!ended.aborted) {
      const step = await relayBatch(deps, ended);
      if (step.kind === 'SENT') count(deps, sum, step.results);
      failures = step.kind === 'FAILED' ? failures + 1 : 0;
      const waitMs = pauseAfter(step, failures);
      if (step.kind === 'NOT_READY' && isReady) deps.log.warn({ why: step.why }, 'events wait');
      isReady = step.kind !== 'NOT_READY';
      if (step.kind === 'FAILED' && !ended.aborted) {
        deps.log.warn({ why: step.why, failures, waitMs }, 'events could not be delivered');
      }
      await pause(waitMs, ended);
    }
    return sum;
  } finally {
    clearInterval(beat);
  }
}

/** One batch; the next one is read when this one has its answer. */
export async function relayBatch(deps: RelayDeps, signal: AbortSignal): Promise<RelayStep> {
  const { db, telemetry, tokens } = deps;
  const rows = await nextUnsent(db, BATCH_EVENTS);
  if (rows.length === 0) return { kind: 'EMPTY' };
  const [key, token] = await Promise.all([deps.signingKey(), tokens.wlToken()]);
  if (key === undefined) return { kind: 'NOT_READY', why: 'the Control Plane knows no key' };
  if (token === undefined) return { kind: 'NOT_READY', why: 'there is no token' };
  const batch = cut(rows.map((row) => ({ row, text: textOf(row, deps.wlId, key) })));
  if (batch.length === 0) return giveUp(deps, rows[0]);
  const events = batch.map(({ text }) => text);
  const answer = await telemetry.report({ token, events, signal });
  if (!answer.delivered) {
    if (answer.isTokenRefused) tokens.forget(CONTROL_PLANE);
    return { kind: 'FAILED', why: answer.why, retryAfterMs: answer.retryAfterMs };
  }
  const results = answer.results.map(({ result }) => result);
  await markSent(
    db,
    batch.map(({ row }, index) => ({
      eventId: row.event_id,
      result: results[index] ?? 'ACCEPTED',
    })),
  );
  for (const { eventId, result, code } of answer.results) {
    if (result === 'QUARANTINED') deps.log.error({ eventId, code }, 'an event was refused');
  }
  return { kind: 'SENT', results };
}

function textOf(row: OutboxRow, wlId: string, key: EventSigningKey): string {
  const event = signEvent(
    {
      eventId: row.event_id,
      type: row.type,
      schemaVersion: EVENT_SCHEMA_VERSION,
      occurredAt: row.occurred_at.toISOString(),
      wlId,
      correlationId: row.correlation_id,
      data: row.data,
    },
    key,
  );
  return JSON.stringify(event);
}

interface Sendable {
  readonly row: OutboxRow;
  readonly text: string;
}

/** As many of the oldest as one body may hold. */
function cut(all: readonly Sendable[]): Sendable[] {
  let bytes = 0;
  const within = all.findIndex(({ text }) => (bytes += Buffer.byteLength(text) + 1) > BATCH_BYTES);
  return within < 0 ? [...all] : all.slice(0, within);
}

/** What no request can carry must not keep the others waiting; it stays in the outbox, marked. */
async function giveUp({ db, log }: RelayDeps, row: OutboxRow | undefined): Promise<RelayStep> {
  if (row === undefined) return { kind: 'EMPTY' };
  await markSent(db, [{ eventId: row.event_id, result: 'UNSENDABLE' }]);
  log.error({ eventId: row.event_id, type: row.type }, 'an event is too large to be sent');
  return { kind: 'SENT', results: ['UNSENDABLE'] };
}

type Sum = { -readonly [K in keyof RelayRun]: RelayRun[K] };

function count(deps: RelayDeps, sum: Sum, results: readonly SentResult[]): void {
  for (const result of results) {
    if (result === 'ACCEPTED') sum.accepted += 1;
    else if (result === 'DUPLICATE') sum.duplicate += 1;
    else sum.quarantined += 1;
    deps.count?.(result, 1);
  }
}

function pauseAfter(step: RelayStep, failures: number): number {
  if (step.kind === 'SENT') return 0;
  if (step.kind === 'EMPTY') return IDLE_MS;
  if (step.kind === 'NOT_READY') return NOT_READY_MS;
  const { retryAfterMs } = step;
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, RETRY_AFTER_MAX_MS);
  const backoffMs = Math.min(BACKOFF_MS * 2 ** (failures - 1), BACKOFF_MAX_MS);
  // Half of it by chance: WLs that lost the same Control Plane must not come back in step.
  return Math.round(backoffMs * (0.5 + Math.random() / 2));
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return;
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    // The run has ended, which the loop sees for itself.
    if (!signal.aborted) throw error;
  }
}
