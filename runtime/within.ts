/**
 * The work's own outcome, or an error after `limitMs`. For calls whose own deadlines do not hold,
 * such as the engine's while its connection is refused (TEMPORAL.md).
 */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    // The one that lost the race may still fail; what it says came too late to matter.
    work.catch(() => undefined);
  }
}
