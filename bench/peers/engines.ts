import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { isPortFree } from '../../stack/ports.ts';
import { startPostgres } from '../../stack/postgres/postgres.ts';
import { launch, type Child, type ChildCommand } from '../../stack/supervision/child.ts';
import { createLifeline, type Lifeline } from '../../stack/supervision/lifeline.ts';
import { findTemporal, startTemporal } from '../../stack/temporal/temporal.ts';
import type { WatchedProcess } from '../cpu.ts';
import { restateBinary } from './install.ts';
import { startTemporalServer, TEMPORAL_DATABASES } from './temporal-server.ts';

/** Everything that the systems stand on; one of each, shared. */
export interface Engines {
  readonly databaseUrl: string;
  readonly pool: pg.Pool;
  readonly watched: readonly WatchedProcess[];
  readonly exporterUrl: string;
  readonly importerUrl: string;
  /** Lines for the report: what a commit waits for, in each. */
  readonly durability: readonly string[];
  /** For `apps/*.ts`. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the systems on PostgreSQL find their engine. */
  readonly temporalOnPostgres: string | undefined;
  start(command: ChildCommand): Promise<{ readonly child: Child; readonly port: number }>;
}

export interface EngineSetting {
  readonly dataDir: string;
  readonly lines: string[];
  readonly closing: (() => Promise<unknown>)[];
  /** The programs of a Temporal server on PostgreSQL, where one is wanted. */
  temporalServer?: string | undefined;
}

export const NAMESPACE = 'bench';
const LISTENING = /^listening (\d+)$/;
const STOP_GRACE_MS = 3_000;
const READY_WITHIN_MS = 60_000;
const POLL_MS = 100;
/** The default of 24 costs on two cores; one would leave a core of them unused. */
const RESTATE_PARTITIONS = '2';
const PARTNER = fileURLToPath(new URL('./partner.ts', import.meta.url));
/** Of what children wrote; shown where something failed. */
const LAST_LINES = 80;

const SCHEMA = `
  CREATE TABLE purchase (id uuid PRIMARY KEY, system text NOT NULL,
    settled_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE journal (id uuid PRIMARY KEY, step smallint NOT NULL, results text[] NOT NULL)`;

export async function startEngines(setting: EngineSetting): Promise<Engines> {
  const { dataDir, closing } = setting;
  const log = (line: string): void => {
    setting.lines.push(line);
    if (setting.lines.length > LAST_LINES) setting.lines.shift();
  };
  const lifeline = createLifeline();
  closing.push(async () => lifeline.close());
  const start = createStarter(lifeline, log, closing);
  const postgres = await startPostgres({
    ...{ dataDir: join(dataDir, 'postgres'), port: await nextPort(), lifeline, log },
    databases: ['bench', 'dbos', ...(setting.temporalServer ? TEMPORAL_DATABASES : [])],
  });
  closing.push(() => postgres.stop());
  const databaseUrl = postgres.urlFor('bench');
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  pool.on('error', (error) => log(error.message));
  closing.push(() => pool.end());
  await pool.query(SCHEMA);
  const temporal = await openTemporalServer(setting, { lifeline, log });
  const onPostgres =
    setting.temporalServer === undefined
      ? undefined
      : await startTemporalServer(setting.temporalServer, {
          ...{ dataDir, lifeline, log, closing, nextPort, namespace: NAMESPACE },
          urlFor: (database) => postgres.urlFor(database),
        });
  const restate = await startRestate({ dataDir, lifeline, log, closing });
  const node = (name: string): ChildCommand => ({ ...nodeCommand(PARTNER), name });
  const exporter = await start(node('partner exporter'));
  const importer = await start(node('partner importer'));
  const exporterUrl = `http://127.0.0.1:${exporter.port}`;
  const importerUrl = `http://127.0.0.1:${importer.port}`;
  return {
    ...{ databaseUrl, pool, exporterUrl, importerUrl, start },
    temporalOnPostgres: onPostgres?.address,
    watched: [
      { name: 'postgres', pid: postgres.pid, withChildren: true },
      ...(temporal.pid === undefined
        ? []
        : [{ name: 'temporal server', pid: temporal.pid, withChildren: true }]),
      ...(onPostgres === undefined
        ? []
        : [{ name: 'temporal on postgres', pid: onPostgres.pid, withChildren: false }]),
      { name: 'restate server', pid: restate.pid, withChildren: true },
      { name: 'partners', pid: exporter.child.pid, withChildren: false },
      { name: 'partners ', pid: importer.child.pid, withChildren: false },
    ],
    durability: [
      await postgresDurability(pool),
      temporal.durability,
      ...(onPostgres === undefined ? [] : [onPostgres.durability]),
      'restate   RocksDB with its write-ahead log synced (rocksdb-disable-wal-fsync = false), 2 partitions',
    ],
    env: {
      DATABASE_URL: databaseUrl,
      DBOS_DATABASE_URL: postgres.urlFor('dbos'),
      EXPORTER_URL: exporterUrl,
      IMPORTER_URL: importerUrl,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: NAMESPACE,
      ...restate.env,
      NODE_ENV: 'production',
    },
  };
}

export function nodeCommand(entry: string): Omit<ChildCommand, 'name'> {
  return { command: process.execPath, args: ['--disable-warning=ExperimentalWarning', entry] };
}

function createStarter(
  lifeline: Lifeline,
  log: (line: string) => void,
  closing: (() => Promise<unknown>)[],
): Engines['start'] {
  return async (command) => {
    const listening = Promise.withResolvers<number>();
    const child = await launch(command, {
      lifeline,
      onLine(line) {
        const [, port] = LISTENING.exec(line) ?? [];
        if (port === undefined) log(`${command.name}: ${line}`);
        else listening.resolve(Number(port));
      },
    });
    closing.push(() => child.stop(STOP_GRACE_MS));
    void child.exited.then(() =>
      listening.reject(new Error(`${command.name} ended\n${child.lastLines().join('\n')}`)),
    );
    return { child, port: await listening.promise };
  };
}

interface Log {
  readonly lifeline: Lifeline;
  readonly log: (line: string) => void;
}

async function openTemporalServer(
  { dataDir, closing }: EngineSetting,
  { lifeline, log }: Log,
): Promise<{ address: string; pid: number | undefined; durability: string }> {
  const binary = await findTemporal({ env: process.env });
  if (binary.kind === 'address') {
    const durability = 'temporal  the server at TEMPORAL_ADDRESS, whose settings are its own';
    return { address: binary.address, pid: undefined, durability };
  }
  const server = await startTemporal({
    ...{ binary, dataDir: join(dataDir, 'temporal'), lifeline, log },
    port: await nextPort(),
    uiPort: await nextPort(),
    namespaces: [NAMESPACE],
    searchAttributes: {},
  });
  closing.push(() => server.stop());
  const durability = `temporal  dev server ${binary.serverVersion}, SQLite in a file, as in the local stack`;
  return { address: server.address, pid: server.pid, durability };
}

async function startRestate({
  dataDir,
  lifeline,
  log,
  closing,
}: Log & Pick<EngineSetting, 'dataDir' | 'closing'>): Promise<{
  readonly pid: number;
  readonly env: Readonly<Record<string, string>>;
}> {
  const base = join(dataDir, 'restate');
  await mkdir(base, { recursive: true });
  const [node, admin] = [await nextPort(), await nextPort()];
  const [ingress, service] = [await nextPort(), await nextPort()];
  const child = await launch(
    {
      name: 'restate',
      command: restateBinary(),
      args: [
        ...['--no-logo', '--listen-mode', 'tcp', '--base-dir', base, '--node-name', 'bench'],
        ...['--default-num-partitions', RESTATE_PARTITIONS, '--bind-ip', '127.0.0.1'],
        ...['--bind-port', String(node)],
      ],
      env: {
        PATH: process.env['PATH'],
        RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
        RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
        RESTATE_DISABLE_TELEMETRY: 'true',
        RESTATE_LOG_FILTER: 'warn',
        DO_NOT_TRACK: '1',
      },
    },
    { lifeline, onLine: log },
  );
  closing.push(() => child.stop(STOP_GRACE_MS));
  const env = {
    RESTATE_ADMIN_URL: `http://127.0.0.1:${admin}`,
    RESTATE_INGRESS_URL: `http://127.0.0.1:${ingress}`,
    RESTATE_SERVICE_PORT: String(service),
  };
  await untilAnswers(`${env.RESTATE_ADMIN_URL}/health`, child);
  await untilAnswers(`${env.RESTATE_INGRESS_URL}/restate/health`, child);
  return { pid: child.pid, env };
}

async function untilAnswers(url: string, child: Child): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const status = await fetch(url).then(
      (answer) => answer.status,
      // Not listening yet.
      () => 0,
    );
    if (status === 200) return;
    if (Date.now() > deadline) {
      throw new Error(`${url} does not answer\n${child.lastLines().join('\n')}`);
    }
    await delay(POLL_MS);
  }
}

/** Below what the system hands out by itself, which may be taken between the look and the use. */
const FIRST_PORT = 13_000;
const LAST_PORT = 13_900;
let lastPort = FIRST_PORT - 1;

async function nextPort(): Promise<number> {
  while (lastPort < LAST_PORT) {
    lastPort += 1;
    if (await isPortFree(lastPort)) return lastPort;
  }
  throw new Error(`there is no free port between ${FIRST_PORT} and ${LAST_PORT}`);
}

async function postgresDurability(pool: pg.Pool): Promise<string> {
  const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method'];
  const { rows } = await pool.query<{ name: string; setting: string }>(
    'SELECT name, setting FROM pg_settings WHERE name = ANY($1) ORDER BY name',
    [names],
  );
  return `postgres  ${rows.map(({ name, setting }) => `${name} = ${setting}`).join(', ')}`;
}
