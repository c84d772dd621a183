import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SANDBOX_PRELOAD } from '../../stack/supervision/sandbox-preload.ts';

/** What the SDK's workflow thread does: a context, and scripts that are entered with a time-out. */
const THREAD = `
  const v8 = require('node:v8');
  const vm = require('node:vm');
  const { parentPort } = require('node:worker_threads');
  const context = vm.createContext({ count: 0 }, { microtaskMode: 'afterEvaluate' });
  const timeout = Number(process.env.TIMEOUT_MS);
  const enter = (code) => new vm.Script(code).runInContext(context, { timeout });
  for (let index = 0; index < 1_000; index += 1) enter('count += 1');
  enter('Promise.resolve().then(() => { count += 1; })');
  let said = '';
  try { enter('throw new Error("mine")'); } catch (error) { said = error.message; }
  let traces = 'on';
  try { v8.promiseHooks.createHook({ init() {} })(); } catch { traces = 'off'; }
  if (process.env.STUCK === 'yes') try { enter('for (;;);'); } catch (error) { said = error.code; }
  parentPort.postMessage([context.count, said, traces].join(' '));
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
  await writeFile(join(folder, 'thread.cjs'), THREAD);
  // A thread from a file, as the SDK's is: preloads don't reach one from a string.
  const main = `const { Worker } = require('node:worker_threads');
    const worker = new Worker(require('node:path').join(__dirname, 'thread.cjs'));
    worker.on('message', (text) => console.log(process.argv[2], text));`;
  await writeFile(join(folder, 'main.cjs'), main);
});
afterAll(() => rm(folder, { recursive: true }));

const runIt = (env: Record<string, string>): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(
    process.execPath,
    [...SANDBOX_PRELOAD, '--disable-warning=ExperimentalWarning', join(folder, 'main.cjs'), 'all'],
    { env: { PATH: process.env['PATH'], TIMEOUT_MS: '60000', WORKFLOW_STUCK_MS: '300', ...env } },
  );

test('sandbox calls, their microtasks and their errors are as without the preload', async () => {
  const { stdout, stderr } = await runIt({});
  expect({ stdout, stderr }).toEqual({ stdout: 'all 1001 mine on\n', stderr: '' });
});

test('stack traces of workflows are left out where the environment says so', async () => {
  const { stdout } = await runIt({ WORKFLOW_STACK_TRACES: 'off' });
  expect(stdout).toBe('all 1001 mine off\n');
});

test('code that never gives its thread back starts the process anew, with time-outs', async () => {
  const { stdout, stderr } = await runIt({ STUCK: 'yes', TIMEOUT_MS: '1000' });
  const [fatal, warn] = stderr.trim().split('\n');
  expect(fatal).toContain('workflow code has held its thread for 0.3 s');
  expect(warn).toContain('entered with a time-out');
  expect(stdout).toBe('all 1001 ERR_SCRIPT_EXECUTION_TIMEOUT on\n');
});
