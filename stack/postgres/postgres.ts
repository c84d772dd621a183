import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { describeExit, launch } from '../supervision/child.ts';
import type { ChildCommand, ChildExit } from '../supervision/child.ts';
import { StackError } from '../errors.ts';
import { ensurePassableFolder } from '../folders.ts';
import { createLifeline } from '../supervision/lifeline.ts';
import type { Lifeline } from '../supervision/lifeline.ts';
import {
  SUPERUSER,
  clearStalePidFile,
  clusterIn,
  corrupt,
  ensureCluster,
  serverEnvironment,
} from './postgres-cluster.ts';
import type { Cluster } from './postgres-cluster.ts';
import { findPostgresBinaries, serverAccount } from './postgres-install.ts';
import { waitUntilReady } from '../supervision/readiness.ts';

export type PostgresOptions = {
  /** Holds `cluster/` (the server's) and `password` (mode 600). */
  readonly dataDir: string;
  readonly port: number;
  /** Made when missing. */
  readonly databases: readonly string[];
  /** false only in tests: a power cut may then lose data; kill -9 may not. */
  readonly fsync?: boolean;
  readonly log?: (line: string) => void;
  readonly lifeline?: Lifeline;
};

/** All that a supervisor needs to run the server and to run it again. */
export type PreparedPostgres = ChildCommand & {
  /** Before every start, the first one and each restart. */
  before(): Promise<void>;
  /** Resolves once it answers and the databases are there; rejects when `signal` aborts. */
  ready(signal: AbortSignal): Promise<void>;
  /** Why it ended before it was ready, out of its last lines. */
  explain(exit: ChildExit, lines: readonly string[]): StackError;
  urlFor(database: string): string;
};

export type PostgresHandle = {
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  urlFor(database: string): string;
  stop(): Promise<void>;
};

// A few processes with pools of 10 to 20 each, two stacks' worth of tests beside them.
const MAX_CONNECTIONS = 300;
// A peer that stopped reading must not hold a buyer's row: as long as a statement may take.
const TCP_USER_TIMEOUT_MS = 2_000;
// Crash recovery after kill -9 replays at most what one checkpoint interval wrote.
const READY_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 2_000;
const POLL_MS = 50;
// A fast shutdown writes one checkpoint; the whole stack has 10 s.
const STOP_GRACE_MS = 5_000;
const DUPLICATE_DATABASE = '42P04';

export async function preparePostgres(options: PostgresOptions): Promise<PreparedPostgres> {
  const binaries = await findPostgresBinaries();
  const dataDir = resolve(options.dataDir);
  await ensurePassableFolder(dataDir);
  const account = await serverAccount([binaries.postgres, `${dataDir}/cluster`]);
  const cluster = clusterIn(dataDir, account);
  const password = await ensureCluster(cluster, binaries);
  const urlFor = (database: string): string =>
    `postgres://${SUPERUSER}:${password}@127.0.0.1:${options.port}/${database}`;
  return {
    name: 'postgres',
    command: binaries.postgres,
    args: ['-D', cluster.folder, '-p', String(options.port), ...settings(options.fsync ?? true)],
    env: serverEnvironment(),
    cwd: '/',
    // Fast shutdown: ends the sessions. SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    ...account,
    before: () => clearStalePidFile(cluster),
    ready: async (signal) => {
      await waitForServer(urlFor('postgres'), signal);
      await createMissingDatabases(urlFor('postgres'), options.databases);
    },
    explain: (exit, lines) => explainExit({ cluster, port: options.port, exit, lines }),
    urlFor,
  };
}

export async function startPostgres(options: PostgresOptions): Promise<PostgresHandle> {
  const prepared = await preparePostgres(options);
  await prepared.before();
  const lifeline = options.lifeline ?? createLifeline();
  const close = (): void => {
    if (options.lifeline === undefined) lifeline.close();
  };
  const child = await launch(prepared, {
    lifeline,
    ...(options.log === undefined ? {} : { onLine: options.log }),
  });
  void child.exited.then(close);
  await waitUntilReady(child, { ...prepared, timeoutMs: READY_TIMEOUT_MS });
  return {
    pid: child.pid,
    exited: child.exited,
    urlFor: prepared.urlFor,
    async stop() {
      await child.stop(STOP_GRACE_MS);
    },
  };
}

function settings(fsync: boolean): string[] {
  const values: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    // No socket in /tmp: two stacks, and other users, would meet there.
    unix_socket_directories: '',
    max_connections: MAX_CONNECTIONS,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    ...(process.platform === 'linux' ? { tcp_user_timeout: TCP_USER_TIMEOUT_MS } : {}),
    ...(fsync ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function waitForServer(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // A connection cut by a restarting server is this loop's business, not the process's.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return;
    } catch (error) {
      if (isWrongPassword(error)) throw error;
      await delay(POLL_MS, undefined, { signal });
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

function isWrongPassword(error: unknown): boolean {
  return (error as { code?: unknown }).code === '28P01';
}

async function createMissingDatabases(url: string, names: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const present = await client.query<{ datname: string }>('SELECT datname FROM pg_database');
    const known = new Set(present.rows.map((row) => row.datname));
    for (const name of names.filter((candidate) => !known.has(candidate))) {
      await client
        .query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
        .catch((error: { code?: unknown }) => {
          // Another start made it in between.
          if (error.code !== DUPLICATE_DATABASE) throw error;
        });
    }
  } finally {
    await client.end();
  }
}

type ExitFacts = {
  readonly cluster: Cluster;
  readonly port: number;
  readonly exit: ChildExit;
  readonly lines: readonly string[];
};

function explainExit({ cluster, port, exit, lines }: ExitFacts): StackError {
  const said = (part: string): boolean => lines.some((line) => line.includes(part));
  if (said('Address already in use')) {
    return new StackError({
      code: 'PORT_OCCUPIED',
      message: `Another program listens on ${port} (POSTGRES_PORT, PostgreSQL).`,
      wayOut: ['Stop it, or choose another port: POSTGRES_PORT=<port> npm start'],
    });
  }
  // The sessions of a killed server are still leaving; the next start finds them gone.
  const stillLeaving = said('pre-existing shared memory block') || exit.signal === 'SIGKILL';
  if (stillLeaving || said('error while loading shared libraries')) {
    return new StackError({
      code: 'POSTGRES_NOT_READY',
      message: `PostgreSQL ended (${describeExit(exit)}) before it was ready.`,
      details: lines,
      wayOut: ['Start again; npm ci repairs an incomplete installation.'],
    });
  }
  return corrupt(cluster, [...lines, `It ended with ${describeExit(exit)}.`]);
}
