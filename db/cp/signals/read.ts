import { sql, type Kysely, type RawBuilder } from 'kysely';
import { signalStateOf, type DeliveryState } from '../../../domain/imbalance/signal.ts';
import type { SignalAction, SignalOrigin } from '../../../domain/imbalance/verdict.ts';
import type { CpSchema } from '../schema.ts';
import type { AckKind } from '../tables/signals.ts';

export interface StoredAttempt {
  readonly attempt: number;
  readonly startedAt: Date;
  readonly latencyMs: number;
  readonly status: number | null;
  readonly failure: string | null;
  readonly bodyMasked: string | null;
}

export interface StoredDelivery {
  readonly wlId: string;
  readonly state: DeliveryState;
  readonly round: number;
  readonly attemptCount: number;
  readonly firstSentAt: Date | null;
  readonly lastSentAt: Date | null;
  readonly ackedAt: Date | null;
  readonly ackKind: AckKind | null;
  readonly appliedAt: Date | null;
  readonly offersChanged: number | null;
}

export interface StoredSignal {
  readonly id: string;
  readonly sequence: bigint;
  readonly src: string;
  readonly dst: string;
  readonly action: SignalAction;
  readonly origin: SignalOrigin;
  readonly reason: string;
  readonly exposureMinor: bigint;
  readonly limitMinor: bigint;
  readonly currency: string | null;
  readonly createdBy: string;
  readonly correlationId: string;
  readonly causedAt: Date;
  readonly createdAt: Date;
  /** Derived from those of the deliveries. */
  readonly state: DeliveryState;
  readonly deliveries: readonly StoredDelivery[];
}

export interface SignalFilter {
  readonly state?: DeliveryState | undefined;
  /** A side of the pair. */
  readonly wlId?: string | undefined;
  readonly src?: string | undefined;
  readonly dst?: string | undefined;
}

/** Where a page ended. */
export interface SignalPosition {
  readonly createdAt: string;
  readonly id: string;
}

type Bool = RawBuilder<boolean>;

const some = (...states: DeliveryState[]): Bool => sql<boolean>`EXISTS (
  SELECT 1 FROM signal_delivery d
   WHERE d.signal_id = signal.id AND d.state = ANY(${states}::text[]))`;
const not = (condition: Bool): Bool => sql<boolean>`NOT ${condition}`;

/** The same order as signalStateOf. */
const IN_STATE: Readonly<Record<DeliveryState, () => readonly Bool[]>> = {
  PENDING: () => [some('PENDING')],
  SENT: () => [not(some('PENDING')), some('SENT')],
  CANCELLED: () => [not(some('PENDING', 'SENT')), some('CANCELLED')],
  SUPERSEDED: () => [not(some('PENDING', 'SENT', 'CANCELLED')), some('SUPERSEDED')],
  ACKED: () => [not(some('PENDING', 'SENT', 'CANCELLED', 'SUPERSEDED'))],
};

/** One page of signals with their deliveries, newest first. */
export async function listSignals(
  db: Kysely<CpSchema>,
  page: SignalFilter & { readonly limit: number; readonly before?: SignalPosition | undefined },
): Promise<StoredSignal[]> {
  const { state, wlId, src, dst, before, limit } = page;
  let query = db.selectFrom('signal').selectAll();
  if (src !== undefined) query = query.where('src', '=', src);
  if (dst !== undefined) query = query.where('dst', '=', dst);
  if (wlId !== undefined) {
    query = query.where((where) => where.or([where('src', '=', wlId), where('dst', '=', wlId)]));
  }
  for (const condition of state === undefined ? [] : IN_STATE[state]()) {
    query = query.where(condition);
  }
  if (before !== undefined) {
    // A cursor keeps milliseconds; the column has microseconds.
    query = query.where(
      sql<boolean>`(date_trunc('milliseconds', created_at), id)
        < (${before.createdAt}::timestamptz, ${before.id}::uuid)`,
    );
  }
  const rows = await query
    .orderBy(sql`date_trunc('milliseconds', created_at)`, 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  const deliveries = await deliveriesOf(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => signalOf(row, deliveries.get(row.id) ?? []));
}

export async function readSignal(
  db: Kysely<CpSchema>,
  id: string,
): Promise<StoredSignal | undefined> {
  const row = await db.selectFrom('signal').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  return signalOf(row, (await deliveriesOf(db, [id])).get(id) ?? []);
}

/** The last attempts of one delivery, newest first. */
export async function lastAttempts(
  db: Kysely<CpSchema>,
  delivery: { readonly signalId: string; readonly wlId: string; readonly limit: number },
): Promise<StoredAttempt[]> {
  const rows = await db
    .selectFrom('signal_attempt')
    .selectAll()
    .where('signal_id', '=', delivery.signalId)
    .where('wl_id', '=', delivery.wlId)
    .orderBy('attempt', 'desc')
    .limit(delivery.limit)
    .execute();
  return rows.map((row) => ({
    attempt: row.attempt,
    startedAt: row.started_at,
    latencyMs: row.latency_ms,
    status: row.status,
    failure: row.failure,
    bodyMasked: row.body_masked,
  }));
}

async function deliveriesOf(
  db: Kysely<CpSchema>,
  ids: readonly string[],
): Promise<Map<string, StoredDelivery[]>> {
  const rows = await db
    .selectFrom('signal_delivery')
    .selectAll()
    .where('signal_id', '=', sql<string>`ANY(${ids}::uuid[])`)
    .orderBy('wl_id')
    .execute();
  const bySignal = new Map<string, StoredDelivery[]>();
  for (const row of rows) {
    const delivery: StoredDelivery = {
      wlId: row.wl_id,
      state: row.state,
      round: row.round,
      attemptCount: row.attempts,
      firstSentAt: row.first_sent_at,
      lastSentAt: row.last_sent_at,
      ackedAt: row.acked_at,
      ackKind: row.ack_kind,
      appliedAt: row.applied_at,
      offersChanged: row.offers_changed,
    };
    bySignal.set(row.signal_id, [...(bySignal.get(row.signal_id) ?? []), delivery]);
  }
  return bySignal;
}

interface SignalRow {
  readonly id: string;
  readonly sequence: bigint;
  readonly src: string;
  readonly dst: string;
  readonly action: SignalAction;
  readonly origin: SignalOrigin;
  readonly reason: string;
  readonly exposure_minor: bigint;
  readonly limit_minor: bigint;
  readonly currency: string | null;
  readonly created_by: string;
  readonly correlation_id: string;
  readonly caused_at: Date;
  readonly created_at: Date;
}

function signalOf(row: SignalRow, deliveries: readonly StoredDelivery[]): StoredSignal {
  return {
    ...{ id: row.id, sequence: row.sequence, src: row.src, dst: row.dst },
    ...{ action: row.action, origin: row.origin, reason: row.reason },
    exposureMinor: row.exposure_minor,
    limitMinor: row.limit_minor,
    currency: row.currency,
    createdBy: row.created_by,
    correlationId: row.correlation_id,
    causedAt: row.caused_at,
    createdAt: row.created_at,
    state: signalStateOf(deliveries.map(({ state }) => state)),
    deliveries,
  };
}
