import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launch } from '../../stack/supervision/child.ts';
import type { Lifeline } from '../../stack/supervision/lifeline.ts';
import { cacheFolder } from '../../stack/temporal/temporal-binary.ts';
import {
  DYNAMIC_CONFIG,
  ensureNamespaces,
  type NamespaceOptions,
} from '../../stack/temporal/temporal.ts';

/** The server as in production: its own program, on PostgreSQL. */
export interface TemporalServer {
  readonly address: string;
  readonly pid: number;
  readonly durability: string;
}

export interface TemporalServerSetting {
  readonly dataDir: string;
  /** With databases `temporal` and `temporal_visibility`. */
  readonly urlFor: (database: string) => string;
  readonly namespace: string;
  readonly nextPort: () => Promise<number>;
  readonly lifeline: Lifeline;
  readonly log: (line: string) => void;
  readonly closing: (() => Promise<unknown>)[];
}

export const TEMPORAL_DATABASES = ['temporal', 'temporal_visibility'] as const;

const run = promisify(execFile);
const MODULE = fileURLToPath(new URL('./temporal-server', import.meta.url));
const PACKAGE = 'go.temporal.io/server';
const PROGRAMS = { server: `${PACKAGE}/cmd/server`, sql: `${PACKAGE}/cmd/tools/sql` } as const;
/** Six minutes on two idle cores, from nothing. */
const BUILD_TIMEOUT_MS = 3_600_000;
const SCHEMA_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 5_000;
const READY_WITHIN_MS = 60_000;
const PLUGIN = 'postgres12_pgx';
/** Of a whole cluster, for ever; two cores gain nothing from more. */
const SHARDS = '4';
/** Each of the four roles has pools of its own. */
const CONNECTIONS = { SQL_MAX_CONNS: '16', SQL_MAX_IDLE_CONNS: '16', SQL_VIS_MAX_CONNS: '6' };
/** The namespace's own limit is 2,400 a second, which counts each poll. */
const LOAD_CONFIG = { 'frontend.namespaceRPS': 1_000_000, 'frontend.rps': 1_000_000 };
const PORTS = [
  ...['FRONTEND_GRPC_PORT', 'FRONTEND_MEMBERSHIP_PORT', 'FRONTEND_HTTP_PORT'],
  ...['HISTORY_GRPC_PORT', 'HISTORY_MEMBERSHIP_PORT', 'MATCHING_GRPC_PORT'],
  ...['MATCHING_MEMBERSHIP_PORT', 'WORKER_GRPC_PORT', 'WORKER_MEMBERSHIP_PORT'],
];
const HOST = '127.0.0.1';

/**
 * Builds the server and its schema tool once for each lock of their module (`go.sum` holds the
 * hashes of all that goes in). Undefined where this machine has no Go.
 */
export async function buildTemporalServer(
  onProgress: (text: string) => void,
): Promise<string | undefined> {
  const lock = await readFile(join(MODULE, 'go.sum'));
  const hash = createHash('sha256').update(lock).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(process.env), `temporal-server-${hash}`);
  const isBuilt = await access(join(folder, 'server')).then(
    () => true,
    () => false,
  );
  if (isBuilt) return folder;
  const hasGo = await run('go', ['version']).then(
    () => true,
    () => false,
  );
  if (!hasGo) return undefined;
  onProgress('building the Temporal server (once, several minutes)');
  await mkdir(cacheFolder(process.env), { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  const args = ['build', '-mod=readonly', '-o', `${fresh}/`];
  try {
    await run('go', [...args, ...Object.values(PROGRAMS)], {
      cwd: MODULE,
      timeout: BUILD_TIMEOUT_MS,
    });
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/** All four roles in one process; its schema and namespace are made first. */
export async function startTemporalServer(
  programs: string,
  setting: TemporalServerSetting,
): Promise<TemporalServer> {
  const { dataDir, urlFor, namespace, lifeline, log, closing } = setting;
  const folder = join(dataDir, 'temporal-server');
  await mkdir(folder, { recursive: true });
  await makeSchemas(join(programs, 'sql'), urlFor);
  const dynamic = join(folder, 'dynamic.yaml');
  await writeFile(dynamic, dynamicConfig());
  const ports: Record<string, string> = {};
  for (const name of PORTS) ports[name] = String(await setting.nextPort());
  const database = new URL(urlFor(TEMPORAL_DATABASES[0]));
  const child = await launch(
    {
      name: 'temporal-server',
      command: join(programs, 'server'),
      args: ['--allow-no-auth', 'start'],
      cwd: folder,
      env: {
        ...{ PATH: process.env['PATH'], HOME: process.env['HOME'], ...ports, ...CONNECTIONS },
        ...{ DB: PLUGIN, POSTGRES_SEEDS: HOST, DB_PORT: database.port },
        POSTGRES_USER: database.username,
        POSTGRES_PWD: decodeURIComponent(database.password),
        ...{ DBNAME: TEMPORAL_DATABASES[0], VISIBILITY_DBNAME: TEMPORAL_DATABASES[1] },
        ...{ NUM_HISTORY_SHARDS: SHARDS, BIND_ON_IP: HOST, TEMPORAL_BROADCAST_ADDRESS: HOST },
        ...{ DYNAMIC_CONFIG_FILE_PATH: dynamic, LOG_LEVEL: 'error' },
      },
    },
    { lifeline, onLine: log },
  );
  closing.push(() => child.stop(STOP_GRACE_MS));
  const address = `${HOST}:${ports['FRONTEND_GRPC_PORT']}`;
  await Promise.race([
    untilReady({ address, namespaces: [namespace] }),
    child.exited.then(() => {
      throw new Error(`the Temporal server ended\n${child.lastLines().join('\n')}`);
    }),
  ]);
  const durability = `temporal  server on the same PostgreSQL (…-pg), ${SHARDS} shards, one process`;
  return { address, pid: child.pid, durability };
}

/** It listens seconds after its start, and a try gives up sooner. */
async function untilReady(options: NamespaceOptions): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      return await ensureNamespaces(options);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

async function makeSchemas(tool: string, urlFor: (database: string) => string): Promise<void> {
  const schemas = { temporal: 'temporal', temporal_visibility: 'visibility' } as const;
  for (const database of TEMPORAL_DATABASES) {
    const url = new URL(urlFor(database));
    const connection = [
      ...['--plugin', PLUGIN, '--endpoint', HOST, '--port', url.port],
      ...['--user', url.username, '--database', database],
    ];
    const settings = {
      timeout: SCHEMA_TIMEOUT_MS,
      env: { ...process.env, SQL_PASSWORD: decodeURIComponent(url.password) },
    };
    await run(tool, [...connection, 'setup-schema', '--version', '0.0'], settings);
    const name = `postgresql/v12/${schemas[database]}`;
    await run(tool, [...connection, 'update-schema', '--schema-name', name], settings);
  }
}

function dynamicConfig(): string {
  const values = Object.entries({ ...DYNAMIC_CONFIG, ...LOAD_CONFIG });
  return values.map(([name, value]) => `${name}:\n  - value: ${value}\n`).join('');
}
