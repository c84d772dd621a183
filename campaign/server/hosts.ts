import { ConnectionFailure } from '../../activities/clients/agent.ts';
import type { Faults } from '../faults.ts';
import type { Slug } from '../ground.ts';
import { Killed, type Schedule, type Thread } from '../schedule.ts';
import { Host, type Passing } from './host.ts';
import type { PointFailure } from './messages.ts';
import { shortened } from './short-times.ts';
import { createTaskTypes, type TaskSeen } from './task-types.ts';
import type { Watch } from './watch.ts';

/** What is in force for the seed that runs now. */
export interface Moment {
  readonly schedule: Schedule;
  readonly faults: Faults;
}

export interface HostsOptions {
  readonly slug: Slug;
  readonly watch?: Watch | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly address: string;
  /** Undefined between seeds. */
  readonly moment: () => Moment | undefined;
  readonly onPull: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

type Passed = Pick<Passing, 'point' | 'label'> & Partial<Pick<Passing, 'again'>>;

/** What a process that is gone waits for. */
const NEVER = new Promise<never>(() => undefined);
/** A stopped one that woke up works beside its successor; more are told to finish. */
const ACTIVE_MAX = 2;
/** A process connects to database and engine within seconds, or the machine has no time at all. */
const START_TRIES = 5;

/**
 * The processes of workers of one white label: at least one that works, and one that is loaded and
 * takes over when that is killed or stopped.
 */
export class Hosts {
  readonly #options: HostsOptions;
  #active: Host[] = [];
  readonly #all = new Set<Host>();
  #spare: Promise<Host>;
  #isClosed = false;
  /** Epoch ms of the last death of one process. */
  lastKilledAt: number | undefined;
  readonly counts = { tasks: 0, replays: 0, killed: 0, stopped: 0 };

  constructor(options: HostsOptions) {
    this.#options = options;
    this.#spare = this.#load();
  }

  /** Resolves once a process works. */
  async ready(): Promise<void> {
    if (this.#active.some(({ isGone }) => !isGone)) return;
    await this.#next();
  }

  /** `kill -9` of all that work; the next begins after so long. */
  crash(afterMs: number): void {
    const killed = this.#active.splice(0);
    for (const host of killed) this.#end(host);
    this.counts.killed += killed.length;
    setTimeout(() => this.#attempt(this.ready()), afterMs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#spare.then(
      () => undefined,
      // It never came to be.
      () => undefined,
    );
    await Promise.all([...this.#all].map((host) => host.close()));
  }

  #attempt(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#isClosed) this.#options.onError(error);
    });
  }

  /** As a supervisor does: one that can't start on a busy machine is followed by another. */
  async #next(tries = START_TRIES): Promise<void> {
    if (this.#isClosed) return;
    const coming = this.#spare;
    this.#spare = coming.then(() => this.#load());
    const host = await coming;
    this.#active.push(host);
    try {
      await host.begin();
    } catch (error) {
      this.#active = this.#active.filter((one) => one !== host);
      // One that was killed before it took work has its successor already.
      if (!this.#all.has(host)) return;
      if (tries <= 1) throw error;
      return this.#next(tries - 1);
    }
    for (const old of this.#active.splice(0, this.#active.length - ACTIVE_MAX)) old.retire();
  }

  async #load(): Promise<Host> {
    const { slug, environment, address, watch } = this.#options;
    const types = createTaskTypes();
    const host: Host = await Host.start({
      environment,
      wire: {
        address,
        rewrite: ({ method, request }) => shortened(method, request),
        onAnswer: async ({ method, response }) => {
          // A poll that came to nothing.
          if (method.startsWith('Poll') && response.length === 0) return;
          const task = types.learn(method, response);
          if (task !== undefined) this.#count(task);
          if ((await watch?.isTime(slug, method)) !== true) return;
          this.#lose(host);
          await NEVER;
        },
        onAsk: async ({ method, request }) => {
          const type = types.completed(method, request);
          if (type === undefined) return;
          await this.#passed(host, { point: 'task.recorded', label: `${slug} ${type}` });
        },
      },
      onPull: () => this.#options.onPull(),
      onPass: (passing) => this.#passed(host, passing),
      onEnded: (detail) => {
        this.#active = this.#active.filter((one) => one !== host);
        if (!this.#isClosed) this.#options.onError(new Error(`${slug}: ${detail}`));
      },
    });
    this.#all.add(host);
    return host;
  }

  #count(task: TaskSeen): void {
    this.counts.tasks += 1;
    if (task.isWhole) this.counts.replays += 1;
    this.#options.watch?.onTask(this.#options.slug, task);
  }

  async #passed(host: Host, passing: Passed): Promise<PointFailure | undefined> {
    const { point, label, again } = passing;
    const send = again === undefined ? undefined : async () => again();
    this.#options.watch?.onPass(this.#options.slug, point, label);
    return this.#stand(host, (faults) => faults.pass(point, label, send));
  }

  /** One passing of this process: what the plan has for it is done to the process. */
  #stand(host: Host, pass: (faults: Faults) => Promise<void>): Promise<PointFailure | undefined> {
    const moment = this.#options.moment();
    if (moment === undefined) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<PointFailure | undefined>();
    moment.schedule.spawn(`${this.#options.slug} worker`, async (own: Thread) => {
      let isStopped = false;
      own.onLost = (lost) => {
        if (lost === 'killed') return this.#lose(host);
        isStopped = true;
        this.counts.stopped += 1;
        host.pause();
        // Another process takes over meanwhile, and finds the first beside it again.
        this.#attempt(this.#next());
      };
      try {
        await pass(moment.faults);
        resolve(undefined);
      } catch (error) {
        if (error instanceof Killed) throw error;
        const { message } = error as Error;
        const phase = error instanceof ConnectionFailure ? error.phase : undefined;
        resolve({ message, ...(isPhase(phase) && { phase }) });
      } finally {
        if (isStopped) host.wake();
      }
    });
    return promise;
  }

  #lose(host: Host): void {
    this.counts.killed += 1;
    this.lastKilledAt = Date.now();
    this.#active = this.#active.filter((one) => one !== host);
    this.#end(host);
    this.#attempt(this.ready());
  }

  #end(host: Host): void {
    host.kill();
    this.#all.delete(host);
    this.#attempt(host.close());
  }
}

function isPhase(phase: string | undefined): phase is 'connect' | 'timeout' {
  return phase === 'connect' || phase === 'timeout';
}
