import { availableParallelism, cpus, totalmem } from 'node:os';
import { DESCRIPTIONS, isFull, SYSTEMS, type SystemName } from './contract.ts';
import { noiseOf } from './measure.ts';
import type { PeersPlan } from './plan.ts';
import { mergedFigures, type CellResult } from './results.ts';
import {
  FIGURES,
  isLate,
  isSaturated,
  partsOf,
  perSecond,
  ratioOf,
  spreadText,
} from './summary.ts';
import { HALF_OF_CAPACITY, renderTargets } from './targets.ts';

export interface PeersReport {
  readonly plan: PeersPlan;
  readonly results: readonly CellResult[];
  readonly durability: readonly string[];
  /** Shares of one processor. */
  readonly idle: ReadonlyMap<string, number>;
}

const PERCENT = 100;
const BYTES_PER_GIB = 2 ** 30;
/** Below it an idle process is not worth a word. */
const IDLE_SHOWN = 0.005;

export function renderPeers(report: PeersReport): string {
  return [
    '',
    renderSetting(report),
    '\nPurchases, all repetitions together (histograms added)',
    renderLatencies(report),
    '\nCPU, ms a confirmed purchase',
    renderCpu(report),
    '\nOurs against each peer: median of the repetitions (least to most)',
    renderRatios(report),
    '\nTargets',
    renderTargets(report.results),
  ].join('\n');
}

function renderSetting({ plan, durability, idle }: PeersReport): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const busy = [...idle].filter(([, share]) => share >= IDLE_SHOWN);
  return [
    `machine   ${availableParallelism()} × ${model}, ${Math.round(totalmem() / BYTES_PER_GIB)} GiB, ${process.platform}, Node ${process.version}`,
    ...durability,
    `idle      ${busy.map(([name, share]) => `${name} ${(share * PERCENT).toFixed(1)} %`).join(', ')} (of one processor; foreign: of the machine)`,
    `runs      ${plan.repetitions} × ${plan.cells[0]?.seconds ?? 0} s a cell, systems in rotated order; latency from the intended send time`,
    ...plan.systems.map((name) => `${name.padEnd(15)} ${DESCRIPTIONS[name]}`),
  ].join('\n');
}

interface Measured {
  readonly cell: string;
  readonly system: SystemName;
  readonly results: readonly CellResult[];
}

/** A row of the tables: what was measured, in the order of the plan. */
function measured({ plan, results }: PeersReport): Measured[] {
  const cells = [...plan.cells.map(({ name }) => name), HALF_OF_CAPACITY];
  return cells.flatMap((cell) =>
    plan.systems.flatMap((system) => {
      const own = results.filter((one) => one.cell === cell && one.system === system);
      return own.length === 0 ? [] : [{ cell, system, results: own }];
    }),
  );
}

function renderLatencies(report: PeersReport): string {
  const head = ['cell', 'system', 'n', '/s', 'p50 ms', 'p99', 'p99.9', 'max', 'noise', 'remarks'];
  const rows = measured(report).map(({ cell, system, results }) => {
    const { count, p50, p99, p999, max } = mergedFigures(results);
    const noise = Math.max(0, ...results.map(noiseOf));
    return [
      ...[cell, system, String(count), perSecond(results).toFixed(1)],
      ...[p50, p99, p999, max].map(ms),
      `${(noise * PERCENT).toFixed(0)} %`,
      remarksOf(results),
    ];
  });
  return table([head, ...rows]);
}

function remarksOf(results: readonly CellResult[]): string {
  const sum = (pick: (one: CellResult) => number): number =>
    results.reduce((total, one) => total + pick(one), 0);
  const wrong = sum(({ verified }) => verified.wrong.length);
  const failed = sum(({ attempts, confirmed }) => attempts - confirmed);
  const later = sum(({ verified }) => verified.confirmedLater);
  const unresolved = sum(({ verified }) => verified.unresolved);
  const rate = perSecond(results).toFixed(1);
  return [
    ...(results.some(isSaturated) ? [`saturated, ${rate}/s reached`] : []),
    ...(failed > 0 ? [`${failed} not confirmed in time, ${later} of them later`] : []),
    ...(unresolved > 0 ? [`${unresolved} left half done`] : []),
    wrong > 0 ? `${wrong} WRONG` : 'verified',
  ].join('; ');
}

function renderCpu(report: PeersReport): string {
  const head = ['cell', 'system', 'app', 'engine', 'postgres', 'partners', 'client', 'all'];
  const rows = measured(report).map(({ cell, system, results }) => {
    const parts = partsOf(results, system);
    const shown = parts.map((value) => (isLate(results) ? '-' : value.toFixed(1)));
    return [cell, system, ...shown];
  });
  return table([head, ...rows]);
}

/** Each purchase of ours over those of the peers, and the full one over the bare one. */
function pairsWith(system: SystemName): (readonly [SystemName, SystemName])[] {
  if (system === 'ours-full') return [[system, 'ours-bare']];
  if (system === 'ours-full-pg') return [[system, 'ours-bare-pg']];
  if (system === 'ours-bare') return SYSTEMS.filter(isPeer).map((peer) => [system, peer]);
  const peers: readonly SystemName[] = ['dbos', 'restate', 'temporal-naive-pg', 'ours-bare'];
  return system === 'ours-bare-pg' ? peers.map((peer) => [system, peer]) : [];
}

function isPeer(system: SystemName): boolean {
  return !isFull(system) && system !== 'ours-bare' && !system.endsWith('-pg');
}

function renderRatios(report: PeersReport): string {
  const { plan } = report;
  const systems = new Set(plan.systems);
  const pairs = plan.systems.flatMap(pairsWith).filter(([, other]) => systems.has(other));
  const rows = plan.cells.flatMap((cell) =>
    pairs.map((pair) => [
      cell.name,
      `${pair[0]} / ${pair[1]}`,
      ...FIGURES.map((figure) => spreadText(ratioOf(report.results, cell.name, pair, figure))),
    ]),
  );
  return table([['cell', 'ratio', ...FIGURES.map(({ name }) => name)], ...rows]);
}

function ms(value: number): string {
  return value.toFixed(value < PERCENT ? 1 : 0);
}

function table(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const isText = (column: number): boolean => column < 2 || column === 9;
  return rows
    .map((row) =>
      row
        .map((text, column) =>
          isText(column) ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
