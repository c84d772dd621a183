import { setTimeout as delay } from 'node:timers/promises';
import { describeExit } from './child.ts';
import type { Child, ChildExit } from './child.ts';
import { StackError } from '../errors.ts';

export type Readiness = {
  readonly timeoutMs: number;
  ready(signal: AbortSignal): Promise<void>;
  explain?(exit: ChildExit, lines: readonly string[]): StackError;
};

// A process that never became ready is given no time to say goodbye: nothing depends on it.
const GIVE_UP_GRACE_MS = 2_000;
// For a server that already refused and is about to leave with the better reason.
const LAST_WORDS_MS = 500;

type Outcome =
  | { readonly kind: 'ready' }
  | { readonly kind: 'late' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'left'; readonly exit: ChildExit };

/** Resolves when ready; otherwise the process is stopped and the error carries its last lines. */
export async function waitUntilReady(child: Child, readiness: Readiness): Promise<void> {
  const outcome = await firstOutcome(child, readiness);
  if (outcome.kind === 'ready') return;
  await child.stop(GIVE_UP_GRACE_MS);
  const lines = child.lastLines();
  switch (outcome.kind) {
    case 'failed':
      throw outcome.error;
    case 'late':
      throw notReady(`${child.name} was not ready after ${readiness.timeoutMs / 1000} s.`, lines);
    case 'left':
      throw (
        readiness.explain?.(outcome.exit, lines) ??
        notReady(`${child.name} ended (${describeExit(outcome.exit)}) before it was ready.`, lines)
      );
  }
}

async function firstOutcome(child: Child, readiness: Readiness): Promise<Outcome> {
  const abort = new AbortController();
  const left = child.exited.then((exit): Outcome => ({ kind: 'left', exit }));
  const late = delay(readiness.timeoutMs, { kind: 'late' } as const, { signal: abort.signal });
  const ready = readiness.ready(abort.signal).then(
    (): Outcome => ({ kind: 'ready' }),
    (error: unknown): Promise<Outcome> =>
      Promise.race([left, delay(LAST_WORDS_MS, { kind: 'failed', error } as const)]),
  );
  // The timer that lost the race ends by the abort; nobody waits for its rejection.
  late.catch(() => undefined);
  try {
    return await Promise.race([left, ready, late]);
  } finally {
    abort.abort();
  }
}

function notReady(message: string, details: readonly string[]): StackError {
  return new StackError({
    code: 'CHILD_NOT_READY',
    message,
    details,
    wayOut: ['Its last lines stand above; on a slow or busy machine, start again.'],
  });
}
