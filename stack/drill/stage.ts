import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Kysely } from 'kysely';
import { createDatabase, createPool } from '../../db/pool.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { formatStackError } from '../errors.ts';
import { EXPORTER, IMPORTER } from '../parties.ts';
import type { WlParty } from '../parties.ts';
import { PORT_TABLE, readPorts } from '../ports.ts';
import type { Environment } from '../ports.ts';
import { createProgress } from '../progress.ts';
import type { Progress } from '../progress.ts';
import { register } from '../register.ts';
import { startStack, step } from '../stack.ts';
import type { Stack, Wire } from '../stack.ts';

/** A private stack of real processes, and eyes on the two databases that money moves in. */
export interface Stage {
  readonly stack: Stack;
  readonly dataDir: string;
  readonly progress: Progress;
  readonly importer: Kysely<WlTables>;
  readonly exporter: Kysely<WlTables>;
  /** Rejects when a process can't be kept up, or somebody ends the drill. */
  readonly broken: Promise<never>;
  say(text: string): void;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly name: string;
  /** Constants of this drill; what the caller's environment says comes first. */
  readonly env?: Environment;
  readonly wire?: Wire;
}

const PORT_BASE = 21_000;
const FOLDER = '.data/drill';
// The drill polls and judges; it must not compete with the processes for connections.
const POOL_SIZE = 6;
// At the end whole tables are summed.
const STATEMENT_TIMEOUT_MS = 60_000;
// A line for every request of the drill hides the ones that matter.
const QUIET_LOG = { LOG_LEVEL: 'warn' };
// As the stack's own Ctrl-C: under 10 s with all groups.
const STOP_LIMIT_MS = 9_500;
const EXIT_INTERRUPTED = 130;

export async function openStage({ name, env = {}, wire }: StageOptions): Promise<Stage> {
  const settings: Environment = { ...QUIET_LOG, ...portsFrom(process.env), ...env, ...process.env };
  const dataDir = stageFolder(name);
  await mkdir(dataDir, { recursive: true, mode: 0o755 });
  const lines = createWriteStream(join(dataDir, 'stack.log'), { flags: 'w' });
  const progress = createProgress({
    write: (text) => void process.stdout.write(text),
    isTerminal: false,
  });
  const say = (text: string): void => progress.print(`${clockNow()}  ${text}`);
  const trouble = watchForTrouble();
  say(`drill "${name}" in ${dataDir}`);
  const stack = await startStack({
    env: settings,
    dataDir,
    ports: readPorts(settings),
    progress,
    log: (line) => void lines.write(`${new Date().toISOString()} ${line}\n`),
    onFatal: (error) => trouble.fail(new Error(formatStackError(error))),
    signal: trouble.signal,
    ...(wire && { wire }),
  });
  const close = async (): Promise<void> => {
    await Promise.race([stack.stop(), sleep(STOP_LIMIT_MS)]);
    trouble.forget();
    lines.end();
    await finished(lines);
  };
  try {
    await step(progress, 'registration', (tell) => register(stack, tell));
  } catch (error) {
    await close();
    throw error;
  }
  const importer = openDatabase(stack, IMPORTER);
  const exporter = openDatabase(stack, EXPORTER);
  return {
    ...{ stack, dataDir, progress, importer, exporter, say, broken: trouble.happened },
    async close() {
      await Promise.all([importer.destroy(), exporter.destroy()]);
      await close();
    },
  };
}

export function stageFolder(name: string): string {
  return resolve(process.env['DATA_DIR'] ?? FOLDER, name);
}

function portsFrom(env: Environment): Environment {
  const base = Number(env['DRILL_PORT_BASE'] ?? PORT_BASE);
  return Object.fromEntries(
    PORT_TABLE.map(({ variable }, index) => [variable, String(base + index)]),
  );
}

function openDatabase(stack: Stack, party: WlParty): Kysely<WlTables> {
  return createDatabase<WlTables>(
    createPool({
      url: stack.databaseUrl(party),
      size: POOL_SIZE,
      applicationName: 'drill',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      // The server is killed on purpose; whoever reads then gets the error and reads again.
      onError: () => undefined,
    }),
  );
}

interface Trouble {
  readonly happened: Promise<never>;
  readonly signal: AbortSignal;
  fail(error: Error): void;
  forget(): void;
}

function watchForTrouble(): Trouble {
  const controller = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  // Whoever races it hears of it; until then it is nobody's.
  promise.catch(() => undefined);
  const fail = (error: Error): void => {
    reject(error);
    controller.abort();
  };
  const interrupt = (): void => {
    process.exitCode = EXIT_INTERRUPTED;
    fail(new Error('interrupted'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  return {
    ...{ happened: promise, signal: controller.signal, fail },
    forget: () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
    },
  };
}

export function clockNow(): string {
  return new Date().toISOString().slice(11, 23);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
