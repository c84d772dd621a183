import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { assertReachable, ensurePassableFolder } from '../../stack/folders.ts';
import { startPostgres } from '../../stack/postgres/postgres.ts';
import type { PostgresHandle, PostgresOptions } from '../../stack/postgres/postgres.ts';
import { eventually, freePort, isRunning, stackErrorOf, testFolder } from './setup.ts';
import type { TestFolder } from './setup.ts';

let folder: TestFolder;
let template: string;
const running: PostgresHandle[] = [];

beforeAll(async () => {
  folder = await testFolder();
  template = `${folder.path}/template`;
  const server = await start({ dataDir: template });
  await query(server, 'CREATE TABLE kept (value int)');
  await server.stop();
}, 60_000);
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});
afterAll(() => folder.remove());

async function start(
  options: Partial<PostgresOptions> & { dataDir: string },
): Promise<PostgresHandle> {
  const port = options.port ?? (await freePort());
  const server = await startPostgres({ databases: ['cp'], fsync: false, ...options, port });
  running.push(server);
  return server;
}

async function query(server: PostgresHandle, sql: string, database = 'cp'): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.urlFor(database) });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A stopped cluster of its own for each test, without the second of initdb. */
async function copyOfTemplate(name: string): Promise<string> {
  const dataDir = `${folder.path}/${name}`;
  await cp(template, dataDir, { recursive: true, preserveTimestamps: true });
  const { uid, gid } = await stat(`${template}/cluster`);
  await chownAll(dataDir, uid, gid);
  return dataDir;
}

async function chownAll(dataDir: string, uid: number, gid: number): Promise<void> {
  await promisify(execFile)('chown', ['-R', `${uid}:${gid}`, `${dataDir}/cluster`]);
}

test('a second start finds its data, keeps the password, adds new databases', async () => {
  const dataDir = await copyOfTemplate('second');
  const first = await start({ dataDir });
  await query(first, 'INSERT INTO kept VALUES (7)');
  const url = first.urlFor('cp').replace(/:\d+\//, '/');
  await first.stop();
  const second = await start({ dataDir, databases: ['cp', 'wl_exporter'] });
  expect(await query(second, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);
  expect(await query(second, 'SELECT 1 AS one', 'wl_exporter')).toEqual([{ one: 1 }]);
  expect(second.urlFor('cp').replace(/:\d+\//, '/')).toBe(url);
  expect((await stat(`${dataDir}/password`)).mode & 0o777).toBe(0o600);
  const settings =
    "SELECT current_setting('max_connections') AS max, current_setting('TimeZone') AS zone";
  expect(await query(second, settings)).toEqual([{ max: '300', zone: 'UTC' }]);
});

test('another password is refused', async () => {
  const server = await start({ dataDir: await copyOfTemplate('password') });
  const url = new URL(server.urlFor('cp'));
  url.password = 'guess';
  const client = new pg.Client({ connectionString: url.href });
  await expect(client.connect()).rejects.toThrow(/password authentication failed/);
});

test('committed rows survive kill -9, and the stale pid file is no obstacle', async () => {
  const dataDir = await copyOfTemplate('killed');
  const port = await freePort();
  const first = await start({ dataDir, port });
  await query(first, 'INSERT INTO kept VALUES (1)');
  process.kill(first.pid, 'SIGKILL');
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
  const second = await start({ dataDir, port });
  await query(second, 'INSERT INTO kept VALUES (2)');
  process.kill(second.pid, 'SIGKILL');
  await second.exited;
  // The number in the pid file now belongs to a stranger, as after a container's restart.
  const pidFile = `${dataDir}/cluster/postmaster.pid`;
  const lines = (await readFile(pidFile, 'utf8')).split('\n');
  await eventually('its sessions are gone', () => !isRunning(second.pid));
  await writeFile(pidFile, [String(process.pid), ...lines.slice(1)].join('\n'));
  const third = await start({ dataDir, port });
  expect(await query(third, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 2 }]);
});

test('an interrupted initdb leaves nothing in the way', async () => {
  const dataDir = `${folder.path}/interrupted`;
  await mkdir(`${dataDir}/initdb-999999/cluster`, { recursive: true });
  await chmod(dataDir, 0o755);
  const server = await start({ dataDir });
  expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await expect(stat(`${dataDir}/initdb-999999`)).rejects.toThrow(/ENOENT/);
});

const damages: { name: string; damage(dataDir: string): Promise<void>; says: RegExp }[] = [
  {
    name: 'no PG_VERSION',
    damage: (dataDir) => rm(`${dataDir}/cluster/PG_VERSION`),
    says: /PG_VERSION is missing/,
  },
  {
    name: 'another major version',
    damage: (dataDir) => writeFile(`${dataDir}/cluster/PG_VERSION`, '14\n'),
    says: /PostgreSQL 14/,
  },
  {
    name: 'a cut control file',
    damage: (dataDir) => truncate(`${dataDir}/cluster/global/pg_control`, 16),
    says: /pg_control/,
  },
  {
    name: 'no password file',
    damage: (dataDir) => rm(`${dataDir}/password`),
    says: /password/,
  },
];

test.each(damages)('a corrupt folder ($name) is named with the way out', async (row) => {
  const dataDir = await copyOfTemplate(`corrupt-${row.name.replaceAll(' ', '-')}`);
  await row.damage(dataDir);
  const error = await stackErrorOf(start({ dataDir }));
  expect(error.code).toBe('DATA_FOLDER_CORRUPT');
  expect(error.message).toContain(dataDir);
  expect(error.details.join('\n')).toMatch(row.says);
  expect(error.wayOut.join('\n')).toMatch(/mv .*--reset/s);
});

test('an occupied port names POSTGRES_PORT', async () => {
  const port = await freePort();
  const server = createServer((socket) => socket.destroy()).listen({ port, host: '127.0.0.1' });
  await once(server, 'listening');
  try {
    const error = await stackErrorOf(start({ dataDir: await copyOfTemplate('occupied'), port }));
    expect(error.code).toBe('PORT_OCCUPIED');
    expect(error.message).toContain(`${port} (POSTGRES_PORT`);
  } finally {
    server.close();
    await once(server, 'close');
  }
});

test('a second stack on the same folder is refused', async () => {
  const dataDir = await copyOfTemplate('shared');
  const first = await start({ dataDir });
  const error = await stackErrorOf(start({ dataDir }));
  expect(error.code).toBe('DATA_FOLDER_IN_USE');
  expect(error.message).toContain(String(first.pid));
  expect(await query(first, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
}, 40_000);

test('a folder that the server account cannot enter is named with its mode', async () => {
  const closed = `${folder.path}/closed`;
  await mkdir(`${closed}/inside`, { recursive: true });
  await chmod(closed, 0o700);
  const stranger = { uid: 65_533, gid: 65_533 };
  const error = await stackErrorOf(assertReachable(`${closed}/inside/cluster`, stranger));
  expect(error.code).toBe('FOLDER_UNREACHABLE');
  expect(error.message).toContain(`${closed} (mode 700)`);
  expect(error.wayOut[0]).toBe(`chmod o+x ${closed}`);
  await chmod(closed, 0o711);
  await assertReachable(`${closed}/inside/cluster`, stranger);
});

test('folders are passable whatever the umask', async () => {
  const before = process.umask(0o077);
  try {
    await ensurePassableFolder(`${folder.path}/umask/a/b`);
    const server = await start({ dataDir: `${folder.path}/umask/a/b/postgres` });
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  } finally {
    process.umask(before);
  }
  for (const path of ['umask', 'umask/a', 'umask/a/b']) {
    expect((await stat(`${folder.path}/${path}`)).mode & 0o777).toBe(0o755);
  }
});

test('a folder that cannot be made is named', async () => {
  await writeFile(`${folder.path}/file`, '');
  const error = await stackErrorOf(ensurePassableFolder(`${folder.path}/file/below`));
  expect(error.code).toBe('FOLDER_NOT_WRITABLE');
});
