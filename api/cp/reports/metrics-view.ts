import { z } from 'zod';
import {
  conversionByOffer,
  countTrades,
  measurePromises,
  volumeByMonth,
  type MetricsFilter,
  type StatusCount,
} from '../../../db/cp/reports/metrics.ts';
import { oldestUnapplied } from '../../../db/cp/revision-progress.ts';
import { instant, timestamp, wlId } from '../schemas.ts';
import type { CpApiDeps } from '../deps.ts';

export const metricsQuery = z.object({
  wlId: wlId.optional(),
  partner: wlId.optional(),
  from: instant.optional(),
  to: instant.optional(),
  brief: z.stringbool().optional().meta({
    description: 'Without volume and conversion, which a page that follows the day has no use for.',
  }),
});

const count = z.number().int();
const rate = z.string().nullable().meta({
  description: 'A part of 1 with four decimals; null where there is nothing to divide by.',
});
const pair = { src: z.string(), dst: z.string() };
const counted = {
  trades: count,
  pending: count,
  provisional: count,
  confirmed: count,
  rejected: count,
  reversed: count,
  confirmedRate: rate,
  rejectedRate: rate,
};
const spread = z
  .object({
    count,
    p50: z.number().nullable(),
    p95: z.number().nullable(),
    p99: z.number().nullable(),
    max: z.number().nullable(),
  })
  .meta({ description: 'Milliseconds.' });

export const metricsReport = z.object({
  from: timestamp,
  to: timestamp,
  totals: z.object(counted),
  pairs: z.array(z.object({ ...pair, ...counted })),
  days: z
    .array(z.object({ day: z.iso.date(), status: z.string(), trades: count }))
    .meta({ description: 'By the UTC day they began, newest first, with their status now.' }),
  reasons: z.array(z.object({ ...pair, reason: z.string(), trades: count, rate })),
  gmv: z
    .array(
      z.object({
        month: z.string(),
        ...pair,
        currency: z.string(),
        trades: count,
        amount: z.string(),
      }),
    )
    .optional(),
  conversion: z
    .array(
      z.object({
        importer: z.string(),
        exporter: z.string(),
        offerId: z.string(),
        title: z.string(),
        attempts: count,
        confirmed: count,
        rate,
      }),
    )
    .optional(),
  slo: z.object({
    confirm: z.object({ targetMs: count, latency: spread }),
    purchase: z.object({ latency: spread }),
    signals: z.object({ targetMs: count, sent: spread, acked: spread, applied: spread }),
    policyDrift: z.object({ targetMs: count, drift: spread, oldestUnappliedMs: count }),
  }),
});

export type MetricsReport = z.output<typeof metricsReport>;

/** The promises of DESIGN.md 7, in milliseconds. */
const CONFIRM_TARGET_MS = 500;
const DISABLE_TARGET_MS = 60_000;
const DRIFT_TARGET_MS = 300_000;

const SECOND_MS = 1_000;

/** Counts, rates, volume and service levels of the trades that began in a period. */
export async function metricsReportOf(
  db: CpApiDeps['db'],
  { brief = false, ...filter }: MetricsFilter & { readonly brief?: boolean | undefined },
): Promise<MetricsReport> {
  const [{ byStatus, byDay, byReason }, listed, promises, oldestSeconds] = await Promise.all([
    countTrades(db, filter),
    brief ? {} : listsOf(db, filter),
    measurePromises(db, filter),
    oldestUnapplied(db),
  ]);
  const pairs = [...Map.groupBy(byStatus, ({ src, dst }) => `${src}/${dst}`).values()];
  const refused = byReason.reduce((sum, { trades }) => sum + trades, 0);
  return {
    from: filter.from.toISOString(),
    to: filter.to.toISOString(),
    totals: countedOf(byStatus),
    pairs: pairs.flatMap((rows) => {
      const [first] = rows;
      return first === undefined ? [] : { src: first.src, dst: first.dst, ...countedOf(rows) };
    }),
    days: [...byDay],
    reasons: byReason.map((row) => ({ ...row, rate: rateOf(row.trades, refused) })),
    ...listed,
    slo: {
      confirm: { targetMs: CONFIRM_TARGET_MS, latency: promises.confirm },
      purchase: { latency: promises.purchase },
      signals: {
        targetMs: DISABLE_TARGET_MS,
        sent: promises.signalSent,
        acked: promises.signalAcked,
        applied: promises.signalApplied,
      },
      policyDrift: {
        targetMs: DRIFT_TARGET_MS,
        drift: promises.policyDrift,
        oldestUnappliedMs: Math.round(oldestSeconds * SECOND_MS),
      },
    },
  };
}

async function listsOf(db: CpApiDeps['db'], filter: MetricsFilter) {
  const [gmv, offers] = await Promise.all([
    volumeByMonth(db, filter),
    conversionByOffer(db, filter),
  ]);
  const conversion = offers.map((row) => ({ ...row, rate: rateOf(row.confirmed, row.attempts) }));
  return { gmv, conversion };
}

function countedOf(rows: readonly StatusCount[]) {
  const of = (status?: string): number =>
    rows
      .filter((row) => status === undefined || row.status === status)
      .reduce((sum, { trades }) => sum + trades, 0);
  const trades = of();
  const confirmed = of('CONFIRMED');
  const rejected = of('REJECTED');
  return {
    ...{ trades, confirmed, rejected },
    pending: of('PENDING'),
    provisional: of('PROVISIONAL'),
    reversed: of('REVERSED'),
    confirmedRate: rateOf(confirmed, trades),
    rejectedRate: rateOf(rejected, trades),
  };
}

const RATE_SCALE = 10_000;
const RATE_DIGITS = 4;

/** Counts are whole, so the division is exact up to its last place, which is rounded down. */
function rateOf(part: number, whole: number): string | null {
  if (whole === 0) return null;
  const scaled = Math.floor((part * RATE_SCALE) / whole);
  const digits = String(scaled % RATE_SCALE).padStart(RATE_DIGITS, '0');
  return `${Math.floor(scaled / RATE_SCALE)}.${digits}`;
}
