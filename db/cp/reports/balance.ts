import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { ExposureParts } from '../../../domain/imbalance/verdict.ts';
import type { Bucket } from '../../../domain/telemetry/buckets.ts';
import type { Pair } from '../relationship.ts';
import type { CpSchema } from '../schema.ts';

/** One direction of trade at an instant; amounts in minor units of src's currency. */
export interface PairBalance extends Pair {
  readonly currency: string | null;
  readonly parts: ExposureParts;
  /** Absent where src has no relationship to dst: nothing may be exported, nothing is limited. */
  readonly terms?: {
    readonly limitMinor: bigint;
    readonly limitMode: string;
    readonly status: string;
  };
  readonly disabled: boolean;
}

export interface BalanceFilter {
  readonly wlId?: string | undefined;
  readonly partner?: string | undefined;
}

/** A report of more pairs than this is a job for a data warehouse. */
const PAIRS_MAX = 10_000;

interface BalanceRow extends Pair {
  readonly currency: string | null;
  readonly exports: bigint;
  readonly imports: bigint;
  readonly reserved: bigint;
  readonly received: bigint;
  readonly paid: bigint;
  readonly limit_minor: bigint | null;
  readonly limit_mode: string | null;
  readonly status: string | null;
  readonly disabled: boolean;
}

/**
 * The pairs of a filter in the order of (src, dst): as they stand, or with `asOf` as the Control
 * Plane knew them at that instant, with the limit and the signal that were then in force.
 */
export async function readBalances(
  db: Kysely<CpSchema>,
  { wlId, partner, asOf }: BalanceFilter & { readonly asOf?: Date | undefined },
): Promise<PairBalance[]> {
  const source = asOf === undefined ? liveSource() : sourceAsOf(asOf);
  const { rows } = await sql<BalanceRow>`
    SELECT pair.src, pair.dst, wl.currency,
           coalesce(known.exports_minor, 0) AS exports,
           coalesce(known.imports_minor, 0) AS imports,
           coalesce(known.reserved_minor, 0) AS reserved,
           coalesce(known.settlements_received_minor, 0) AS received,
           coalesce(known.settlements_paid_minor, 0) AS paid,
           terms.limit_minor, terms.limit_mode, terms.status,
           coalesce(signalled.disabled, false) AS disabled
      FROM pair JOIN wl ON wl.id = pair.src ${source}
     WHERE (${wlId ?? null}::uuid IS NULL OR pair.src = ${wlId ?? null}::uuid)
       AND (${partner ?? null}::uuid IS NULL OR pair.dst = ${partner ?? null}::uuid)
     ORDER BY pair.src, pair.dst LIMIT ${PAIRS_MAX}`.execute(db);
  return rows.map(balanceOf);
}

function liveSource() {
  return sql`
      LEFT JOIN relationship AS terms ON terms.src = pair.src AND terms.dst = pair.dst
      CROSS JOIN LATERAL (SELECT pair.*) AS known
      CROSS JOIN LATERAL (SELECT pair.disabled) AS signalled`;
}

function sourceAsOf(asOf: Date) {
  return sql`
      LEFT JOIN LATERAL (
        SELECT * FROM pair_journal AS entry
         WHERE entry.src = pair.src AND entry.dst = pair.dst AND entry.recorded_at <= ${asOf}
         ORDER BY entry.recorded_at DESC, entry.id DESC LIMIT 1) AS known ON true
      LEFT JOIN LATERAL (
        SELECT ((document->>'limitAmount')::numeric * 100)::bigint AS limit_minor,
               document->>'limitMode' AS limit_mode, document->>'status' AS status
          FROM relationship_revision AS revision
         WHERE revision.src = pair.src AND revision.dst = pair.dst AND revision.at <= ${asOf}
         ORDER BY revision.revision DESC LIMIT 1) AS terms ON true
      LEFT JOIN LATERAL (
        SELECT action = 'DISABLE' AS disabled FROM signal
         WHERE signal.src = pair.src AND signal.dst = pair.dst AND signal.created_at <= ${asOf}
         ORDER BY signal.sequence DESC LIMIT 1) AS signalled ON true`;
}

function balanceOf(row: BalanceRow): PairBalance {
  const { src, dst, currency, exports, imports, reserved, received, paid, disabled } = row;
  const { limit_minor: limitMinor, limit_mode: limitMode, status } = row;
  return {
    ...{ src, dst, currency, disabled },
    parts: { exports, imports, reserved, settlementsReceived: received, settlementsPaid: paid },
    ...(limitMinor !== null &&
      limitMode !== null &&
      status !== null && { terms: { limitMinor, limitMode, status } }),
  };
}

/** What moved in one bucket of a pair's time, by when it happened. */
export interface BucketMoves extends Pair {
  readonly from: Date;
  readonly parts: ExposureParts;
}

/** An event may claim to come from the next five minutes; a move is never dated later than that. */
const AHEAD_MAX = '1 hour';

/**
 * The moves of pairs since `from`, the start of a bucket, bucket by bucket, as they were known at
 * `asOf`. Days that are summed already serve where nothing smaller is asked for; of the day of
 * `asOf` itself the moves are read one by one.
 */
export async function readMoves(
  db: Kysely<CpSchema>,
  pairs: readonly Pair[],
  period: { readonly from: Date; readonly asOf?: Date | undefined; readonly bucket: Bucket },
): Promise<BucketMoves[]> {
  const { from, asOf, bucket } = period;
  const moves = movesOf(bucket, asOf);
  const { rows } = await sql<Omit<BalanceRow, 'currency'> & { bucket: Date }>`
    SELECT src, dst, date_trunc(${bucket}, at, 'UTC') AS bucket,
           sum(exports_delta)::bigint AS exports, sum(imports_delta)::bigint AS imports,
           sum(reserved_delta)::bigint AS reserved,
           sum(settlements_received_delta)::bigint AS received,
           sum(settlements_paid_delta)::bigint AS paid
      FROM ${moves} AS moved
     WHERE (src, dst) IN (SELECT * FROM unnest(${pairs.map(({ src }) => src)}::uuid[],
             ${pairs.map(({ dst }) => dst)}::uuid[]))
       AND at >= ${from}
     GROUP BY src, dst, bucket`.execute(db);
  return rows.map(({ src, dst, bucket: at, exports, imports, reserved, received, paid }) => ({
    ...{ src, dst, from: at },
    parts: { exports, imports, reserved, settlementsReceived: received, settlementsPaid: paid },
  }));
}

function movesOf(bucket: Bucket, asOf: Date | undefined): RawBuilder<unknown> {
  const days = sql`SELECT src, dst, day AS at, ${DELTAS} FROM pair_day`;
  const entries = sql`SELECT src, dst, occurred_at AS at, ${DELTAS} FROM pair_journal`;
  if (asOf === undefined) return bucket === 'hour' ? sql`(${entries})` : sql`(${days})`;
  if (bucket === 'hour') {
    return sql`(${entries} WHERE recorded_at <= ${asOf}
      AND occurred_at <= ${asOf}::timestamptz + ${AHEAD_MAX}::interval)`;
  }
  return sql`(${days} WHERE recorded_day < date_trunc('day', ${asOf}::timestamptz, 'UTC')
    UNION ALL ${entries} WHERE recorded_at <= ${asOf}
      AND recorded_at >= date_trunc('day', ${asOf}::timestamptz, 'UTC'))`;
}

const DELTAS = sql`exports_delta, imports_delta, reserved_delta, settlements_received_delta,
  settlements_paid_delta`;

/** What only one side has confirmed so far, of exporter `src` to importer `dst`. */
export interface ProvisionalSales extends Pair {
  readonly trades: number;
  /** A decimal in src's currency, by whichever side has confirmed. */
  readonly amount: string;
}

export async function readProvisional(db: Kysely<CpSchema>): Promise<ProvisionalSales[]> {
  const { rows } = await sql<ProvisionalSales>`
    SELECT exporter AS src, importer AS dst, count(*)::integer AS trades,
           sum((CASE WHEN exporter_status = 'CONFIRMED' THEN exporter_document
                     ELSE importer_document END ->> 'amount')::numeric)::text AS amount
      FROM trade WHERE status = 'PROVISIONAL' GROUP BY exporter, importer`.execute(db);
  return rows;
}
