import { stringify } from 'csv-stringify/sync';
import {
  readBalances,
  readMoves,
  readProvisional,
  type BucketMoves,
  type PairBalance,
  type ProvisionalSales,
} from '../../../db/cp/reports/balance.ts';
import {
  addParts,
  exposureOf,
  NO_EXPOSURE,
  percentOfLimit,
  type ExposureParts,
} from '../../../domain/imbalance/verdict.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import {
  bucketFor,
  bucketsOf,
  nextBucket,
  startOfBucket,
  type Bucket,
} from '../../../domain/telemetry/buckets.ts';
import type { CpApiDeps } from '../deps.ts';
import type { BalanceItem, BalanceReport } from './balance-schemas.ts';

export interface Period {
  readonly from: Date;
  readonly to: Date;
  readonly bucket: Bucket;
}

/** A period of whole buckets: the first and last one are told in full. */
export function wholeBuckets(from: Date, to: Date): Period {
  const bucket = bucketFor(from, to);
  const end = startOfBucket(to, bucket);
  return {
    bucket,
    from: startOfBucket(from, bucket),
    to: end.getTime() === to.getTime() ? end : nextBucket(end, bucket),
  };
}

export interface BalanceRequest extends Period {
  readonly wlId?: string | undefined;
  readonly partner?: string | undefined;
  /** Absent: as the balance stands, with what only one side has confirmed. */
  readonly asOf?: Date | undefined;
  readonly now: Date;
  readonly limit: number;
  readonly after?: { readonly wlId: string; readonly partner: string } | undefined;
}

/** The report of a page of pairs, and the sums of all pairs of the filter. */
export async function balanceReportOf(
  db: CpApiDeps['db'],
  request: BalanceRequest,
): Promise<BalanceReport & { readonly more: boolean }> {
  const { from, to, bucket, asOf, now, limit, after } = request;
  const all = await readBalances(db, request);
  const rest =
    after === undefined
      ? all
      : all.filter(({ src, dst }) => `${src}/${dst}` > `${after.wlId}/${after.partner}`);
  const page = rest.slice(0, limit);
  const moves = groupByPair(await readMoves(db, page, request));
  const provisional = groupByPair(asOf === undefined ? await readProvisional(db) : []);
  const items = page.map((balance) => {
    const key = `${balance.src}/${balance.dst}`;
    const own = { moves: moves.get(key) ?? [], provisional: provisional.get(key)?.[0] };
    return itemOf(balance, own, request);
  });
  return {
    asOf: (asOf ?? now).toISOString(),
    from: from.toISOString(),
    to: to.toISOString(),
    bucket,
    items,
    consolidated: consolidate(all),
    more: rest.length > page.length,
  };
}

function groupByPair<T extends { readonly src: string; readonly dst: string }>(
  rows: readonly T[],
): Map<string, T[]> {
  return Map.groupBy(rows, ({ src, dst }) => `${src}/${dst}`);
}

interface Known {
  readonly moves: readonly BucketMoves[];
  readonly provisional: ProvisionalSales | undefined;
}

function itemOf(
  { src, dst, currency, parts, terms, disabled }: PairBalance,
  { moves, provisional }: Known,
  { from, to, bucket, asOf }: BalanceRequest,
): BalanceItem {
  const exposure = exposureOf(parts);
  const buckets = bucketsOf(from, to, bucket);
  const inPeriod = moves.filter((move) => move.from < to);
  const period = inPeriod.reduce((sum, move) => addParts(sum, move.parts), NO_EXPOSURE);
  return {
    ...{ wlId: src, partner: dst, currency, disabled },
    ...movedView(parts),
    reserved: formatMinor(parts.reserved),
    exposure: formatMinor(exposure),
    limit: terms === undefined ? null : formatMinor(terms.limitMinor),
    limitMode: terms?.limitMode ?? null,
    percent: (terms && percentOfLimit(exposure, terms.limitMinor)) ?? null,
    status: terms?.status ?? null,
    provisional:
      asOf === undefined
        ? { trades: provisional?.trades ?? 0, amount: provisional?.amount ?? formatMinor(0n) }
        : null,
    period: movedView(period),
    trend: trendOf(buckets, moves, exposure),
  };
}

/** Each bucket's exposure is today's without all that moved after the bucket. */
function trendOf(
  buckets: readonly Date[],
  moves: readonly BucketMoves[],
  exposure: bigint,
): BalanceItem['trend'] {
  const byStart = new Map(moves.map((move) => [move.from.getTime(), move.parts]));
  const last = buckets.at(-1)?.getTime() ?? 0;
  let atEnd = exposure;
  for (const move of moves) if (move.from.getTime() > last) atEnd -= exposureOf(move.parts);
  const points = buckets.toReversed().map((from) => {
    const parts = byStart.get(from.getTime()) ?? NO_EXPOSURE;
    const point = {
      from: from.toISOString(),
      ...movedView(parts),
      exposure: formatMinor(atEnd),
    };
    atEnd -= exposureOf(parts);
    return point;
  });
  return points.toReversed();
}

function movedView(parts: ExposureParts) {
  return {
    exports: formatMinor(parts.exports),
    imports: formatMinor(parts.imports),
    net_delta: formatMinor(parts.exports - parts.imports),
    settlements: {
      received: formatMinor(parts.settlementsReceived),
      paid: formatMinor(parts.settlementsPaid),
    },
  };
}

/** One WL towards all its partners, in its own currency. */
function consolidate(all: readonly PairBalance[]): BalanceReport['consolidated'] {
  return [...Map.groupBy(all, ({ src }) => src)].map(([wlId, pairs]) => {
    const parts = pairs.reduce((sum, pair) => addParts(sum, pair.parts), NO_EXPOSURE);
    return {
      wlId,
      currency: pairs[0]?.currency ?? null,
      partners: pairs.length,
      ...movedView(parts),
      reserved: formatMinor(parts.reserved),
      exposure: formatMinor(exposureOf(parts)),
    };
  });
}

const CSV_COLUMNS = [
  ...['asOf', 'wlId', 'partner', 'currency', 'exports', 'imports', 'net_delta', 'reserved'],
  ...['settlements_received', 'settlements_paid', 'exposure', 'limit', 'percent', 'disabled'],
];

/** One line a pair, as it stands at `asOf`; every cell is an id, a decimal or a word of ours. */
export function balanceCsv({ asOf, items }: BalanceReport): string {
  const lines = items.map(({ settlements, ...item }) => ({
    ...item,
    asOf,
    disabled: String(item.disabled),
    settlements_received: settlements.received,
    settlements_paid: settlements.paid,
  }));
  return stringify(lines, { header: true, columns: CSV_COLUMNS });
}
