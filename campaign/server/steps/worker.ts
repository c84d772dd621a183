import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { PointLeft, PointPassed } from '../../../runtime/asked-points.ts';
import { freeLoopbackPort } from '../../../runtime/temporal.ts';
import type { SupervisedProcess } from '../../../stack/supervision/supervisor.ts';
import { COMPILED } from '../host.ts';
import { openWire, type Wire } from '../wire.ts';
import { Moments, type Moment } from './moments.ts';
import { shortened } from '../short-times.ts';

/** What a worker is asked before it goes on; true ends it there. */
export interface Overseer {
  onMoment(moment: Moment): boolean;
  onPoint(point: PointPassed): boolean;
}

export interface WorkerOptions {
  /** As the stack would run it. */
  readonly process: SupervisedProcess;
  readonly address: string;
  readonly overseer: Overseer;
  readonly onKilled: () => void;
  /** What it writes, for who looks for a reason. */
  readonly log: (line: string) => void;
}

/** What a process that is gone waits for. */
export const NEVER = new Promise<never>(() => undefined);
export const POLLS: ReadonlySet<string> = new Set([
  'PollWorkflowTaskQueue',
  'PollActivityTaskQueue',
]);

/**
 * One of the product's own worker processes, with a wire to the engine. It is started whole and gets
 * no work until it is let in: its polls are kept on the wire.
 */
export class StackWorker {
  readonly #options: WorkerOptions;
  readonly #moments = new Moments();
  readonly #isIn = Promise.withResolvers<void>();
  readonly #loaded = Promise.withResolvers<void>();
  #wire: Wire | undefined;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  isGone = false;

  private constructor(options: WorkerOptions) {
    this.#options = options;
    // Whoever waits for it is told by `loaded`.
    this.#loaded.promise.catch(() => undefined);
  }

  static async start(options: WorkerOptions): Promise<StackWorker> {
    const worker = new StackWorker(options);
    await worker.#start();
    return worker;
  }

  /** Resolves once it would take work. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  letIn(): void {
    this.#isIn.resolve();
  }

  kill(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#child?.kill('SIGKILL');
    this.#options.onKilled();
    // Without an owner left that could fail with it.
    void this.close();
  }

  /** Lets it finish what it has, as a process that is replaced. */
  retire(): void {
    this.#child?.kill('SIGTERM');
  }

  async close(): Promise<void> {
    this.isGone = true;
    this.#child?.kill('SIGKILL');
    await this.#exited;
    const wire = this.#wire;
    this.#wire = undefined;
    await wire?.close();
  }

  async #start(): Promise<void> {
    const { process: spec, address, log } = this.#options;
    this.#wire = await openWire({
      address,
      rewrite: ({ method, request }) => shortened(method, request),
      onAsk: (call) => this.#asked(call),
      onAnswer: async ({ response, ...call }) => {
        for (const moment of this.#moments.answered(call, response)) await this.#live(moment);
      },
    });
    const child = spawn(spec.command, spec.args, {
      env: {
        ...spec.env,
        NODE_COMPILE_CACHE: COMPILED,
        TEMPORAL_ADDRESS: this.#wire.address,
        WORKER_HTTP_PORT: String(await freeLoopbackPort()),
        FAULT_POINTS: 'parent',
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#exited = once(child, 'exit').then(() => {
      this.isGone = true;
      this.#loaded.reject(new Error(`${spec.name} has ended`));
    });
    child.on('error', (error) => this.#loaded.reject(error));
    child.on('message', (message: PointPassed) => this.#passed(message));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => log(`${spec.name} ${line}`));
    }
  }

  async #asked(call: { readonly method: string; readonly request: Buffer }): Promise<void> {
    if (POLLS.has(call.method)) {
      this.#loaded.resolve();
      return this.#isIn.promise;
    }
    const moment = this.#moments.asked(call);
    if (moment !== undefined) await this.#live(moment);
  }

  async #live(moment: Moment): Promise<void> {
    if (this.isGone) return NEVER;
    if (!this.#options.overseer.onMoment(moment)) return;
    this.kill();
    return NEVER;
  }

  #passed(message: PointPassed): void {
    if (this.isGone) return;
    if (this.#options.overseer.onPoint(message)) return this.kill();
    const left: PointLeft = { kind: 'on', id: message.id };
    // A process that is gone hears nothing.
    if (this.#child?.connected === true) this.#child.send(left, () => undefined);
  }
}
