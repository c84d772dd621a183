import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PORT_TABLE, isPortFree } from '../../stack/ports.ts';
import { eventually, freePort, testFolder } from './setup.ts';
import type { TestFolder } from './setup.ts';

/** `npm start` as a person meets it: a process, its lines, its exit code. */

const ROOT = new URL('../../', import.meta.url);
// Three bundles, a database and six processes on a machine that runs other tests beside them.
const READY_MS = 150_000;
const STOPPED_MS = 10_000;

let folder: TestFolder;
let ports: Record<string, string>;
let running: Run | undefined;

interface Run {
  readonly child: ChildProcess;
  output(): string;
  says(text: string, withinMs?: number): Promise<void>;
  /** The exit code, and how long after `signal` it came. */
  ends(signal?: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'stack/main.ts', ...args],
    {
      cwd: ROOT,
      env: { ...withoutNodeOptions(), DATA_DIR: folder.path, ...ports, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  }
  const closed = once(child, 'close');
  running = {
    child,
    output: () => text,
    says: (part, withinMs = READY_MS) =>
      eventually(
        `"${part}"`,
        () => {
          if (child.exitCode !== null) throw new Error(`ended early:\n${text}`);
          return text.includes(part);
        },
        withinMs,
      ),
    async ends(signal) {
      const startedAt = Date.now();
      if (signal !== undefined) child.kill(signal);
      await closed;
      return { code: child.exitCode, ms: Date.now() - startedAt };
    },
  };
  return running;
}

function withoutNodeOptions(): Record<string, string | undefined> {
  const { NODE_OPTIONS: _forJest, ...env } = process.env;
  return env;
}

async function arePortsFree(): Promise<boolean> {
  const free = await Promise.all(Object.values(ports).map((port) => isPortFree(Number(port))));
  return free.every(Boolean);
}

/** The process id of a child of this stack, by its entry file and one of its ports. */
async function pidOf(entry: string, variable: string, port: string): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (name: string): Promise<string> =>
      readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
    const isEntry = (await read('cmdline')).includes(`workers/${entry}.ts`);
    if (isEntry && (await read('environ')).includes(`${variable}=${port}`)) return Number(pid);
  }
  throw new Error(`${entry} does not run`);
}

async function offerIds(): Promise<string[]> {
  const url = `http://127.0.0.1:${ports['IMPORTER_HTTP_PORT']}/api/v2/imported-offers?limit=200`;
  const { items } = (await (await fetch(url)).json()) as { items: { offerId: string }[] };
  return items.map(({ offerId }) => offerId);
}

beforeAll(async () => {
  folder = await testFolder();
  const entries: [string, string][] = [];
  for (const { variable } of PORT_TABLE) entries.push([variable, String(await freePort())]);
  ports = Object.fromEntries(entries);
});

afterEach(async () => {
  if (running !== undefined && running.child.exitCode === null) await running.ends('SIGTERM');
});

afterAll(async () => {
  await folder.remove();
});

describe('a start that can’t succeed says why and how to go on', () => {
  test('an occupied port is named with its variable, before anything is started', async () => {
    const server = createServer().listen(Number(ports['EXPORTER_TLS_PORT']), '127.0.0.1');
    await once(server, 'listening');
    const run = start([]);
    const { code } = await run.ends();
    server.close();
    expect(code).toBe(1);
    expect(run.output()).toContain('PORT_OCCUPIED');
    expect(run.output()).toContain(`${ports['EXPORTER_TLS_PORT']} (EXPORTER_TLS_PORT`);
    expect(run.output()).toContain('Way out:');
  }, 30_000);

  test('an unknown option', async () => {
    const run = start(['--onec']);
    expect((await run.ends()).code).toBe(1);
    expect(run.output()).toContain('OPTION_UNKNOWN: "--onec" is not an option.');
  }, 30_000);

  test('a damaged data folder', async () => {
    const path = join(folder.path, 'secrets.json');
    const text = await readFile(path, 'utf8').catch(() => undefined);
    await writeFile(path, '{ "cp": ');
    const run = start([]);
    expect((await run.ends()).code).toBe(1);
    expect(run.output()).toContain('DATA_FOLDER_CORRUPT');
    await writeFile(path, text ?? '');
    if (text === undefined) await (await import('node:fs/promises')).rm(path);
  }, 30_000);

  test('only some of the databases named', async () => {
    const run = start([], { DATABASE_URL_CP: 'postgres://127.0.0.1:1/cp' });
    expect((await run.ends()).code).toBe(1);
    expect(run.output()).toContain('DATABASE_URL_EXPORTER, DATABASE_URL_IMPORTER is not set.');
  }, 30_000);
});

describe('a start', () => {
  test('interrupted half-way leaves nothing behind', async () => {
    const run = start(['--empty']);
    await run.says('✓ database');
    const { code, ms } = await run.ends('SIGINT');
    expect(code).toBe(130);
    expect(ms).toBeLessThan(STOPPED_MS);
    expect(await arePortsFree()).toBe(true);
  }, 180_000);

  test('registers, restarts what crashes, refuses a second stack and stops in time', async () => {
    const startedAt = Date.now();
    const run = start(['--no-demo']);
    await run.says('XporY Cross-WL', 5_000);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    await run.says('Ready. Ctrl-C stops everything.');
    expect(run.output()).toContain('codex-token-3');
    const before = await offerIds();
    expect(before.length).toBeGreaterThanOrEqual(20);

    const workerPort = ports['CP_WORKER_HTTP_PORT'] ?? '';
    const pid = await pidOf('cp-worker', 'WORKER_HTTP_PORT', workerPort);
    process.kill(pid, 'SIGKILL');
    await run.says('cp-worker exited (SIGKILL); restart 1 in 0.5 s', 10_000);
    await eventually(
      'the worker is ready again',
      () =>
        fetch(`http://127.0.0.1:${workerPort}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      60_000,
    );

    const second = start(['--empty']);
    expect((await second.ends()).code).toBe(1);
    expect(second.output()).toContain(`Another stack (process ${run.child.pid})`);

    const { code, ms } = await run.ends('SIGINT');
    expect(code).toBe(130);
    expect(ms).toBeLessThan(STOPPED_MS);
    expect(await arePortsFree()).toBe(true);

    const again = start(['--no-demo']);
    await again.says('Ready. Ctrl-C stops everything.');
    expect(await offerIds()).toEqual(before);
    // Killed itself, it takes everything along all the same.
    await again.ends('SIGKILL');
    await eventually('all ports are free', arePortsFree, 20_000);
  }, 400_000);
});
