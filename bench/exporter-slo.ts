import type { Web } from '../stack/web.ts';

/** DESIGN.md 7: exporter confirm. */
export const CONFIRM_SLO = { p99Ms: 500, errorShare: 0.005 } as const;

const CONFIRM_ROUTE = '/api/v2/trader/purchase';
const MS_PER_SECOND = 1_000;
const P99 = 0.99;

/** What the exporter's own metrics have counted of confirms so far. */
export interface ConfirmCounts {
  /** Upper end of a bucket in seconds, to the number of confirms up to it. */
  readonly buckets: ReadonlyMap<number, number>;
  readonly total: number;
  /** Any status but 200, and calls that the importer gave up (`aborted`): its time-outs. */
  readonly errors: number;
}

export interface ConfirmFigures {
  readonly total: number;
  /** Interpolated inside its bucket; Infinity above the last one. */
  readonly p99Ms: number;
  readonly withinSlo: number;
  readonly errorShare: number;
}

const SAMPLE = /^http_request_duration_seconds_(bucket|count)\{([^}]*)\} (\S+)$/;

export async function readConfirms(exporter: Web): Promise<ConfirmCounts> {
  const { text } = await exporter.ask('/metrics');
  const buckets = new Map<number, number>();
  let total = 0;
  let errors = 0;
  for (const line of text.split('\n')) {
    const [, kind, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (kind === undefined || label(labels, 'route') !== CONFIRM_ROUTE) continue;
    if (label(labels, 'method') !== 'POST') continue;
    if (kind === 'bucket') {
      const end = Number(label(labels, 'le')?.replace('+Inf', 'Infinity'));
      buckets.set(end, (buckets.get(end) ?? 0) + Number(value));
    } else {
      total += Number(value);
      if (label(labels, 'status') !== '200') errors += Number(value);
    }
  }
  return { buckets, total, errors };
}

function label(labels: string, name: string): string | undefined {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1];
}

export function confirmsBetween(before: ConfirmCounts, after: ConfirmCounts): ConfirmFigures {
  const total = after.total - before.total;
  const upTo = (end: number): number =>
    (after.buckets.get(end) ?? 0) - (before.buckets.get(end) ?? 0);
  const ends = [...after.buckets.keys()].sort((one, other) => one - other);
  const share = (count: number): number => (total === 0 ? 0 : count / total);
  return {
    total,
    p99Ms: MS_PER_SECOND * quantile(ends, upTo, total * P99),
    withinSlo: share(upTo(CONFIRM_SLO.p99Ms / MS_PER_SECOND)),
    errorShare: share(after.errors - before.errors),
  };
}

function quantile(ends: readonly number[], upTo: (end: number) => number, rank: number): number {
  let start = 0;
  let below = 0;
  for (const end of ends) {
    const count = upTo(end);
    if (count >= rank && count > below) {
      return Number.isFinite(end)
        ? start + ((end - start) * (rank - below)) / (count - below)
        : end;
    }
    start = end;
    below = count;
  }
  return 0;
}

export function meetsSlo({ total, p99Ms, errorShare }: ConfirmFigures): boolean {
  return total > 0 && p99Ms <= CONFIRM_SLO.p99Ms && errorShare < CONFIRM_SLO.errorShare;
}
