import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { LifelineMessage } from './lifeline.ts';

/** See lifeline.ts: started by the stack, it stops the stack's children when the stack is gone. */

// A gateway drains in well under this; the whole stack has to be gone within 10 s.
const GROUP_GRACE_MS = 2_000;
const POLL_MS = 50;

type Watched = { readonly signal: string; readonly group: number; readonly born: string };

const watched = new Map<number, Watched>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as LifelineMessage;
  if (message.op === 'remove') watched.delete(message.pid);
  else watched.set(message.pid, { ...message, born: birthOf(message.pid) });
}
await stopAll();

async function stopAll(): Promise<void> {
  const groups = [...new Set([...watched.values()].map((entry) => entry.group))];
  for (const group of groups.sort((a, b) => b - a)) {
    const members = [...watched].filter(([, entry]) => entry.group === group);
    for (const [pid, entry] of members) {
      signalIfSame(pid, entry, entry.signal as NodeJS.Signals);
      // A stopped process gets its signal only once it is continued.
      signalIfSame(pid, entry, 'SIGCONT');
    }
    const deadline = Date.now() + GROUP_GRACE_MS;
    while (Date.now() < deadline && members.some(([pid, entry]) => isAlive(pid, entry))) {
      await delay(POLL_MS);
    }
    for (const [pid, entry] of members) {
      if (isAlive(pid, entry)) {
        signalIfSame(pid, entry, 'SIGKILL');
        send(-pid, 'SIGKILL');
      }
    }
  }
}

function isAlive(pid: number, entry: Watched): boolean {
  return send(pid, 0) && birthOf(pid) === entry.born;
}

function signalIfSame(pid: number, entry: Watched, signal: NodeJS.Signals): void {
  if (isAlive(pid, entry)) send(pid, signal);
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    // No such process: that is the state this program is after.
    return false;
  }
}

/** The start time of a process, so that a pid used again by a stranger is left alone. */
function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 22; the name in field 2 may hold spaces and ends with the last bracket.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // No /proc (macOS) or no such process: the pid alone has to do.
    return '';
  }
}
