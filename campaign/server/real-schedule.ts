import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from '../chance.ts';
import { Killed, Schedule, type Thread } from '../schedule.ts';

const threads = new AsyncLocalStorage<Thread>();

/**
 * Script time passes this much faster than the real one. The times of the white labels are divided
 * alike, so that a script's gaps, silences and deadlines stand to each other as on the double.
 */
export const SPEED = 30;
/** Between two looks at whether it is over: one query each. */
const LOOK_MS = 60;
/** A script of a dozen operations, and half an hour of script time to come to rest. */
const RUN_LIMIT_MS = 150_000;
/** Code of a seed that is over ends at its next point or with its call. */
const END_WITHIN_MS = 5_000;

/** The schedule where nobody is told when to move: processes, server and time go by themselves. */
export class RealSchedule extends Schedule {
  readonly #base = Date.now();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #alive = new Map<Thread, Promise<void>>();
  readonly #stopped = new Set<() => void>();
  #isRunning = false;
  #isOver = false;

  constructor() {
    // Neither is asked: chance is the machine's, and time passes.
    super(new Chance(0), { now: () => Date.now(), moveBy: async () => undefined });
  }

  override get isRunning(): boolean {
    return this.#isRunning;
  }

  override now(): number {
    return this.#base + (Date.now() - this.#base) * SPEED;
  }

  override at(at: number, run: () => void): () => void {
    if (this.#isOver) return () => undefined;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        run();
      },
      Math.max(0, (at - this.now()) / SPEED),
    );
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  override current(): Thread | undefined {
    return threads.getStore();
  }

  override spawn(name: string, work: (thread: Thread) => Promise<void>): Thread {
    const thread: Thread = { name, isKilled: false, isCounted: false };
    const running = threads
      .run(thread, () => work(thread))
      .catch((error: unknown) => {
        if (!(error instanceof Killed)) this.failed ??= error;
      })
      .finally(() => void this.#alive.delete(thread));
    this.#alive.set(thread, running);
    return thread;
  }

  override async end(): Promise<void> {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const thread of this.#alive.keys()) thread.isKilled = true;
    for (const wake of this.#stopped) wake();
    await Promise.race([
      Promise.allSettled(this.#alive.values()),
      delay(END_WITHIN_MS, undefined, { ref: false }),
    ]);
  }

  override serve<T>(name: string, work: () => T): T {
    return threads.run({ name, isKilled: false, isCounted: false }, work);
  }

  override uncount(): void {
    // Nobody waits for a thread here.
  }

  override hold(): void {
    // Time passes whatever is open.
  }

  override async pass(): Promise<void> {
    const thread = this.current();
    if (thread?.isKilled === true) throw new Killed(thread.name);
  }

  override async stopFor(ms: number): Promise<void> {
    const thread = this.current();
    const woken = Promise.withResolvers<void>();
    this.#stopped.add(woken.resolve);
    thread?.onLost?.('stopped');
    this.at(this.now() + ms, woken.resolve);
    await woken.promise;
    this.#stopped.delete(woken.resolve);
    await this.pass();
  }

  override async run(isOver: () => Promise<boolean> | boolean): Promise<void> {
    const until = performance.now() + RUN_LIMIT_MS;
    this.#isRunning = true;
    try {
      while (this.failed === undefined) {
        if (await isOver()) return;
        if (performance.now() > until) throw new Error('the run does not end');
        await delay(LOOK_MS);
      }
      throw this.failed;
    } finally {
      this.#isRunning = false;
    }
  }
}
