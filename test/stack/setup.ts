import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from '../../db/pool.ts';
import { StackError } from '../../stack/errors.ts';
import { isPortFree } from '../../stack/ports.ts';

export type TestFolder = { readonly path: string; remove(): Promise<void> };

/** Passable for other accounts: as root the database runs as another user. */
export async function testFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'xpory-stack-'));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

// Below the range from which systems give out ports of their own accord: none is taken in between.
const PORTS_FROM = 20_000;
const PORTS = 10_000;
// A port is free until its server binds it, a second later. So that no other test takes it
// meanwhile, each of Jest's workers has a part of the range, and each file goes on from its last one.
const WORKERS_MAX = 8;
const PORTS_EACH = PORTS / WORKERS_MAX;
const FIRST = PORTS_FROM + (Number(process.env['JEST_WORKER_ID'] ?? 0) % WORKERS_MAX) * PORTS_EACH;

let next = Math.floor(Math.random() * PORTS_EACH);

export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + next;
    next = (next + 1) % PORTS_EACH;
    if (await isPortFree(port)) return port;
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

// A look is a query or a request of its own, and what is waited for needs the same two cores: the
// longer the wait already is, the less a late look adds to it.
const LOOK_MS = 25;
const LOOK_EVERY_PART = 20;
const LOOK_MAX_MS = 250;
/** Only a failure takes it: on cores that others are on, what takes a second has taken fifteen. */
const EVENTUALLY_MS = 30_000;

export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = EVENTUALLY_MS,
): Promise<void> {
  const startedAt = Date.now();
  while (!(await isTrue(holds))) {
    const waitedMs = Date.now() - startedAt;
    if (waitedMs > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(Math.min(LOOK_MS + waitedMs / LOOK_EVERY_PART, LOOK_MAX_MS));
  }
}

/** A database that had no session for the look in time is looked at again. */
async function isTrue(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await holds();
  } catch (error) {
    if (isDatabaseAway(error)) return false;
    throw error;
  }
}

export async function stackErrorOf(promise: Promise<unknown>): Promise<StackError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof StackError) return error;
    throw error;
  }
  throw new Error('it was expected to be refused');
}
