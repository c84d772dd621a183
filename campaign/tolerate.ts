import { Killed } from './schedule.ts';

/** Upkeep and the back office fail with whatever the plan lets fail, and come again. */
export async function tolerate(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof Error) || error instanceof Killed) throw error;
  });
}
