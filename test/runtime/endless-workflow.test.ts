import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { SANDBOX_PRELOAD } from '../../stack/supervision/sandbox-preload.ts';
import type { TemporalHandle } from '../../stack/temporal/temporal.ts';
import { eventually, testFolder } from '../stack/setup.ts';
import { startTestTemporal } from '../support/temporal.ts';

const NAMESPACE = 'endless';
const LONG = 60_000;
const fileOf = (name: string): string =>
  fileURLToPath(new URL(`./endless/${name}.ts`, import.meta.url));

let folder: Awaited<ReturnType<typeof testFolder>>;
let temporal: TemporalHandle;
let connection: Connection;
let worker: ChildProcess;
const lines: string[] = [];

beforeAll(async () => {
  folder = await testFolder();
  const codePath = join(folder.path, 'bundle.js');
  const [server, { code }] = await Promise.all([
    startTestTemporal(folder.path, [NAMESPACE]),
    bundleWorkflowCode({ workflowsPath: fileOf('workflows'), logger: new DefaultLogger('ERROR') }),
  ]);
  temporal = server;
  await writeFile(codePath, code);
  connection = await Connection.connect({ address: temporal.address });
  worker = spawn(
    process.execPath,
    [...SANDBOX_PRELOAD, fileOf('worker'), temporal.address, codePath],
    { env: { PATH: process.env['PATH'], WORKFLOW_STUCK_MS: '500' } },
  );
  for (const input of [worker.stdout, worker.stderr]) {
    if (input !== null) createInterface({ input }).on('line', (line) => lines.push(line));
  }
}, LONG);

afterAll(async () => {
  const exited = once(worker, 'exit');
  if (worker.kill('SIGKILL')) await exited;
  await connection.close();
  await temporal.stop();
  await folder.remove();
}, LONG);

test(
  'workflow code without an end costs its process one restart, and then only its own task',
  async () => {
    const client = new Client({ connection, namespace: NAMESPACE });
    const polling = `polling ${worker.pid}`;
    await eventually('the worker polls', () => lines.includes(polling), LONG);
    const start = { taskQueue: NAMESPACE, args: [], workflowTaskTimeout: '1s' } as const;
    const endless = await client.workflow.start('endless', { ...start, workflowId: 'endless' });
    const lives = () => lines.filter((line) => line === polling).length;
    await eventually('it polls again, as the same process', () => lives() === 2, LONG);
    expect(lines.join('\n')).toMatch(/"fatal".* this process begins anew/);
    expect(lines.join('\n')).toMatch(/"warn".* entered with a time-out/);
    const attempts = async (): Promise<number> => {
      const { raw } = await endless.describe();
      return raw.pendingWorkflowTask?.attempt ?? 0;
    };
    // The first was of the first life, the second failed in this one.
    await eventually('its task has failed', async () => (await attempts()) >= 3, LONG);
    const brief = { ...start, workflowId: 'brief' };
    expect(await client.workflow.execute('brief', brief)).toBe('done');
    expect(lives()).toBe(2);
    expect((await endless.describe()).status.name).toBe('RUNNING');
  },
  LONG,
);
