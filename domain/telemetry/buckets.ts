export const BUCKETS = ['hour', 'day', 'month'] as const;
export type Bucket = (typeof BUCKETS)[number];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
// A chart of more points than these shows less, not more.
const HOURLY_MAX_MS = 2 * DAY_MS;
const DAILY_MAX_MS = 93 * DAY_MS;

/** The step in which a period is told: hours to two days, days to three months, else months. */
export function bucketFor(from: Date, to: Date): Bucket {
  const spanMs = to.getTime() - from.getTime();
  if (spanMs <= HOURLY_MAX_MS) return 'hour';
  return spanMs <= DAILY_MAX_MS ? 'day' : 'month';
}

/** The start in UTC of the bucket that an instant lies in. */
export function startOfBucket(at: Date, bucket: Bucket): Date {
  if (bucket === 'month') return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth()));
  const stepMs = bucket === 'hour' ? HOUR_MS : DAY_MS;
  return new Date(Math.floor(at.getTime() / stepMs) * stepMs);
}

/** The start of the bucket after the one that starts at `start`. */
export function nextBucket(start: Date, bucket: Bucket): Date {
  if (bucket === 'month') {
    return new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1));
  }
  return new Date(start.getTime() + (bucket === 'hour' ? HOUR_MS : DAY_MS));
}

/** Starts of all buckets of [from, to), the first one holding `from`. */
export function bucketsOf(from: Date, to: Date, bucket: Bucket): Date[] {
  const starts: Date[] = [];
  let start = startOfBucket(from, bucket);
  while (start < to) {
    starts.push(start);
    start = nextBucket(start, bucket);
  }
  return starts;
}
