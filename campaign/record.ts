import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Outcome } from './run-seed.ts';

/** What all runs of the campaign in one data folder came to. */
export interface CampaignRecord {
  /** Where a run that is told no seed goes on. */
  next: number;
  seeds: number;
  broken: { seed: number; violations: readonly string[] }[];
  trades: Record<string, number>;
  /** Why trades were refused, or refunded. */
  refusals: Record<string, number>;
  passings: Record<string, number>;
  happened: Record<string, number>;
  tasks: number;
  replays: number;
  longestSettleMs: number;
  /** Rows that each invariant looked at. */
  scanned: Record<string, number>;
}

export const NOTHING: CampaignRecord = {
  next: 1,
  seeds: 0,
  broken: [],
  trades: {},
  refusals: {},
  passings: {},
  happened: {},
  tasks: 0,
  replays: 0,
  longestSettleMs: 0,
  scanned: {},
};

export function readRecord(path: string): Promise<CampaignRecord> {
  return readKept(path, NOTHING);
}

/** What earlier runs wrote, on top of what a first one begins with. */
export async function readKept<T extends object>(path: string, nothing: T): Promise<T> {
  try {
    return { ...structuredClone(nothing), ...(JSON.parse(await readFile(path, 'utf8')) as object) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return structuredClone(nothing);
  }
}

/** As a whole or not at all: a campaign may be ended at any moment. */
export async function writeRecord(path: string, record: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(`${path}.new`, path);
}

export function add(record: CampaignRecord, outcome: Outcome): void {
  const { seed, broken, trades, refusals, passings, happened, scanned } = outcome;
  record.next = Math.max(record.next, seed + 1);
  record.seeds += 1;
  if (broken.length > 0) record.broken.push({ seed, violations: broken });
  record.tasks += outcome.tasks;
  record.replays += outcome.replays;
  record.longestSettleMs = Math.max(record.longestSettleMs, Math.round(outcome.settledInMs));
  sum(record.trades, Object.entries(trades));
  sum(record.refusals, Object.entries(refusals));
  sum(record.passings, passings);
  sum(record.happened, happened);
  sum(
    record.scanned,
    [...scanned].map(([number, rows]) => [String(number), rows]),
  );
}

export function sum(
  into: Record<string, number>,
  counts: Iterable<readonly [string, number]>,
): void {
  for (const [name, count] of counts) into[name] = (into[name] ?? 0) + count;
}

/** The counts as a table for people. */
export function renderRecord(record: CampaignRecord): string {
  return `${record.seeds} seeds, ${record.broken.length} broken\n${renderTables(record)}`;
}

/** What the seeds came to, without their number. */
export function renderTables(record: CampaignRecord): string {
  const { tasks, replays, trades, passings, happened, longestSettleMs } = record;
  return [
    `${tasks} workflow tasks, ${replays} replays; ` +
      `settled at the latest ${Math.round(longestSettleMs / 1_000)} s after the last fault`,
    'trades by their last state',
    ...tableOf(trades),
    'why trades were refused',
    ...tableOf(record.refusals),
    'passings of points',
    ...tableOf(passings),
    'faults that happened',
    ...tableOf(happened),
    'rows that each invariant looked at',
    ...tableOf(record.scanned),
  ].join('\n');
}

/** Counts by name, a line each, in the order of their names. */
export function tableOf(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([name, count]) => `  ${name.padEnd(32)} ${String(count).padStart(9)}`);
}
