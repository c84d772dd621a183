import { CONFIRM_SLO, meetsSlo } from '../exporter-slo.ts';
import type { SystemName } from './contract.ts';
import type { CellResult } from './results.ts';
import { CPU, P50, P99, RATE, ratioOf, spreadText, type Figure } from './summary.ts';

/** The full purchase alone, at half of what it reached in a closed loop. */
export const HALF_OF_CAPACITY = 'open, half of capacity';

interface Target {
  readonly text: string;
  readonly cell: string;
  readonly pair: readonly [SystemName, SystemName];
  readonly figure: Figure;
  readonly atMost?: number;
  readonly atLeast?: number;
}

const ONE = 'closed, 1 client';
const MANY = 'closed, 64 clients';
/** Milliseconds; the SLO is ten times that. */
const CONFIRM_TARGET_MS = 50;
const PERCENT = 100;
const bare = (peer: SystemName): readonly [SystemName, SystemName] => ['ours-bare', peer];

const TARGETS: readonly Target[] = [
  { text: 'p50 ≤ DBOS', cell: ONE, pair: bare('dbos'), figure: P50, atMost: 1 },
  { text: 'p50 ≤ Restate', cell: ONE, pair: bare('restate'), figure: P50, atMost: 1 },
  { text: 'p99 ≤ DBOS', cell: ONE, pair: bare('dbos'), figure: P99, atMost: 1 },
  { text: 'p99 ≤ Restate', cell: ONE, pair: bare('restate'), figure: P99, atMost: 1 },
  { text: 'throughput ≥ DBOS', cell: MANY, pair: bare('dbos'), figure: RATE, atLeast: 1 },
  {
    text: 'throughput ≥ DBOS, the engine on PostgreSQL',
    ...{ cell: MANY, pair: ['ours-bare-pg', 'dbos'], figure: RATE, atLeast: 1 },
  },
  {
    text: 'throughput ≥ Restate (stretch)',
    ...{ cell: MANY, pair: bare('restate'), figure: RATE, atLeast: 1 },
  },
  {
    text: 'p50 ≤ a third of the naive workflow',
    ...{ cell: ONE, pair: bare('temporal-naive'), figure: P50, atMost: 1 / 3 },
  },
  {
    text: 'throughput ≥ 3 × the naive workflow',
    ...{ cell: MANY, pair: bare('temporal-naive'), figure: RATE, atLeast: 3 },
  },
  {
    text: 'CPU of the full purchase ≤ 1.5 × bare',
    ...{ cell: ONE, pair: ['ours-full', 'ours-bare'], figure: CPU, atMost: 1.5 },
  },
];

export function renderTargets(results: readonly CellResult[]): string {
  const lines = TARGETS.map(({ text, cell, pair, figure, atMost, atLeast }) => {
    const value = ratioOf(results, cell, pair, figure);
    if (value === undefined) return `not measured  ${cell}: ${text}`;
    const met = value.median <= (atMost ?? Infinity) && value.median >= (atLeast ?? 0);
    return `${verdict(met)}  ${cell}: ${text}: ${spreadText(value)} ×`;
  });
  const confirms = results.flatMap(({ cell, repetition, asked, confirms: one }) => {
    if (one === undefined || asked === undefined) return [];
    const figures = `p99 ${one.p99Ms.toFixed(1)} ms, errors ${(one.errorShare * PERCENT).toFixed(2)} %`;
    const slo = `${CONFIRM_SLO.p99Ms} ms, ${CONFIRM_SLO.errorShare * PERCENT} %`;
    const name = `${cell} (${asked}/s), repetition ${repetition}: exporter's confirm`;
    const line = `${verdict(meetsSlo(one))}  ${name} ${figures} (SLO ${slo})`;
    if (cell !== HALF_OF_CAPACITY) return [line];
    const met = one.p99Ms <= CONFIRM_TARGET_MS && one.errorShare === 0;
    return [line, `${verdict(met)}  ${name} p99 ≤ ${CONFIRM_TARGET_MS} ms, no errors`];
  });
  return [...lines, ...confirms].join('\n');
}

function verdict(met: boolean): string {
  return met ? 'met         ' : 'NOT MET     ';
}
