import { build, type Histogram } from 'hdr-histogram-js';

/** Microseconds: fine enough for a plain handler, and a minute is far above every time-out. */
const HIGHEST_US = 60_000_000;
const SIGNIFICANT_DIGITS = 3;
const US_PER_MS = 1_000;

/** Milliseconds. */
export interface LatencyFigures {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** An HDR histogram of the given latencies. */
export function latencyFigures(latenciesMs: readonly number[]): LatencyFigures {
  return figuresOf(latencyHistogram(latenciesMs));
}

/** Histograms of several runs are added, never their percentiles averaged. */
export function latencyHistogram(latenciesMs: readonly number[]): Histogram {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
  });
  for (const ms of latenciesMs) {
    histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(ms * US_PER_MS))));
  }
  return histogram;
}

export function figuresOf(histogram: Histogram): LatencyFigures {
  const count = histogram.totalCount;
  const at = (percentile: number): number =>
    count === 0 ? 0 : histogram.getValueAtPercentile(percentile) / US_PER_MS;
  return {
    count,
    p50: at(50),
    p99: at(99),
    p999: at(99.9),
    max: count === 0 ? 0 : histogram.maxValue / US_PER_MS,
  };
}
