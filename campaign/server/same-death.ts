/** Nothing has happened since for anybody else when the same process comes by its next point. */
const SAME = ['transaction.begin', 'transaction.committed', 'call.answered'];

/** Whoever dies here leaves behind what it leaves when it dies at its next point or moment. */
export function isSame(step: string): boolean {
  return SAME.some((point) => step.includes(point));
}
