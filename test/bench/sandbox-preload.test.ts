import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

/** What the SDK's workflow thread does: a context, and scripts that are entered with a time-out. */
const THREAD = `
  const vm = require('node:vm');
  const { parentPort } = require('node:worker_threads');
  const context = vm.createContext({ count: 0 }, { microtaskMode: 'afterEvaluate' });
  const enter = (code) => new vm.Script(code).runInContext(context, { timeout: 60_000 });
  for (let index = 0; index < 1_000; index += 1) enter('count += 1');
  enter('Promise.resolve().then(() => { count += 1; })');
  let refused = '';
  try { enter('throw new Error("mine")'); } catch (error) { refused = error.message; }
  parentPort.postMessage([context.count, refused].join(' '));
  if (process.env.STUCK === 'yes') enter('for (;;);');
`;

const PRELOAD = new URL('../../bench/peers/sandbox-preload.ts', import.meta.url).href;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
  await writeFile(join(folder, 'thread.cjs'), THREAD);
  // A thread from a file, as the SDK's is: preloads don't reach one from a string.
  const main = `const { Worker } = require('node:worker_threads');
    const worker = new Worker(require('node:path').join(__dirname, 'thread.cjs'));
    worker.on('message', (text) => console.log(text));`;
  await writeFile(join(folder, 'main.cjs'), main);
});
afterAll(() => rm(folder, { recursive: true }));

const runIt = (stuck: 'yes' | 'no'): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', PRELOAD, join(folder, 'main.cjs')],
    { env: { PATH: process.env['PATH'], STUCK: stuck, WORKFLOW_STUCK_MS: '500' } },
  );

test('sandbox calls, their microtasks and their errors are as without the preload', async () => {
  const { stdout, stderr } = await runIt('no');
  expect({ stdout, stderr }).toEqual({ stdout: '1001 mine\n', stderr: '' });
});

test('workflow code that never gives its thread back ends the process and says so', async () => {
  await expect(runIt('yes')).rejects.toMatchObject({
    code: 1,
    stdout: '1001 mine\n',
    stderr: expect.stringContaining('workflow code has held its thread for 0.5 s'),
  });
});
