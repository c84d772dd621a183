import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Chance } from './chance.ts';

/** One line of work that the schedule lets run and stand: a task, an activity, a client's call. */
export interface Thread {
  readonly name: string;
  /** From here on every point that it passes throws: its process is gone. */
  isKilled: boolean;
  /** Told when its process is stopped or gone: the engine gives its work to another. */
  onLost?: (lost: 'stopped' | 'killed') => void;
  /** Whether the schedule waits for it. */
  isCounted: boolean;
}

/** What code of a process that is gone meets at its next point. */
export class Killed extends Error {
  override readonly name = 'Killed';

  constructor(thread: string) {
    super(`the process of "${thread}" is gone`);
  }
}

/** The one clock of engine, processes and databases; it is moved instead of waited for. */
export interface MovedClock {
  now(): number;
  moveBy(ms: number): Promise<void>;
}

interface Parked {
  readonly thread: Thread | undefined;
  /** Let go only when nobody else can move. */
  readonly isLast: boolean;
  readonly go: () => void;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Of all schedules: what is left of one seed must not act in the next. */
const threads = new AsyncLocalStorage<Thread>();

/** Silence after which a thread that is neither parked nor done is taken to wait for another. */
const SILENCE_MS = 4;
/** Long enough for a few statements on a busy machine. */
const STILL_MS = 60;
/** A run that does not end by then has a knot of its own making, on however busy a machine. */
const RUN_LIMIT_MS = 180_000;

/**
 * Lets one parked thread go at a time, chosen by chance, and moves time only when none is left. A
 * thread that waits for another's lock stays silent, and the holder is let go by and by.
 */
export class Schedule {
  readonly #chance: Chance;
  readonly #clock: MovedClock;
  #parked: Parked[] = [];
  #events: Event[] = [];
  readonly #alive = new Map<Thread, Promise<void>>();
  readonly #stopped: (() => void)[] = [];
  readonly #held = new Set<Promise<unknown>>();
  readonly #sleepers = new Set<() => void>();
  #order = 0;
  #counted = 0;
  #isRunning = false;
  #endsAt = 0;
  #noise = Promise.withResolvers<void>();

  constructor(chance: Chance, clock: MovedClock) {
    this.#chance = chance;
    this.#clock = clock;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  now(): number {
    return this.#clock.now();
  }

  /** Calls `run` once time has come to `at`; what is answered calls it off. */
  at(at: number, run: () => void): () => void {
    const event = { at, order: (this.#order += 1), run };
    this.#events.push(event);
    return () => {
      this.#events = this.#events.filter((one) => one !== event);
    };
  }

  current(): Thread | undefined {
    return threads.getStore();
  }

  /** Starts a thread; what it fails with is the business of `work`. */
  spawn(name: string, work: (thread: Thread) => Promise<void>): Thread {
    const thread: Thread = { name, isKilled: false, isCounted: true };
    this.#counted += 1;
    const running = threads
      .run(thread, () => work(thread))
      .catch((error: unknown) => {
        if (!(error instanceof Killed)) this.failed ??= error;
      })
      .finally(() => {
        this.uncount(thread);
        this.#alive.delete(thread);
      });
    this.#alive.set(thread, running);
    return thread;
  }

  /** Ends all that is left; nothing of this schedule has an effect afterwards. */
  async end(): Promise<void> {
    for (const thread of this.#alive.keys()) thread.isKilled = true;
    for (const wake of this.#stopped.splice(0)) wake();
    await Promise.all(this.#alive.values());
  }

  /** The first failure of the campaign's own code. */
  failed: unknown;

  /** Serves somebody who is waited for already, such as a handler behind a call. */
  serve<T>(name: string, work: () => T): T {
    return threads.run({ name, isKilled: false, isCounted: false }, work);
  }

  /** From now on this thread is not waited for: it waits for something that takes real time. */
  uncount(thread: Thread | undefined): void {
    if (thread?.isCounted !== true) return;
    thread.isCounted = false;
    this.#counted -= 1;
    this.#noise.resolve();
  }

  #recount(thread: Thread): void {
    thread.isCounted = true;
    this.#counted += 1;
  }

  /** Time does not move before this is settled: it takes real time, and not long. */
  hold(waiting: Promise<unknown>): void {
    this.#held.add(waiting);
    const release = (): void => {
      this.#held.delete(waiting);
      this.#noise.resolve();
    };
    waiting.then(release, release);
  }

  /** Somebody who is held has nothing to do but wait: time may pass, up to `ms`. */
  sleep(ms: number, run: () => void): () => void {
    const wake = (): void => {
      callOff();
      this.#sleepers.delete(wake);
      run();
    };
    const callOff = this.at(this.now() + ms, wake);
    this.#sleepers.add(wake);
    return () => {
      callOff();
      this.#sleepers.delete(wake);
    };
  }

  /** Stands until the schedule lets go; outside a run everybody passes. */
  async pass(isLast = false): Promise<void> {
    const thread = this.current();
    this.#refuseKilled(thread);
    if (!this.#isRunning) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#parked.push({ thread, isLast, go: resolve });
    this.#noise.resolve();
    await promise;
    this.#refuseKilled(thread);
  }

  #refuseKilled(thread: Thread | undefined): void {
    if (thread?.isKilled === true) throw new Killed(thread.name);
  }

  /** Time passes and everybody stays where they are: a slow machine, or a clock that is set. */
  async passTime(ms: number): Promise<void> {
    // Who has just read the clock under a lock must come to a point before it jumps.
    while (this.#isRunning && this.#parked.length < this.#counted - 1) {
      if (await this.#isSilentFor(STILL_MS)) break;
    }
    await this.#clock.moveBy(ms);
  }

  /** How many there are that may still do something at this moment. */
  get movers(): number {
    return this.#counted + this.#held.size;
  }

  /** SIGSTOP of the thread's process: nothing of it moves until `ms` have passed. */
  async stopFor(ms: number): Promise<void> {
    const thread = this.current();
    const woken = Promise.withResolvers<void>();
    this.#stopped.push(woken.resolve);
    const isCounted = thread?.isCounted === true;
    this.uncount(thread);
    thread?.onLost?.('stopped');
    this.at(this.now() + ms, () => {
      if (thread !== undefined && isCounted) this.#recount(thread);
      woken.resolve();
    });
    await woken.promise;
    this.#refuseKilled(thread);
  }

  /** Kills a thread's process; it is seen by the thread at its next point. */
  kill(thread: Thread): void {
    if (thread.isKilled) return;
    thread.isKilled = true;
    thread.onLost?.('killed');
  }

  /** Runs until `isOver`, asked whenever nothing moves, or until nothing is left to happen. */
  async run(isOver: () => Promise<boolean> | boolean): Promise<void> {
    this.#endsAt = performance.now() + RUN_LIMIT_MS;
    this.#isRunning = true;
    try {
      while (this.failed === undefined) {
        await this.#quiet();
        const chosen = await this.#choose();
        if (chosen === 'NOT_YET') continue;
        if (chosen !== undefined) {
          chosen.go();
        } else if (this.#held.size > 0 && !(await this.#isAsleep())) {
          continue;
        } else if ((this.#sleepers.size === 0 && (await isOver())) || !(await this.#happen())) {
          return;
        }
      }
      throw this.failed;
    } finally {
      this.#isRunning = false;
      for (const { go } of this.#parked.splice(0)) go();
      for (const wake of [...this.#sleepers]) wake();
    }
  }

  /** One that stands, by chance; who waits for all the others only when they stand too. */
  async #choose(): Promise<Parked | 'NOT_YET' | undefined> {
    const ready = this.#parked.filter(({ isLast }) => !isLast);
    const isMoving = this.#held.size > this.#sleepers.size;
    if (ready.length === 0 && this.#parked.length > 0 && isMoving) {
      this.#refuseLate();
      if (!(await this.#isSilentFor(SILENCE_MS))) return 'NOT_YET';
    }
    const all = ready.length > 0 ? ready : this.#parked;
    const chosen = all[Math.floor(this.#chance.next() * all.length)];
    this.#parked = this.#parked.filter((one) => one !== chosen);
    return chosen;
  }

  async #isSilentFor(ms: number): Promise<boolean> {
    this.#noise = Promise.withResolvers();
    const silence = delay(ms, true);
    return Promise.race([this.#noise.promise.then(() => false), silence]);
  }

  /** Resolves once every counted thread stands, or all that move are silent. */
  async #quiet(): Promise<void> {
    while (this.#counted > 0 && this.#parked.length < this.#counted) {
      const isSilent = await this.#isSilentFor(SILENCE_MS);
      if (isSilent && this.#parked.length > 0) return;
      this.#refuseLate();
    }
  }

  /** True where all who hold time are silent and sleep: one that starts something may do both. */
  async #isAsleep(): Promise<boolean> {
    this.#refuseLate();
    const isSilent = await this.#isSilentFor(SILENCE_MS);
    return isSilent && this.#parked.length === 0 && this.#sleepers.size >= this.#held.size;
  }

  #refuseLate(): void {
    if (performance.now() <= this.#endsAt) return;
    const stand = new Set(this.#parked.map(({ thread }) => thread));
    const moving = [...this.#alive.keys()].filter((one) => one.isCounted && !stand.has(one));
    const names = moving.map(({ name, isKilled }) => `${name}${isKilled ? ' (killed)' : ''}`);
    throw new Error(
      `the run does not end: ${this.#counted} counted, moving: ${names.join(', ') || 'nobody'}; ` +
        `${this.#held.size} held, ${this.#sleepers.size} asleep`,
    );
  }

  /** All that is due at one moment happens together: that one thing ends first is chance. */
  async #happen(): Promise<boolean> {
    const first = Math.min(...this.#events.map(({ at }) => at));
    if (first === Infinity) return false;
    const ahead = first - this.#clock.now();
    if (ahead > 0) await this.#clock.moveBy(ahead);
    const due = this.#events.filter(({ at }) => at <= first);
    for (const event of due.toSorted((a, b) => a.order - b.order)) {
      // One that is due may call another off.
      if (!this.#events.includes(event)) continue;
      this.#events = this.#events.filter((one) => one !== event);
      event.run();
    }
    return true;
  }
}
