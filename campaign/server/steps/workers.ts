import type { SupervisedProcess } from '../../../stack/supervision/supervisor.ts';
import { StackWorker, type Overseer } from './worker.ts';

export interface WorkersOptions {
  readonly process: SupervisedProcess;
  readonly address: string;
  readonly overseer: Overseer;
  readonly log: (line: string) => void;
}

/** A machine with no time at all starts none in as many tries. */
const START_TRIES = 5;

/** The workers of one party: one that works, and a whole one behind it that takes over at once. */
export class Workers {
  readonly #options: WorkersOptions;
  #active: StackWorker | undefined;
  #spare: Promise<StackWorker> | undefined;
  #isClosed = false;
  readonly #all = new Set<StackWorker>();

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  /** Resolves once one works and another is ready to follow it. */
  async ready(): Promise<void> {
    if (this.#active === undefined || this.#active.isGone) await this.#next();
    this.#spare ??= this.#load();
    await this.#spare;
  }

  /** Ends the one that works in good order; the next one works meanwhile. */
  async replace(): Promise<void> {
    const old = this.#active;
    await this.#next();
    old?.retire();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#spare?.catch(() => undefined);
    await Promise.all([...this.#all].map((worker) => worker.close()));
  }

  async #next(): Promise<void> {
    const coming = this.#spare ?? this.#load();
    this.#spare = undefined;
    const worker = await coming;
    worker.letIn();
    this.#active = worker;
    if (this.#isClosed) return;
    this.#spare = this.#load();
    // Whoever needs it is told by its own look.
    this.#spare.catch(() => undefined);
  }

  async #load(tries = START_TRIES): Promise<StackWorker> {
    const worker = await StackWorker.start({
      ...this.#options,
      onKilled: () => {
        this.#all.delete(worker);
        if (this.#isClosed || worker !== this.#active) return;
        this.#next().catch((error: unknown) => this.#options.log(`no successor: ${String(error)}`));
      },
    });
    this.#all.add(worker);
    try {
      await worker.loaded;
      return worker;
    } catch (error) {
      this.#all.delete(worker);
      await worker.close();
      if (tries <= 1 || this.#isClosed) throw error;
      return this.#load(tries - 1);
    }
  }
}
