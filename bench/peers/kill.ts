import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt } from '../load.ts';
import { isFull, type AppName, type SystemName } from './contract.ts';
import type { Engines } from './engines.ts';
import { readInDoubt, verifyBare, type Verified } from './outcome.ts';
import { startApp } from './systems.ts';

/** Enough clients that the kill finds purchases in every step. */
const CLIENTS = 16;
/** The process is warm and its clients are out of step by then. */
const KILL_AFTER_CONFIRMED = 64;
/** Where so many take longer, on a machine that is busy, the kill finds what is there. */
const KILL_WITHIN_MS = 30_000;
const POLL_MS = 20;
const STOP_GRACE_MS = 1_000;
const MS_PER_SECOND = 1_000;
/** A kill that finds no purchase between its first call and its row proves nothing. */
const TRIES = 4;

/**
 * A comparison with what is not durable would be unfair: each bare system's process is killed
 * (SIGKILL) amid its purchases and started again, and every purchase that any partner has heard of
 * must end with its row and its four effects. The plain handler is there to show that the test
 * finds what is lost.
 */
export async function runKillTest(
  engines: Engines,
  systems: readonly SystemName[],
  print: (text: string) => void,
): Promise<boolean> {
  let held = true;
  print('system           begun  in doubt  repeated calls  lost  from the start to the last row');
  for (const name of systems) {
    if (isFull(name)) continue;
    const { attempts, inDoubt, verified, resolvedMs } = await killUntilInDoubt(engines, name);
    const columns = [
      name.padEnd(15),
      String(attempts).padStart(6),
      String(inDoubt).padStart(9),
      String(verified.repeatedCalls).padStart(15),
      String(verified.unresolved).padStart(5),
      name === 'express' ? '  never' : `  ${(resolvedMs / MS_PER_SECOND).toFixed(1)} s`,
    ];
    print(columns.join(' '));
    for (const fault of verified.wrong) print(`WRONG  ${name}: ${fault}`);
    if (verified.wrong.length > 0 || inDoubt === 0) held = false;
    // The control: a test that finds nothing lost here would find nothing anywhere.
    if (name === 'express' && verified.unresolved === 0) held = false;
  }
  return held;
}

interface Killed {
  readonly attempts: number;
  /** At a partner, and without a row when the process died. */
  readonly inDoubt: number;
  readonly verified: Verified;
  readonly resolvedMs: number;
}

async function killUntilInDoubt(engines: Engines, name: AppName): Promise<Killed> {
  for (let attempt = 1; ; attempt += 1) {
    const killed = await killOne(engines, name);
    if (killed.inDoubt > 0 || attempt === TRIES) return killed;
  }
}

async function killOne(engines: Engines, name: AppName): Promise<Killed> {
  const app = await startApp(engines, name);
  const attempts: Attempt<string>[] = [];
  let isKilled = false;
  const client = async (): Promise<void> => {
    while (!isKilled) {
      const purchase = randomUUID();
      const startedAt = performance.now();
      const answer = await app.buy(purchase);
      attempts.push({ purchase, answer, latencyMs: performance.now() - startedAt });
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  const confirmed = (): number =>
    attempts.filter(({ answer }) => answer.status === 'CONFIRMED').length;
  const until = performance.now() + KILL_WITHIN_MS;
  while (confirmed() < KILL_AFTER_CONFIRMED && performance.now() < until) await delay(POLL_MS);
  isKilled = true;
  process.kill(app.child.pid, 'SIGKILL');
  await app.child.exited;
  await clients;
  const ids = attempts.map(({ purchase }) => purchase);
  const inDoubt = await readInDoubt(engines, name, ids);
  const restartedAt = Date.now();
  const again = await startApp(engines, name);
  const verified = await verifyBare(engines, name, attempts);
  const lastRow = await newestRow(engines, inDoubt);
  await again.child.stop(STOP_GRACE_MS);
  return {
    ...{ attempts: attempts.length, inDoubt: inDoubt.length, verified },
    resolvedMs: Math.max(0, lastRow - restartedAt),
  };
}

/** Epoch milliseconds, by the database server's clock, which is this machine's. */
async function newestRow({ pool }: Engines, ids: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ at: string | null }>(
    'SELECT extract(epoch FROM max(settled_at)) * 1000 AS at FROM purchase WHERE id = ANY($1::uuid[])',
    [ids],
  );
  return Number(rows[0]?.at ?? 0);
}
