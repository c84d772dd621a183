export interface Admission {
  /**
   * Comes in at once, or in its turn; what it answers is called to leave. Undefined where patience
   * ended first.
   */
  enter(patienceMs: number): Promise<(() => void) | undefined>;
  /** From now on whoever comes waits. */
  close(): void;
  open(): void;
  /** Those in the line now. */
  waiting(): number;
}

/**
 * At most so many at once, and the rest in a line, first come first served. Above capacity, what
 * runs ends in time and what waits costs nothing; without a line all of it is late together. Who has
 * waited too long is sent away: begun late, it would be late, and make others so.
 */
export function createAdmission(atOnce: number): Admission {
  let inside = 0;
  let isOpen = true;
  const line = new Set<() => void>();
  const callNext = (): void => {
    for (const next of line) {
      if (!isOpen || inside >= atOnce) return;
      next();
    }
  };
  /** Leaving twice counts once. */
  const entered = (): (() => void) => {
    inside += 1;
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      inside -= 1;
      callNext();
    };
  };
  return {
    enter(patienceMs) {
      if (isOpen && inside < atOnce) return Promise.resolve(entered());
      return new Promise((resolve) => {
        const done = (leave: (() => void) | undefined): void => {
          clearTimeout(timer);
          line.delete(comeIn);
          resolve(leave);
        };
        const comeIn = (): void => done(entered());
        const timer = setTimeout(() => done(undefined), patienceMs);
        line.add(comeIn);
      });
    },
    close: () => void (isOpen = false),
    open() {
      isOpen = true;
      callNext();
    },
    waiting: () => line.size,
  };
}
