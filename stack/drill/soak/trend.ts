import type { Sample } from './sample.ts';

/** One figure over the run: its level early and late, and whether that is flat. */
export interface Trend {
  readonly name: string;
  readonly unit: string;
  readonly early: number;
  readonly late: number;
  readonly limit: string;
  readonly flat: boolean;
}

/** The start is compiling, filling caches and opening sessions: the first fifth is not compared. */
const WARM_UP_SHARE = 0.2;
const THIRD = 3;
/** A heap is swept when it has grown by some; within this the level is the same. */
const MEMORY_GROWTH_MAX = 1.15;
/** Smaller than what one sweep of a heap is worth. */
const MEMORY_NOISE_MB = 10;
const CONNECTION_GROWTH_MAX = 1.1;
/** Pages are filled and split unevenly; more would be growth with what is there already. */
const BYTES_GROWTH_MAX = 1.25;
/** Events are sent within a second; a batch that waits for its turn may take some. */
const LAG_MAX_SECONDS = 5;
/** Long-lived workflows begin anew at this many events (docs/operations.md). */
const HISTORY_MAX = 4_500;

export function trendsOf(
  samples: readonly Sample[],
  confirmedAt: readonly number[],
): readonly Trend[] {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const third = Math.max(1, Math.floor(warm.length / THIRD));
  const early = warm.slice(0, third);
  const late = warm.slice(-third);
  const ratio = (name: string, unit: string, pick: (sample: Sample) => number) => {
    const levels = { early: mean(early.map(pick)), late: mean(late.map(pick)) };
    return { name, unit, ...levels };
  };
  const names = Object.keys(samples.at(-1)?.memory ?? {});
  const bytes = (pick: (sample: Sample) => number) => ({
    early: kbPerPurchase(early, pick, confirmedAt),
    late: kbPerPurchase(late, pick, confirmedAt),
  });
  const most = (pick: (sample: Sample) => number): number => Math.max(...warm.map(pick));
  return [
    ...names.map((name) =>
      grown(
        ratio(name, 'MB', ({ memory }) => memory[name] ?? 0),
        {
          times: MEMORY_GROWTH_MAX,
          noise: MEMORY_NOISE_MB,
        },
      ),
    ),
    grown(
      ratio('sessions at PostgreSQL', '', ({ connections }) => connections),
      {
        times: CONNECTION_GROWTH_MAX,
        noise: 1,
      },
    ),
    grown(
      { name: 'databases, a purchase', unit: 'kB', ...bytes(({ tables }) => tables) },
      {
        times: BYTES_GROWTH_MAX,
        noise: 0,
      },
    ),
    grown(
      { name: "engine's file, a purchase", unit: 'kB', ...bytes(({ engine }) => engine) },
      {
        times: BYTES_GROWTH_MAX,
        noise: 0,
      },
    ),
    below(
      ratio('oldest event waits', 's', ({ lagSeconds }) => lagSeconds),
      {
        most: most(({ lagSeconds }) => lagSeconds),
        limit: LAG_MAX_SECONDS,
      },
    ),
    below(
      ratio('longest history', 'events', ({ longestHistory }) => longestHistory),
      {
        most: most(({ longestHistory }) => longestHistory),
        limit: HISTORY_MAX,
      },
    ),
  ];
}

type Levels = Pick<Trend, 'name' | 'unit' | 'early' | 'late'>;

function grown(levels: Levels, { times, noise }: { times: number; noise: number }): Trend {
  const { early, late } = levels;
  const limit = `× ${times}${noise > 0 ? ` + ${noise}` : ''}`;
  return { ...levels, limit, flat: late <= early * times + noise };
}

function below(levels: Levels, { most, limit }: { most: number; limit: number }): Trend {
  const seen = `at most ${most.toFixed(1)}, limit ${limit}`;
  return { ...levels, limit: seen, flat: most <= limit };
}

/** What each purchase of that stretch left behind. */
function kbPerPurchase(
  samples: readonly Sample[],
  pick: (sample: Sample) => number,
  confirmedAt: readonly number[],
): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const bought = confirmedAt.filter((at) => at > first.minutes && at <= last.minutes).length;
  return bought === 0 ? 0 : ((pick(last) - pick(first)) * 1_024) / bought;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
