import { setTimeout as delay } from 'node:timers/promises';
import { describeExit, launch } from './child.ts';
import type { Child, ChildCommand, ChildExit } from './child.ts';
import { StackError, messageOf } from '../errors.ts';
import type { Lifeline } from './lifeline.ts';
import type { LineColor } from './log-lines.ts';
import { waitUntilReady } from './readiness.ts';

export type SupervisedProcess = ChildCommand & {
  /** Answers 2xx once ready. `ready` is for what a plain GET can't tell. */
  readonly readyUrl?: string;
  ready?(signal: AbortSignal): Promise<void>;
  /** Before every start, restarts included. */
  before?(): Promise<void>;
  /** A better error than "ended before it was ready". */
  explain?(exit: ChildExit, lines: readonly string[]): StackError;
  /** true unless said: started again when it ends by itself or is killed. */
  readonly restart?: boolean;
  readonly readyTimeoutMs?: number;
  readonly color?: LineColor;
};

export type SupervisedDeps = {
  readonly restartPolicy: RestartPolicy;
  readonly lifeline: Lifeline;
  onLine(line: string): void;
  onStarted(pid: number): void;
  onReady(pid: number): void;
  onExited(pid: number, exit: ChildExit): void;
  onRestarting(attempt: number, delayMs: number): void;
  /** It can't be kept up. */
  onFatal(error: StackError): void;
};

/** `down`: kept down by its owner, or ended for good. `failed`: given up, or never ready. */
export type Phase = 'starting' | 'ready' | 'waiting' | 'down' | 'failed';

export type RestartPolicy = {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** A process that was ready for this long was well: its next crash is a new story. */
  readonly wellAfterMs: number;
  readonly restartsInARowMax: number;
};

/** Half a second is not noticed; eight tries take most of a minute, then a person is needed. */
export const RESTART_POLICY: RestartPolicy = {
  firstDelayMs: 500,
  maxDelayMs: 10_000,
  wellAfterMs: 5_000,
  restartsInARowMax: 8,
};

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 100;
const READY_CALL_MS = 2_000;

/** One process through all its lives. Owner's orders win over whatever a life is waiting for. */
export class Supervised {
  readonly process: SupervisedProcess;
  readonly #deps: SupervisedDeps;
  #phase: Phase = 'down';
  #child: Child | undefined;
  /** Grows with every order; a life that finds another number than its own ends quietly. */
  #order = 0;
  #orderChanged = new AbortController();
  #life: Promise<void> = Promise.resolve();
  #restarts = 0;
  #readyAt = 0;
  #phaseWaiters: (() => void)[] = [];

  constructor(process: SupervisedProcess, deps: SupervisedDeps) {
    this.process = process;
    this.#deps = deps;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.signal(signal);
  }

  /** Resolves once the present life is over. */
  async exited(): Promise<void> {
    await this.#child?.exited;
  }

  async start(): Promise<void> {
    const order = this.#newOrder();
    this.#restarts = 0;
    try {
      await this.#bringUp(order);
    } catch (error) {
      if (order === this.#order) this.#enter('failed');
      throw error;
    }
  }

  async stop(graceMs: number): Promise<void> {
    this.#newOrder();
    this.#enter('down');
    await this.#child?.stop(graceMs);
    // A life in the middle of starting notices the order and ends what it launched.
    await Promise.race([this.#life, delay(graceMs, undefined, { ref: false })]);
  }

  async whenReady(): Promise<void> {
    while (this.#phase === 'starting' || this.#phase === 'waiting') {
      await new Promise<void>((done) => this.#phaseWaiters.push(done));
    }
    if (this.#phase !== 'ready') throw new Error(`${this.process.name} is ${this.#phase}`);
  }

  #newOrder(): number {
    this.#orderChanged.abort();
    this.#orderChanged = new AbortController();
    this.#order += 1;
    return this.#order;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    const waiters = this.#phaseWaiters;
    this.#phaseWaiters = [];
    for (const done of waiters) done();
  }

  async #bringUp(order: number): Promise<void> {
    const life = this.#live(order);
    this.#life = life.catch(() => undefined);
    return life;
  }

  async #live(order: number): Promise<void> {
    const { process } = this;
    this.#enter('starting');
    await process.before?.();
    if (order !== this.#order) return;
    const child = await launch(process, {
      lifeline: this.#deps.lifeline,
      onLine: (line) => this.#deps.onLine(line),
    });
    if (order !== this.#order) {
      await child.stop(0);
      return;
    }
    this.#child = child;
    this.#deps.onStarted(child.pid);
    let over = false;
    void child.exited.then((exit) => {
      over = true;
      if (this.#child === child) this.#child = undefined;
      this.#deps.onExited(child.pid, exit);
      if (order === this.#order && this.#phase === 'ready') this.#onCrash(order, exit);
    });
    await waitUntilReady(child, {
      timeoutMs: process.readyTimeoutMs ?? READY_TIMEOUT_MS,
      ready: (signal) => untilReady(process, signal),
      ...(process.explain === undefined ? {} : { explain: process.explain.bind(process) }),
    });
    if (order !== this.#order) return;
    if (over) throw new Error('it ended in the moment it became ready');
    this.#readyAt = Date.now();
    this.#enter('ready');
    this.#deps.onReady(child.pid);
  }

  #onCrash(order: number, exit: ChildExit): void {
    if (this.process.restart === false) {
      this.#enter('down');
      return;
    }
    const { wellAfterMs } = this.#deps.restartPolicy;
    if (Date.now() - this.#readyAt >= wellAfterMs) this.#restarts = 0;
    void this.#keepTrying(order, `exited (${describeExit(exit)})`);
  }

  async #keepTrying(order: number, firstReason: string): Promise<void> {
    const { name } = this.process;
    const { firstDelayMs, maxDelayMs, restartsInARowMax } = this.#deps.restartPolicy;
    let reason = firstReason;
    while (order === this.#order) {
      this.#restarts += 1;
      if (this.#restarts > restartsInARowMax) return this.#giveUp(reason);
      const delayMs = Math.min(firstDelayMs * 2 ** (this.#restarts - 1), maxDelayMs);
      this.#deps.onLine(`${name} ${reason}; restart ${this.#restarts} in ${delayMs / 1000} s`);
      this.#deps.onRestarting(this.#restarts, delayMs);
      this.#enter('waiting');
      const { signal } = this.#orderChanged;
      // An owner's order cuts the wait short; the loop's condition then ends this.
      await delay(delayMs, undefined, { signal }).catch(() => undefined);
      if (order !== this.#order) return;
      try {
        return await this.#bringUp(order);
      } catch (error) {
        reason = `did not come up: ${messageOf(error)}`;
      }
    }
  }

  #giveUp(reason: string): void {
    this.#enter('failed');
    const times = `${this.#deps.restartPolicy.restartsInARowMax} restarts in a row`;
    this.#deps.onFatal(
      new StackError({
        code: 'CHILD_KEEPS_CRASHING',
        message: `${this.process.name} ${reason}; given up after ${times}.`,
        wayOut: ['The reason stands in its lines above. Stop with Ctrl-C, then: npm start'],
      }),
    );
  }
}

async function untilReady(process: SupervisedProcess, signal: AbortSignal): Promise<void> {
  await process.ready?.(signal);
  if (process.readyUrl !== undefined) await pollUntilOk(process.readyUrl, signal);
}

async function pollUntilOk(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const within = AbortSignal.any([signal, AbortSignal.timeout(READY_CALL_MS)]);
    const ok = await fetch(url, { signal: within }).then(
      async (response) => {
        await response.body?.cancel();
        return response.ok;
      },
      // Not listening yet, or not answering: asked again until the time-out.
      () => false,
    );
    if (ok) return;
    await delay(READY_POLL_MS, undefined, { signal });
  }
}
