import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Attempt } from '../load.ts';
import { STEPS, type AppName } from './contract.ts';
import type { Engines } from './engines.ts';

/** Of undici and of the system: a connection that broke, and one that gave no answer in time. */
export function callFailed(error: unknown): Answer {
  const { code = 'UNKNOWN' } = error as { code?: string };
  if (!/^(UND_ERR|ECONN|EPIPE)/.test(code)) throw error;
  return { status: 'FAILED', detail: code };
}

export interface Verified {
  readonly checked: number;
  readonly wrong: readonly string[];
  /** Of attempts that got no CONFIRMED. */
  readonly confirmedLater: number;
  /** Begun at a partner, and without a row at the end. Only what is not durable may have any. */
  readonly unresolved: number;
  /** Calls beyond the first for one key: at least once, and without an effect. */
  readonly repeatedCalls: number;
  /** From the end of the cell to the last row. */
  readonly drainedMs: number;
}

const POLL_MS = 200;
/** What a saturated cell left behind is worked off by then; what crashed is resumed by then. */
const RESOLVED_WITHIN_MS = 150_000;
/** Accepted and not begun yet is seen nowhere: no new row for this long says that none is coming. */
const QUIET_MS = 2_000;
/** What is not durable gets the time of its own calls. */
const FINISHED_WITHIN_MS = 5_000;

/**
 * Each purchase once: a row for every answer of CONFIRMED and for every purchase that was begun,
 * the four effects behind every row, and no row that nobody asked for.
 */
export async function verifyBare(
  engines: Engines,
  system: AppName,
  attempts: readonly Attempt<string>[],
): Promise<Verified> {
  const ids = attempts.map(({ purchase }) => purchase);
  const startedAt = performance.now();
  const mayLose = system === 'express';
  const unanswered = attempts.some(({ answer }) => answer.status !== 'CONFIRMED');
  let [known, quietSince] = [-1, startedAt];
  for (;;) {
    const rows = await readRows(engines, ids, system);
    const calls = await readCalls(engines, ids);
    const begun = ids.filter((id) => (calls.get(`${id}/hold`) ?? 0) > 0 && !rows.has(id));
    const elapsedMs = performance.now() - startedAt;
    if (rows.size !== known) [known, quietSince] = [rows.size, performance.now()];
    const isQuiet = !unanswered || performance.now() - quietSince >= QUIET_MS;
    const limitMs = mayLose ? FINISHED_WITHIN_MS : RESOLVED_WITHIN_MS;
    if ((begun.length > 0 || !isQuiet) && elapsedMs < limitMs) {
      await delay(POLL_MS);
      continue;
    }
    const wrong = attempts.flatMap(({ purchase, answer }) =>
      faultsOf(purchase, { told: answer.status, hasRow: rows.has(purchase), calls }),
    );
    if (!mayLose && begun.length > 0) wrong.push(`${begun.length} purchases were not resolved`);
    const repeatedCalls = [...calls.values()].reduce((sum, n) => sum + Math.max(0, n - 1), 0);
    const later = attempts.filter(
      ({ purchase, answer }) => answer.status !== 'CONFIRMED' && rows.has(purchase),
    );
    return {
      ...{ checked: ids.length, wrong, repeatedCalls, drainedMs: elapsedMs },
      ...{ confirmedLater: later.length, unresolved: begun.length },
    };
  }
}

/** What a partner has heard of and no row tells of. */
export async function readInDoubt(
  engines: Engines,
  system: AppName,
  ids: readonly string[],
): Promise<string[]> {
  const calls = await readCalls(engines, ids);
  const rows = await readRows(engines, ids, system);
  return ids.filter((id) => (calls.get(`${id}/hold`) ?? 0) > 0 && !rows.has(id));
}

function faultsOf(
  id: string,
  seen: {
    readonly told: Answer['status'];
    readonly hasRow: boolean;
    readonly calls: ReadonlyMap<string, number>;
  },
): string[] {
  const faults: string[] = [];
  if (seen.told === 'CONFIRMED' && !seen.hasRow) faults.push(`${id}: confirmed, and no row`);
  if (seen.hasRow) {
    const missing = STEPS.filter((step) => (seen.calls.get(`${id}/${step}`) ?? 0) === 0);
    if (missing.length > 0) faults.push(`${id}: a row without ${missing.join(', ')}`);
  }
  return faults;
}

async function readRows(
  { pool }: Engines,
  ids: readonly string[],
  system: AppName,
): Promise<Set<string>> {
  const { rows } = await pool.query<{ id: string }>(
    'SELECT id FROM purchase WHERE id = ANY($1::uuid[]) AND system = $2',
    [ids, system],
  );
  return new Set(rows.map(({ id }) => id));
}

async function readCalls(
  { exporterUrl, importerUrl }: Engines,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const calls = new Map<string, number>();
  const ask = async (url: string, steps: readonly string[]): Promise<void> => {
    const keys = ids.flatMap((id) => steps.map((step) => `${id}/${step}`));
    const answer = await fetch(`${url}/effects`, { method: 'POST', body: JSON.stringify(keys) });
    const counts = (await answer.json()) as number[];
    for (const [index, key] of keys.entries()) calls.set(key, counts[index] ?? 0);
  };
  await Promise.all([ask(exporterUrl, ['hold', 'confirm']), ask(importerUrl, ['debit', 'settle'])]);
  return calls;
}
