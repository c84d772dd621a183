import {
  proxyActivities,
  proxyLocalActivities,
  type ActivityOptions,
  type LocalActivityOptions,
} from '@temporalio/workflow';

/**
 * A local step gets three quick attempts and then runs as a regular activity: an unbounded local
 * retry wrote 117 events in 30 s, this writes 12 (TEMPORAL.md).
 */
const LOCAL: LocalActivityOptions = {
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 3, initialInterval: '50ms', backoffCoefficient: 2 },
};

/** Behind the buyer's path there is no bound in time: what must be undone is never given up. */
const REGULAR: ActivityOptions = {
  startToCloseTimeout: '10s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
};

type Step<I, O> = (input: I) => Promise<O>;
type Steps<A> = {
  readonly [K in keyof A]: A[K] extends (input: infer I) => Promise<infer O> ? Step<I, O> : never;
};

/**
 * The steps of a workflow, each run as a local activity and, where that fails, as a regular one.
 * `summaries` names every step in the words that the engine's UI shows.
 */
export function stepsOf<A extends object>(summaries: {
  readonly [K in keyof A]: string;
}): Steps<A> {
  const entries = Object.entries<string>(summaries).map(([name, summary]) => {
    const local = proxyLocalActivities<Record<string, Step<unknown, unknown>>>({
      ...LOCAL,
      summary,
    });
    const regular = proxyActivities<Record<string, Step<unknown, unknown>>>({
      ...REGULAR,
      summary,
    });
    const step = async (input: unknown): Promise<unknown> => {
      try {
        return await call(local, name, input);
      } catch {
        // Whatever it was, the durable retry says it again, with the failure in its history.
        return call(regular, name, input);
      }
    };
    return [name, step];
  });
  return Object.fromEntries(entries) as Steps<A>;
}

function call(
  proxy: Record<string, Step<unknown, unknown>>,
  name: string,
  input: unknown,
): Promise<unknown> {
  const activity = proxy[name];
  if (activity === undefined) throw new Error(`no activity ${name}`);
  return activity(input);
}
