import { sum, tableOf } from '../record.ts';
import type { ProcessOutcome } from './run-seed.ts';

/** What all runs on real processes in one data folder came to. */
export interface ProcessRecord {
  next: number;
  seeds: number;
  broken: { seed: number; what: readonly string[] }[];
  happened: Record<string, number>;
  missed: Record<string, number>;
  leftOut: Record<string, number>;
  lineEvents: Record<string, number>;
  requests: Record<string, number>;
  trades: Record<string, number>;
  longestSettleMs: number;
  tookMs: number;
}

export const NO_PROCESS_RECORD: ProcessRecord = {
  next: 1,
  seeds: 0,
  broken: [],
  happened: {},
  missed: {},
  leftOut: {},
  lineEvents: {},
  requests: {},
  trades: {},
  longestSettleMs: 0,
  tookMs: 0,
};

export function addSeed(record: ProcessRecord, outcome: ProcessOutcome): void {
  const { seed, broken, hits } = outcome;
  record.next = Math.max(record.next, seed + 1);
  record.seeds += 1;
  if (broken.length > 0) record.broken.push({ seed, what: broken });
  const columns = {
    happened: record.happened,
    missed: record.missed,
    'left out': record.leftOut,
  };
  for (const { blow, hit } of hits) sum(columns[hit], [[blow.kind, 1]]);
  sum(record.lineEvents, outcome.lineEvents);
  sum(record.requests, outcome.requests);
  sum(record.trades, outcome.trades);
  record.longestSettleMs = Math.max(record.longestSettleMs, outcome.settledMs);
  record.tookMs += outcome.tookMs;
}

export function renderProcessRecord(record: ProcessRecord): string {
  const { seeds, broken, longestSettleMs, tookMs } = record;
  const seconds = (ms: number): string => (ms / 1_000).toFixed(0);
  const part = (title: string, counts: Record<string, number>): string[] =>
    Object.keys(counts).length === 0 ? [] : [title, ...tableOf(counts)];
  return [
    `${seeds} seeds on real processes, ${broken.length} broken, ` +
      `${seconds(tookMs / Math.max(1, seeds))} s a seed; ` +
      `at rest at the latest ${seconds(longestSettleMs)} s after the last fault`,
    ...broken.map(({ seed, what }) => `  seed ${seed}: ${what.join(', ')}`),
    ...part('blows that happened', record.happened),
    ...part('blows that met nothing', record.missed),
    ...part('blows that this machine can not do', record.leftOut),
    ...part('what that was on the lines', record.lineEvents),
    ...part('requests by what the buyers learned', record.requests),
    ...part('trades by their last state', record.trades),
  ].join('\n');
}
