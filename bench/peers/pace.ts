const MS_PER_MINUTE = 60_000;

/** Keeps a run within its time: noise is measured again, and repetitions are made, while it lasts. */
export interface Pace {
  /** Call with each cell that was measured. */
  took(ms: number): void;
  /** Whether another measurement of a cell fits beside all that is still to come. */
  hasSpare(turnsLeft: number): boolean;
  /** Whether so many cells fit at all. */
  fits(turns: number): boolean;
}

/** The clock, in milliseconds, is that of `performance.now()`. */
export function createPace(minutes: number, clock: () => number): Pace {
  const until = clock() + minutes * MS_PER_MINUTE;
  let sum = 0;
  let count = 0;
  const averageMs = (): number => (count === 0 ? 0 : sum / count);
  const fits = (turns: number): boolean => clock() + turns * averageMs() <= until;
  return {
    took(ms) {
      sum += ms;
      count += 1;
    },
    fits,
    hasSpare: (turnsLeft) => fits(turnsLeft + 1),
  };
}
