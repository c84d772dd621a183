import { sql, type Kysely, type RawBuilder } from 'kysely';
import { nextBucket, startOfBucket } from '../../../domain/telemetry/buckets.ts';
import type { CpSchema } from '../schema.ts';

/** Of trades that began in [from, to), of one WL or of all. */
export interface MetricsFilter {
  readonly from: Date;
  readonly to: Date;
  readonly wlId?: string | undefined;
  readonly partner?: string | undefined;
}

/** Lists that grow with the catalogue or the partners are cut here, the busiest first. */
const GROUPS_MAX = 500;

export interface StatusCount {
  readonly src: string;
  readonly dst: string;
  readonly status: string;
  readonly trades: number;
}

export interface DayCount {
  /** `2026-03-31`, in UTC. */
  readonly day: string;
  readonly status: string;
  readonly trades: number;
}

/** A year of days in each status is what a chart can show; older days are cut. */
const DAY_ROWS_MAX = 2_000;

export interface ReasonCount {
  readonly src: string;
  readonly dst: string;
  readonly reason: string;
  readonly trades: number;
}

export interface TradeCounts {
  /** By direction and status. */
  readonly byStatus: readonly StatusCount[];
  /** By the day they began and the status they have now, the newest day first. */
  readonly byDay: readonly DayCount[];
  /** Those refused, by direction and reason, the most frequent first. */
  readonly byReason: readonly ReasonCount[];
}

/** Counts the trades of a period in three ways, reading its days once. */
export async function countTrades(
  db: Kysely<CpSchema>,
  filter: MetricsFilter,
): Promise<TradeCounts> {
  const { rows } = await sql<CountRow>`
    SELECT exporter AS src, importer AS dst, status, refusal AS reason, day,
           sum(trades)::integer AS trades
      FROM (${daysOf(filter)}) AS known
     GROUP BY GROUPING SETS ((exporter, importer, status), (day, status),
                             (exporter, importer, refusal))
    HAVING sum(trades) <> 0
     ORDER BY day DESC, exporter, importer, status, trades DESC, refusal`.execute(db);
  return {
    byStatus: rows.flatMap(({ src, dst, day, status, trades }) =>
      day === null && status !== null && src !== null && dst !== null
        ? [{ src, dst, status, trades }]
        : [],
    ),
    byDay: rows
      .flatMap(({ day, status, trades }) =>
        day === null || status === null ? [] : [{ day: dayText(day), status, trades }],
      )
      .slice(0, DAY_ROWS_MAX),
    byReason: rows
      .flatMap(({ src, dst, reason, trades }) =>
        reason === null || reason === '' || src === null || dst === null
          ? []
          : [{ src, dst, reason, trades }],
      )
      .toSorted((a, b) => b.trades - a.trades || (a.reason < b.reason ? -1 : 1))
      .slice(0, GROUPS_MAX),
  };
}

/** A row of one of the three groupings; what it is not grouped by is null. */
interface CountRow {
  readonly src: string | null;
  readonly dst: string | null;
  readonly status: string | null;
  readonly reason: string | null;
  readonly day: Date | null;
  readonly trades: number;
}

const ISO_DAY_LENGTH = '2026-03-31'.length;

function dayText(day: Date): string {
  return day.toISOString().slice(0, ISO_DAY_LENGTH);
}

export interface MonthlyVolume {
  /** `2026-03`, by the exporter's capture. */
  readonly month: string;
  readonly src: string;
  readonly dst: string;
  readonly currency: string;
  readonly trades: number;
  /** A decimal in the exporter's currency. */
  readonly amount: string;
}

/** What was sold and not reversed, by the month of its capture. */
export async function volumeByMonth(
  db: Kysely<CpSchema>,
  filter: MetricsFilter,
): Promise<MonthlyVolume[]> {
  const { rows } = await sql<MonthlyVolume>`
    SELECT month, exporter AS src, importer AS dst, currency,
           sum(trades)::integer AS trades, sum(amount)::text AS amount
      FROM (${daysOf(filter)}) AS known
     WHERE month <> ''
     GROUP BY month, exporter, importer, currency
    HAVING sum(trades) <> 0
     ORDER BY month, exporter, importer LIMIT ${GROUPS_MAX}`.execute(db);
  return rows;
}

export interface OfferConversion {
  readonly importer: string;
  readonly exporter: string;
  readonly offerId: string;
  readonly title: string;
  /** Distinct tries of buyers, whatever became of them. */
  readonly attempts: number;
  readonly confirmed: number;
}

/** Confirmed purchases of each imported offer beside the tries to buy it. */
export async function conversionByOffer(
  db: Kysely<CpSchema>,
  filter: MetricsFilter,
): Promise<OfferConversion[]> {
  const { rows } = await sql<OfferConversion>`
    SELECT importer, exporter, offer_id AS "offerId",
           max(offer_title) AS title,
           count(*)::integer AS attempts,
           (count(*) FILTER (WHERE confirmed_at IS NOT NULL
                             AND importer_status IN ('CONFIRMED', 'REVERSED')))::integer AS confirmed
      FROM trade WHERE ${ofPeriod(filter)} AND importer_version IS NOT NULL
     GROUP BY importer, exporter, offer_id
     ORDER BY attempts DESC, importer, exporter, "offerId" LIMIT ${GROUPS_MAX}`.execute(db);
  return rows;
}

/** A distribution in milliseconds; null where nothing was measured. */
export interface Spread {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export interface Promises {
  /** From hold to capture at the exporter, where no person had to decide. */
  readonly confirm: Spread;
  /** From the buyer's request to settled. */
  readonly purchase: Spread;
  readonly signalSent: Spread;
  readonly signalAcked: Spread;
  /** From the trade, PUT or settlement that called for a signal to its effect at a WL. */
  readonly signalApplied: Spread;
  readonly policyDrift: Spread;
}

/** The figures of the service levels (DESIGN.md 7), each from its own stamps. */
export async function measurePromises(
  db: Kysely<CpSchema>,
  filter: MetricsFilter,
): Promise<Promises> {
  const { from, to } = filter;
  const wl = filter.wlId ?? null;
  const trades = sql`FROM trade WHERE ${ofPeriod(filter)} AND NOT needed_approval`;
  const deliveries = sql`FROM signal_delivery AS delivery
      JOIN signal ON signal.id = delivery.signal_id
     WHERE signal.created_at >= ${from} AND signal.created_at < ${to}
       AND (${wl}::uuid IS NULL OR delivery.wl_id = ${wl}::uuid)`;
  const since = (end: string, start: string) =>
    sql`(extract(epoch FROM ${sql.ref(end)} - ${sql.ref(start)}) * 1000)`;
  const applied = sql`FROM revision_applied
     WHERE committed_at >= ${from} AND committed_at < ${to}
       AND (${wl}::uuid IS NULL OR wl_id = ${wl}::uuid)`;
  const { rows } = await sql<Promises>`
    SELECT * FROM
      (SELECT ${spreadOf(sql`exporter_latency_ms`)} AS confirm,
              ${spreadOf(sql`latency_ms`)} AS purchase ${trades}) AS trades,
      (SELECT ${spreadOf(since('delivery.first_sent_at', 'signal.created_at'))} AS "signalSent",
              ${spreadOf(since('delivery.acked_at', 'signal.created_at'))} AS "signalAcked",
              ${spreadOf(since('delivery.applied_at', 'signal.caused_at'))} AS "signalApplied"
              ${deliveries}) AS signals,
      (SELECT ${spreadOf(sql`drift_ms`)} AS "policyDrift" ${applied}) AS policies`.execute(db);
  const [promises] = rows;
  if (promises === undefined) throw new Error('aggregates without groups answer one row');
  return promises;
}

/** All four from one sort, each a value that was measured: equal aggregates are computed once. */
function spreadOf(milliseconds: RawBuilder<unknown>) {
  const at = (index: number) =>
    sql`round((percentile_disc(ARRAY[0.5, 0.95, 0.99, 1]::float8[])
               WITHIN GROUP (ORDER BY ${milliseconds}))[${sql.lit(index)}]::numeric)`;
  return sql`jsonb_build_object('count', count(${milliseconds}), 'p50', ${at(1)}, 'p95', ${at(2)},
                                'p99', ${at(3)}, 'max', ${at(4)})`;
}

/**
 * The days that a period touches, without the trades of its first and last day that lie outside of
 * it: exact for any period, and as long as the days and the pairs however much they trade.
 */
function daysOf(filter: MetricsFilter): RawBuilder<unknown> {
  const { from, to } = filter;
  const first = startOfBucket(from, 'day');
  const last = startOfBucket(to, 'day');
  const end = last.getTime() === to.getTime() ? last : nextBucket(last, 'day');
  const outside = (since: Date, until: Date) => sql`
    SELECT own.day, exporter, importer, status, own.refusal, own.month, own.currency,
           -1 AS trades, -own.amount AS amount
      FROM trade,
           day_of_trade(started_at, status, reason, confirmed_at, sold_amount, sold_currency) AS own
     WHERE ${ofPeriod({ ...filter, from: since, to: until })}`;
  return sql`
    SELECT day, exporter, importer, status, refusal, month, currency, trades, amount
      FROM trade_day WHERE day >= ${first} AND day < ${end} AND ${ofSides(filter)}
     UNION ALL ${outside(first, from)} UNION ALL ${outside(to, end)}`;
}

function ofPeriod(filter: MetricsFilter): RawBuilder<unknown> {
  return sql`started_at >= ${filter.from} AND started_at < ${filter.to} AND ${ofSides(filter)}`;
}

function ofSides({ wlId, partner }: MetricsFilter): RawBuilder<unknown> {
  const [own, other] = [wlId ?? null, partner ?? null];
  return sql`(${own}::uuid IS NULL OR ${own}::uuid IN (importer, exporter))
    AND (${other}::uuid IS NULL OR ${other}::uuid IN (importer, exporter))`;
}
