import { setInterval } from 'node:timers';
import { heartbeat } from '@temporalio/activity';

/**
 * Far under the ten seconds after which the engine takes a step's worker for dead: one late turn of a
 * busy process loses nothing.
 */
const BEAT_EVERY_MS = 2_000;

type Step = (...args: never[]) => Promise<unknown>;

/**
 * The same steps, which tell the engine that they are alive for as long as they run. A step that only
 * waits for an answer has nothing of its own to tell: without this, a worker that is killed is
 * noticed when the step's whole time is over, and until then its schedule starts no other run.
 */
export function beating<A extends object>(steps: A): A {
  const beaten = Object.entries(steps).map(([name, step]) => [
    name,
    (...args: never[]) => beat(() => (step as Step)(...args)),
  ]);
  return Object.fromEntries(beaten) as A;
}

async function beat<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), BEAT_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
