import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tmpdir } from 'node:os';
import type { FromHost, PointFailure, ToHost } from './messages.ts';
import { openWire, type Wire, type WireOptions } from './wire.ts';

const ENTRY = fileURLToPath(new URL('./host-process.ts', import.meta.url));
/** A process loads its code in a third of the time when it is compiled already. */
export const COMPILED = join(tmpdir(), `xpory-compiled-${process.getuid?.() ?? 'all'}`);

export interface HostOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly wire: WireOptions;
  /** At a point of the product: answers what to throw there. */
  readonly onPass: (passing: Passing) => Promise<PointFailure | undefined>;
  readonly onPull: () => Promise<void>;
  /** It ended without being told to. */
  readonly onEnded: (detail: string) => void;
}

export type Passing = Extract<FromHost, { kind: 'pass' }> & {
  /** Makes the call of that point once more. */
  readonly again: () => void;
};

/** A process of workers and the wire on which it reaches the engine. */
export class Host {
  readonly #options: HostOptions;
  readonly #wire: Wire;
  readonly #child: ChildProcess;
  readonly #loaded = Promise.withResolvers<void>();
  readonly #polling = Promise.withResolvers<void>();
  readonly #exited: Promise<unknown>;
  isGone = false;
  /** It takes work, or did. */
  hasBegun = false;

  private constructor(options: HostOptions, wire: Wire) {
    this.#options = options;
    this.#wire = wire;
    this.#child = fork(ENTRY, [], {
      env: {
        // Little of the campaign's own: a process of workers is told by its environment.
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        NODE_COMPILE_CACHE: COMPILED,
        ...options.environment,
        TEMPORAL_ADDRESS: wire.address,
      },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#exited = once(this.#child, 'exit');
    this.#child.on('message', (message: FromHost) => this.#hear(message));
    this.#child.on('error', () => undefined);
    this.#child.on('exit', (code, signal) => this.#end(`${code ?? signal}`));
    // Whoever waits for them is told by `start` and `begin`.
    for (const { promise } of [this.#loaded, this.#polling]) promise.catch(() => undefined);
  }

  static async start(options: HostOptions): Promise<Host> {
    return new Host(options, await openWire(options.wire));
  }

  /** Takes work from here on; resolves once it does. */
  async begin(): Promise<void> {
    await this.#loaded.promise;
    this.#tell({ kind: 'begin' });
    await this.#polling.promise;
    this.hasBegun = true;
  }

  kill(): void {
    this.isGone = true;
    this.#child.kill('SIGKILL');
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  wake(): void {
    this.#child.kill('SIGCONT');
  }

  /** Lets it finish what it has, as a process that is replaced by a new build. */
  retire(): void {
    this.isGone = true;
    this.#child.kill('SIGTERM');
  }

  /** Kills it where it is still there; nothing of it is left. */
  async close(): Promise<void> {
    this.kill();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.#exited;
    await this.#wire.close();
  }

  #hear(message: FromHost): void {
    if (message.kind === 'loaded') this.#loaded.resolve();
    else if (message.kind === 'polling') this.#polling.resolve();
    else if (message.kind === 'pull') void this.#options.onPull();
    else void this.#pass(message);
  }

  async #pass(message: Extract<FromHost, { kind: 'pass' }>): Promise<void> {
    const { id } = message;
    const again = (): void => this.#tell({ kind: 'send', id });
    const failure = await this.#options.onPass({ ...message, again });
    this.#tell({ kind: 'on', id, ...(failure !== undefined && { failure }) });
  }

  #tell(message: ToHost): void {
    // What is told to a process that is gone is lost, as it was.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #end(detail: string): void {
    const wasKilled = this.isGone;
    this.isGone = true;
    const error = new Error(`a process of workers has ended: ${detail}`);
    this.#loaded.reject(error);
    this.#polling.reject(error);
    // Of one that never began its starter is told.
    if (!wasKilled && this.hasBegun) this.#options.onEnded(detail);
  }
}
