export interface Admission {
  /** Comes in at once, or in its turn, or when its patience ends; what it answers is called to leave. */
  enter(patienceMs: number): Promise<() => void>;
}

/**
 * At most so many at once, and the rest in a line, first come first served. Above capacity, what
 * runs ends in time and what waits costs nothing; without a line all of it is late together.
 */
export function createAdmission(atOnce: number): Admission {
  let inside = 0;
  const line = new Set<() => void>();
  const leave = (): void => {
    inside -= 1;
    const [first] = line;
    if (first !== undefined && inside < atOnce) first();
  };
  /** Leaving twice counts once. */
  const entered = (): (() => void) => {
    inside += 1;
    let isIn = true;
    return () => {
      if (isIn) leave();
      isIn = false;
    };
  };
  return {
    enter(patienceMs) {
      if (inside < atOnce) return Promise.resolve(entered());
      return new Promise((resolve) => {
        const comeIn = (): void => {
          clearTimeout(timer);
          line.delete(comeIn);
          resolve(entered());
        };
        const timer = setTimeout(comeIn, patienceMs);
        line.add(comeIn);
      });
    },
  };
}
