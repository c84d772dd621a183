import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { ensureBundles } from '../../stack/bundles/bundles.ts';
import { startPostgres, type PostgresHandle } from '../../stack/postgres/postgres.ts';
import { PARTIES } from '../../stack/parties.ts';
import { findTemporal, startTemporal, type TemporalHandle } from '../../stack/temporal/temporal.ts';
import {
  imageEntrypoint,
  mountsOf,
  ownServices,
  readComposeFile,
  ROOT,
} from '../support/compose-file.ts';
import { BUNDLES } from '../support/bundles.ts';
import { eventually, freePort, testFolder, type TestFolder } from './setup.ts';

/**
 * Every service of our image as a local process with exactly its environment of docker-compose.yml:
 * hosts are on loopback, ports are free ones, volumes are folders.
 */

const HOSTS = {
  CP_HOST: 'cp.localhost',
  EXPORTER_HOST: 'exporter.localhost',
  IMPORTER_HOST: 'importer.localhost',
};
const file = readComposeFile(HOSTS);
const PORT_VARIABLES = ['TLS_PORT', 'WORKER_HTTP_PORT', 'TEMPORAL_METRICS_PORT'];
// On busy cores; on a quiet machine each is there in 2 to 4 s.
const READY_MS = 90_000;
// The end of a log says why.
const OUTPUT_SHOWN = 2_000;

let folder: TestFolder;
let postgres: PostgresHandle;
let postgresPort: number;
let temporal: TemporalHandle;
let bundles: { readonly cp: string; readonly wl: string };
let cpPort: number;
const running: Running[] = [];

interface Running {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ports: Readonly<Record<string, string>>;
  output: string;
}

beforeAll(async () => {
  folder = await testFolder();
  const found = await findTemporal({ env: process.env });
  if (found.kind !== 'binary') throw new Error('this test needs the program itself');
  [postgresPort, cpPort] = [await freePort(), await freePort()];
  [postgres, temporal, bundles] = await Promise.all([
    startPostgres({
      dataDir: join(folder.path, 'postgres'),
      port: postgresPort,
      databases: PARTIES.map(({ database }) => database),
      fsync: false,
    }),
    startTemporal({
      binary: found,
      dataDir: join(folder.path, 'temporal'),
      port: await freePort(),
      uiPort: await freePort(),
      namespaces: [],
    }),
    ensureBundles(BUNDLES),
  ]);
}, 300_000);

afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await temporal?.stop();
  await postgres?.stop();
  await folder?.remove();
});

/** A text of the file with this machine's hosts, ports and folders. */
function mapped(service: string, text: string, ports: Readonly<Record<string, string>>): string {
  let result = text.replace('temporal:7233', temporal.address);
  for (const [source, target] of mountsOf(file.services[service] ?? { image: '' })) {
    if (result.startsWith(target)) {
      const volume = service === 'prepare' ? '' : volumeFolder(source);
      result = result.replace(target, join(folder.path, 'volumes', volume));
    }
  }
  return result
    .replace('/prepared', join(folder.path, 'volumes'))
    .replace('/app/build/cp.js', bundles.cp)
    .replace('/app/build/wl.js', bundles.wl)
    .replace('cp.localhost:8443', `cp.localhost:${cpPort}`)
    .replace('127.0.0.1:8443', `127.0.0.1:${ports['TLS_PORT']}`)
    .replace('127.0.0.1:8082', `127.0.0.1:${ports['WORKER_HTTP_PORT']}`);
}

/** What `prepare` calls the folder that becomes this volume. */
function volumeFolder(volume: string): string {
  const target = mountsOf(file.services['prepare'] ?? { image: '' }).find(
    ([source]) => source === volume,
  );
  return target?.[1].replace('/prepared/', '') ?? volume;
}

async function portsOf(name: string): Promise<Record<string, string>> {
  const { environment = {} } = file.services[name] ?? {};
  const ports: Record<string, string> = {};
  for (const variable of PORT_VARIABLES.filter((key) => key in environment)) {
    ports[variable] = String(await freePort());
  }
  return name === 'cp-api' ? { ...ports, TLS_PORT: String(cpPort) } : ports;
}

function environmentOf(name: string, ports: Readonly<Record<string, string>>) {
  const { environment = {} } = file.services[name] ?? {};
  const entries = Object.entries(environment).map(
    ([key, value]) => [key, ports[key] ?? mapped(name, value, ports)] as const,
  );
  return { PATH: process.env['PATH'], ...Object.fromEntries(entries) };
}

function launch(name: string, command: readonly string[], ports = {}): Running {
  const [program = '', ...flags] = imageEntrypoint();
  expect(program).toBe('node');
  const child = spawn(
    process.execPath,
    [...flags, ...command.map((part) => mapped(name, part, ports))],
    { cwd: ROOT, env: environmentOf(name, ports), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const process_: Running = { name, child, ports, output: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (process_.output += text));
  }
  running.push(process_);
  return process_;
}

async function endOf(one: Running): Promise<number | null> {
  const { name, child } = one;
  if (child.exitCode === null) await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${name} ended with ${child.exitCode}: ${one.output}`);
  return child.exitCode;
}

async function runToEnd(name: string): Promise<string> {
  const started = launch(name, file.services[name]?.command ?? []);
  await endOf(started);
  return started.output;
}

/** The account that the official image would have made, on the one server of this test. */
async function makeAccounts(): Promise<void> {
  const admin = new pg.Client({ connectionString: postgres.urlFor('postgres') });
  await admin.connect();
  for (const { slug, database } of PARTIES) {
    const path = join(folder.path, 'volumes', slug, 'database-url');
    const url = (await readFile(path, 'utf8')).trim();
    const { username, password } = new URL(url);
    await admin.query(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
    await admin.query(`ALTER DATABASE ${database} OWNER TO ${username}`);
    const here = url.replace(`@postgres-${slug}:5432`, `@127.0.0.1:${postgresPort}`);
    expect(here).not.toBe(url);
    await writeFile(path, `${here}\n`);
  }
  await admin.end();
}

/** Started, and again where it ended on a busy machine, as `restart: unless-stopped` would. */
async function startHealthy(name: string): Promise<Running> {
  const ports = await portsOf(name);
  const start = (): Running => launch(name, file.services[name]?.command ?? [], ports);
  let one = start();
  const isUp = async (): Promise<boolean> => {
    if (one.child.exitCode !== null) one = start();
    return isHealthy(one);
  };
  await eventually(`${name} is ready`, isUp, READY_MS).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${one.output.slice(-OUTPUT_SHOWN)}`);
  });
  return one;
}

async function isHealthy({ name, ports }: Running): Promise<boolean> {
  const [how, program, ...command] = file.services[name]?.healthcheck?.test ?? [];
  expect([how, program]).toEqual(['CMD', 'node']);
  const check = spawn(
    process.execPath,
    command.map((part) => mapped(name, part, ports)),
    { cwd: ROOT, env: environmentOf(name, ports), stdio: 'ignore' },
  );
  const [code] = (await once(check, 'close')) as [number | null];
  return code === 0;
}

test('each service starts with its environment, is found healthy by its own check, and drains', async () => {
  expect(await runToEnd('prepare')).toMatch(/made ca, cp, exporter, importer, proxy/);
  const keys = await readFile(join(folder.path, 'volumes/exporter/seal-keys'), 'utf8');
  expect(await runToEnd('prepare')).toMatch(/nothing new/);
  expect(await readFile(join(folder.path, 'volumes/exporter/seal-keys'), 'utf8')).toBe(keys);
  await makeAccounts();

  const once_ = ['cp-migrations', 'exporter-migrations', 'importer-migrations'];
  await Promise.all([...once_, 'temporal-namespaces'].map(runToEnd));
  const processes = ownServices(file).filter(
    (name) => !['prepare', 'temporal-namespaces', ...once_].includes(name),
  );
  expect(processes).toHaveLength(6);
  const started: Running[] = [];
  // One after the other: the starts of six processes at once would time each other out.
  for (const name of processes) started.push(await startHealthy(name));
  for (const { child } of started) child.kill('SIGTERM');
  expect(await Promise.all(started.map(endOf))).toEqual(started.map(() => 0));
}, 300_000);
