import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { eventually, isRunning } from './setup.ts';

const script = fileURLToPath(new URL('./fixtures/stack-to-kill.ts', import.meta.url));

type Started = { readonly stack: ChildProcess; readonly pids: number[] };

async function startStack(): Promise<Started> {
  const stack = spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
  if (stack.stdout === null) throw new Error('no output');
  const [line] = (await once(createInterface({ input: stack.stdout }), 'line')) as [string];
  const pids = Object.values(JSON.parse(line) as Record<string, number>);
  return { stack, pids };
}

async function childrenOf(pid: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // A process may end while the list is read.
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent === pid) found.push(Number(name));
  }
  return found;
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'nothing is left behind when the stack dies of %s: stubborn, stopped and grandchild included',
  async (signal) => {
    const { stack, pids } = await startStack();
    expect(pids.length).toBe(4);
    expect(pids.every(isRunning)).toBe(true);
    const grandchildren: number[] = [];
    await eventually('the grandchild runs', async () => {
      for (const pid of pids) grandchildren.push(...(await childrenOf(pid)));
      return grandchildren.length > 0;
    });
    // The children, and the watchdog.
    const all = [...(await childrenOf(stack.pid ?? 0)), ...grandchildren];
    expect(all.length).toBeGreaterThanOrEqual(6);
    stack.kill(signal);
    await once(stack, 'exit');
    await eventually('all are gone', () => !all.some(isRunning));
  },
);

test('a watchdog that is killed is replaced and knows the children', async () => {
  const { stack, pids } = await startStack();
  const watchdogs = (await childrenOf(stack.pid ?? 0)).filter((pid) => !pids.includes(pid));
  expect(watchdogs.length).toBe(1);
  process.kill(watchdogs[0] ?? 0, 'SIGKILL');
  await eventually('another watchdog', async () => {
    const now = (await childrenOf(stack.pid ?? 0)).filter((pid) => !pids.includes(pid));
    return now.length === 1 && now[0] !== watchdogs[0];
  });
  stack.kill('SIGKILL');
  await once(stack, 'exit');
  await eventually('all are gone', () => !pids.some(isRunning));
});
