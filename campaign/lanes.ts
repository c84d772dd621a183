import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './run-seed.ts';
import type { Script } from './script.ts';

/** What a lane is started with. */
export interface LaneSetup {
  readonly bundles: string;
  /** Whether it looks for the least script that still breaks. */
  readonly isShrinking: boolean;
}

export type FromLane =
  | { readonly kind: 'ready'; readonly state: string }
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | { readonly kind: 'shrunk'; readonly seed: number; readonly script: Script }
  /** It has no work: its seed is over, shrunk if it was broken. */
  | { readonly kind: 'idle' };

export interface ToLane {
  /** Without one the lane ends. */
  readonly seed?: number | undefined;
}

export interface LanesOptions extends LaneSetup {
  readonly lanes: number;
  /** The sources that the run began with. */
  readonly state: string;
  /** The next seed, of one counter for all lanes. */
  readonly next: () => number | undefined;
  readonly onOutcome: (outcome: Outcome) => void;
  readonly onShrunk: (seed: number, script: Script) => void;
  /** Ends all of them at once, as they are. */
  readonly signal: AbortSignal;
}

const ENTRY = fileURLToPath(new URL('./lane.ts', import.meta.url));
/** A run may take three minutes twice, and is judged: what takes longer hangs. */
const SEED_LIMIT_MS = 600_000;

/** Runs seeds in as many processes, each with a database server and ports of its own. */
export async function runLanes(options: LanesOptions): Promise<void> {
  const lanes = Array.from({ length: options.lanes }, async () => {
    while (await runLane(options));
  });
  await Promise.all(lanes);
}

/** True where the lane's process died amid a seed: another one takes its place. */
async function runLane(options: LanesOptions): Promise<boolean> {
  const { bundles, isShrinking, signal } = options;
  if (signal.aborted) return false;
  const child = fork(ENTRY, [JSON.stringify({ bundles, isShrinking })], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Ctrl-C reaches the run alone, which lets the lanes finish.
    detached: true,
  });
  const lane = new Lane(child, options);
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  try {
    return await lane.run();
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}

class Lane {
  readonly #child: ChildProcess;
  readonly #options: LanesOptions;
  #seed: number | undefined;
  #limit: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(child: ChildProcess, options: LanesOptions) {
    this.#child = child;
    this.#options = options;
  }

  run(): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#child.on('message', (message: FromLane) => {
      try {
        this.#hear(message);
      } catch (error) {
        reject(error);
      }
    });
    this.#child.on('error', reject);
    this.#child.on('exit', (code, signal) => {
      clearTimeout(this.#limit);
      const isEnding = this.#isOver || this.#options.signal.aborted;
      if (isEnding && (code === 0 || signal !== null)) return resolve(false);
      const how = `the process of the lane ended: ${signal ?? code}`;
      if (this.#seed === undefined) return reject(new Error(how));
      this.#options.onOutcome(diedAt(this.#seed, how));
      resolve(true);
    });
    return promise;
  }

  #hear(message: FromLane): void {
    const { state, onOutcome, onShrunk } = this.#options;
    if (message.kind === 'ready') {
      if (message.state !== state) throw new Error('the sources have changed since the run began');
      this.#go();
    } else if (message.kind === 'outcome') {
      clearTimeout(this.#limit);
      this.#seed = undefined;
      onOutcome(message.outcome);
    } else if (message.kind === 'shrunk') {
      onShrunk(message.seed, message.script);
    } else {
      this.#go();
    }
  }

  #go(): void {
    const seed = this.#options.next();
    this.#seed = seed;
    this.#isOver = seed === undefined;
    this.#limit = setTimeout(() => this.#child.kill('SIGKILL'), SEED_LIMIT_MS);
    const told: ToLane = { seed };
    this.#child.send(told);
  }
}

/** Not judged, which is as good as broken. */
function diedAt(seed: number, how: string): Outcome {
  return {
    ...{ seed, broken: [how], trades: {}, refusals: {}, tasks: 0, replays: 0, settledInMs: 0 },
    ...{ happened: new Map(), passings: new Map(), scanned: new Map() },
  };
}
