import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import pg from 'pg';
import type { StackError } from '../../stack/errors.ts';
import { preparePostgres } from '../../stack/postgres/postgres.ts';
import { createSupervisor } from '../../stack/supervision/supervisor.ts';
import type {
  RestartPolicy,
  SupervisedProcess,
  Supervisor,
} from '../../stack/supervision/supervisor.ts';
import { eventually, freePort, isRunning, stackErrorOf, testFolder } from './setup.ts';

type Setup = { supervisor: Supervisor; lines: string[]; fatal: StackError[] };

const open: Supervisor[] = [];
afterEach(async () => {
  for (const supervisor of open.splice(0)) await supervisor.stopAll();
});

function setup(restartPolicy?: RestartPolicy): Setup {
  const lines: string[] = [];
  const fatal: StackError[] = [];
  const supervisor = createSupervisor({
    log: (line) => lines.push(line),
    onFatal: (error) => fatal.push(error),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  });
  open.push(supervisor);
  return { supervisor, lines, fatal };
}

const idle = 'setInterval(() => undefined, 1000);';
function node(
  name: string,
  source: string,
  more: Partial<SupervisedProcess> = {},
): SupervisedProcess {
  return { name, command: process.execPath, args: ['-e', source], ...more };
}

function pidOf(supervisor: Supervisor, name: string): number {
  const pid = supervisor.pid(name);
  if (pid === undefined) throw new Error(`${name} is not running`);
  return pid;
}

test('a killed child comes back with backoff and says so', async () => {
  const { supervisor, lines } = setup();
  const port = await freePort();
  const serve = `require('node:http').createServer((q, s) => s.end()).listen(${port}, '127.0.0.1');
    console.log(JSON.stringify({ level: 30, time: 1, msg: 'listening', port: ${port} }));`;
  const readyUrl = `http://127.0.0.1:${port}/readyz`;
  await supervisor.start(node('importer-gateway', serve, { readyUrl }));
  const first = pidOf(supervisor, 'importer-gateway');
  await supervisor.kill('importer-gateway', 'SIGKILL');
  expect(isRunning(first)).toBe(false);
  await supervisor.whenReady('importer-gateway');
  expect((await fetch(readyUrl)).status).toBe(200);
  await supervisor.kill('importer-gateway', 'SIGKILL');
  await supervisor.whenReady('importer-gateway');
  expect(pidOf(supervisor, 'importer-gateway')).not.toBe(first);
  expect(lines).toEqual([
    `[importer-gateway] info listening port=${port}`,
    '[importer-gateway] importer-gateway exited (SIGKILL); restart 1 in 0.5 s',
    `[importer-gateway] info listening port=${port}`,
    '[importer-gateway] importer-gateway exited (SIGKILL); restart 2 in 1 s',
    `[importer-gateway] info listening port=${port}`,
  ]);
});

test('a child that keeps crashing is given up', async () => {
  const policy = { firstDelayMs: 10, maxDelayMs: 40, wellAfterMs: 60_000, restartsInARowMax: 4 };
  const { supervisor, lines, fatal } = setup(policy);
  await supervisor.start(node('flaky', `setTimeout(() => process.exit(3), 20);`));
  await eventually('given up', () => fatal.length > 0);
  expect(fatal[0]?.code).toBe('CHILD_KEEPS_CRASHING');
  expect(fatal[0]?.message).toMatch(/flaky exited \(code 3\); given up after 4 restarts/);
  expect(lines.map((line) => line.split('; ')[1])).toEqual([
    'restart 1 in 0.01 s',
    'restart 2 in 0.02 s',
    'restart 3 in 0.04 s',
    'restart 4 in 0.04 s',
  ]);
  await expect(supervisor.whenReady('flaky')).rejects.toThrow(/failed/);
});

test('a child that ends before it is ready is an error with its last lines', async () => {
  const { supervisor, lines } = setup();
  const dies = node('cp-api', `console.error('no database'); process.exit(1);`, {
    ready: (signal) => delay(60_000, undefined, { signal }),
  });
  const error = await stackErrorOf(supervisor.start(dies));
  expect(error.code).toBe('CHILD_NOT_READY');
  expect(error.message).toBe('cp-api ended (code 1) before it was ready.');
  expect(error.details).toEqual(['no database']);
  expect(lines).toEqual(['[cp-api] no database']);
});

test('a child that is never ready is stopped after its time', async () => {
  const { supervisor } = setup();
  const started = once(supervisor.events, 'started');
  const slow = supervisor.start(
    node('slow', idle, {
      readyTimeoutMs: 300,
      ready: (signal) => delay(60_000, undefined, { signal }),
    }),
  );
  const [{ pid }] = (await started) as [{ pid: number }];
  const error = await stackErrorOf(slow);
  expect(error.message).toBe('slow was not ready after 0.3 s.');
  expect(isRunning(pid)).toBe(false);
});

test('a program that is missing is named', async () => {
  const { supervisor } = setup();
  const missing = { name: 'missing', command: '/nowhere/program', args: [] };
  const error = await stackErrorOf(supervisor.start(missing));
  expect(error.code).toBe('CHILD_NOT_STARTED');
  expect(error.wayOut.join()).toContain('/nowhere/program');
});

test('one that is stopped stays down until it is restarted', async () => {
  const { supervisor, lines } = setup();
  await supervisor.start(node('cp-api', idle));
  const first = pidOf(supervisor, 'cp-api');
  await supervisor.stop('cp-api', 'SIGKILL');
  await delay(800);
  expect(supervisor.pid('cp-api')).toBeUndefined();
  await expect(supervisor.whenReady('cp-api')).rejects.toThrow(/down/);
  await supervisor.restart('cp-api');
  expect(pidOf(supervisor, 'cp-api')).not.toBe(first);
  expect(lines).toEqual([]);
});

test('a paused child answers nothing until it is resumed', async () => {
  const { supervisor } = setup();
  const port = await freePort();
  const serve = `require('node:http').createServer((q, s) => s.end()).listen(${port}, '127.0.0.1');`;
  const url = `http://127.0.0.1:${port}/`;
  await supervisor.start(node('gateway', serve, { readyUrl: url }));
  supervisor.pause('gateway');
  await expect(fetch(url, { signal: AbortSignal.timeout(300) })).rejects.toThrow(/timeout/);
  supervisor.resume('gateway');
  expect((await fetch(url)).status).toBe(200);
});

test('all stop in the order of their groups, stubborn and paused ones too, in under 10 s', async () => {
  const { supervisor } = setup();
  const order: string[] = [];
  supervisor.events.on('exited', ({ name, exit }) => order.push(`${name} ${exit.signal}`));
  const stubborn = `process.on('SIGTERM', () => undefined); console.log('armed'); ${idle}`;
  await supervisor.start(node('postgres', idle, { group: 0, stopSignal: 'SIGINT' }));
  await supervisor.start(node('cp-api', stubborn, { group: 1 }));
  await supervisor.start(node('gateway', stubborn, { group: 2 }));
  await supervisor.start(node('worker', idle, { group: 3 }));
  supervisor.pause('worker');
  await delay(300);
  const pids = supervisor.names().map((name) => pidOf(supervisor, name));
  const startedAt = Date.now();
  await supervisor.stopAll();
  expect(Date.now() - startedAt).toBeLessThan(10_000);
  expect(order).toEqual(['worker SIGTERM', 'gateway SIGKILL', 'cp-api SIGKILL', 'postgres SIGINT']);
  expect(pids.some(isRunning)).toBe(false);
});

test('stopping everything also ends a wait for a restart', async () => {
  const policy = { firstDelayMs: 60_000, maxDelayMs: 60_000, wellAfterMs: 1, restartsInARowMax: 9 };
  const { supervisor } = setup(policy);
  await supervisor.start(node('gateway', idle));
  const restarting = once(supervisor.events, 'restarting');
  await supervisor.kill('gateway', 'SIGKILL');
  await restarting;
  const startedAt = Date.now();
  await supervisor.stopAll();
  expect(Date.now() - startedAt).toBeLessThan(1_000);
});

test('PostgreSQL killed under the supervisor is back with its rows', async () => {
  const folder = await testFolder();
  const { supervisor, lines } = setup();
  try {
    const prepared = await preparePostgres({
      dataDir: `${folder.path}/postgres`,
      port: await freePort(),
      databases: ['cp'],
      fsync: false,
    });
    await supervisor.start(prepared);
    const url = prepared.urlFor('cp');
    await query(url, 'CREATE TABLE kept AS SELECT 1 AS value');
    for (let round = 0; round < 3; round += 1) {
      await supervisor.kill('postgres', 'SIGKILL');
      await supervisor.whenReady('postgres');
      expect(await query(url, 'SELECT value FROM kept')).toEqual([{ value: 1 }]);
    }
    expect(lines.filter((line) => line.includes('exited (SIGKILL); restart')).length).toBe(3);
    expect(lines.join('\n')).not.toContain('did not come up');
    await supervisor.stopAll();
  } finally {
    await supervisor.stopAll();
    await folder.remove();
  }
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
