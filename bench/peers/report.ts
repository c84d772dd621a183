import { availableParallelism, cpus, totalmem } from 'node:os';
import { meetsSlo } from '../exporter-slo.ts';
import { DESCRIPTIONS, type SystemName } from './contract.ts';
import { noiseOf } from './measure.ts';
import type { PeersPlan } from './plan.ts';
import { mergedFigures, type CellResult } from './results.ts';
import { cpuOf, isSaturated, partsOf, spread, type Spread } from './summary.ts';

export interface PeersReport {
  readonly plan: PeersPlan;
  readonly results: readonly CellResult[];
  readonly durability: readonly string[];
  /** Shares of one processor. */
  readonly idle: ReadonlyMap<string, number>;
}

const PERCENT = 100;
const MS_PER_SECOND = 1_000;
const TIMELY = 0.95;
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
    renderTargets(report),
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

function of(report: PeersReport, cell: string, system: SystemName): CellResult[] {
  return report.results.filter((one) => one.cell === cell && one.system === system);
}

function renderLatencies(report: PeersReport): string {
  const head = ['cell', 'system', 'n', '/s', 'p50 ms', 'p99', 'p99.9', 'max', 'noise', 'remarks'];
  const rows = report.plan.cells.flatMap((cell) =>
    report.plan.systems.map((system) => {
      const results = of(report, cell.name, system);
      const { count, p50, p99, p999, max } = mergedFigures(results);
      const noise = Math.max(0, ...results.map(noiseOf));
      return [
        ...[cell.name, system, String(count), perSecond(results).toFixed(1)],
        ...[p50, p99, p999, max].map(ms),
        `${(noise * PERCENT).toFixed(0)} %`,
        remarksOf(results),
      ];
    }),
  );
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

function perSecond(results: readonly CellResult[]): number {
  const confirmed = results.reduce((sum, one) => sum + one.confirmed, 0);
  const elapsedMs = results.reduce((sum, one) => sum + one.elapsedMs, 0);
  return elapsedMs === 0 ? 0 : (confirmed * MS_PER_SECOND) / elapsedMs;
}

/** Work of one purchase in the time of another: no figure a purchase can be had of it. */
function isLate(results: readonly CellResult[]): boolean {
  return results.some(({ attempts, confirmed }) => confirmed < attempts * TIMELY);
}

function renderCpu(report: PeersReport): string {
  const head = ['cell', 'system', 'app', 'engine', 'postgres', 'partners', 'client', 'all'];
  const rows = report.plan.cells.flatMap((cell) =>
    report.plan.systems.map((system) => {
      const results = of(report, cell.name, system);
      const parts = partsOf(results, system);
      const shown = parts.map((value) => (isLate(results) ? '-' : value.toFixed(1)));
      return [cell.name, system, ...shown];
    }),
  );
  return table([head, ...rows]);
}

type Figure = readonly [name: string, pick: (result: CellResult) => number];
const FIGURES: readonly Figure[] = [
  ['p50', (one) => mergedFigures([one]).p50],
  ['p99', (one) => mergedFigures([one]).p99],
  ['/s', (one) => perSecond([one])],
  ['CPU', (one) => (isLate([one]) ? NaN : cpuOf([one], one.system))],
];

function ratio(
  report: PeersReport,
  cell: string,
  [ours, peer]: readonly [SystemName, SystemName],
  pick: Figure[1],
): Spread | undefined {
  const pairs = of(report, cell, ours).flatMap((one) => {
    const other = of(report, cell, peer).find((x) => x.repetition === one.repetition);
    return other === undefined ? [] : [pick(one) / pick(other)];
  });
  return spread(pairs);
}

function renderRatios(report: PeersReport): string {
  const { plan } = report;
  const pairs = plan.systems.flatMap((peer): (readonly [SystemName, SystemName])[] =>
    peer === 'ours-bare'
      ? []
      : peer === 'ours-full'
        ? [['ours-full', 'ours-bare']]
        : [['ours-bare', peer]],
  );
  const rows = plan.cells.flatMap((cell) =>
    pairs.map((pair) => [
      cell.name,
      `${pair[0]} / ${pair[1]}`,
      ...FIGURES.map(([, pick]) => spreadText(ratio(report, cell.name, pair, pick))),
    ]),
  );
  return table([['cell', 'ratio', ...FIGURES.map(([name]) => name)], ...rows]);
}

function spreadText(value: Spread | undefined): string {
  if (value === undefined) return '-';
  const { median, least, most } = value;
  return `${median.toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`;
}

interface Target {
  readonly text: string;
  readonly cell: string;
  readonly pair: readonly [SystemName, SystemName];
  readonly figure: number;
  readonly atMost?: number;
  readonly atLeast?: number;
}

const ONE = 'closed, 1 client';
const MANY = 'closed, 64 clients';
const [P50, P99, RATE, CPU] = [0, 1, 2, 3];
const bare = (peer: SystemName): readonly [SystemName, SystemName] => ['ours-bare', peer];

const TARGETS: readonly Target[] = [
  { text: 'p50 ≤ DBOS', cell: ONE, pair: bare('dbos'), figure: P50, atMost: 1 },
  { text: 'p50 ≤ Restate', cell: ONE, pair: bare('restate'), figure: P50, atMost: 1 },
  { text: 'p99 ≤ DBOS', cell: ONE, pair: bare('dbos'), figure: P99, atMost: 1 },
  { text: 'p99 ≤ Restate', cell: ONE, pair: bare('restate'), figure: P99, atMost: 1 },
  { text: 'throughput ≥ DBOS', cell: MANY, pair: bare('dbos'), figure: RATE, atLeast: 1 },
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

function renderTargets(report: PeersReport): string {
  const lines = TARGETS.map(({ text, cell, pair, figure, atMost, atLeast }) => {
    const pick = FIGURES[figure]?.[1];
    const value = pick && ratio(report, cell, pair, pick);
    if (value === undefined) return `not measured  ${cell}: ${text}`;
    const met = value.median <= (atMost ?? Infinity) && value.median >= (atLeast ?? 0);
    return `${met ? 'met     ' : 'NOT MET '}  ${cell}: ${text}: ${spreadText(value)} ×`;
  });
  const confirms = report.results.flatMap(({ cell, repetition, confirms: one }) =>
    one === undefined || !cell.startsWith('open') ? [] : [{ cell, repetition, one }],
  );
  const slo = confirms.map(
    ({ cell, repetition, one }) =>
      `${meetsSlo(one) ? 'met     ' : 'NOT MET '}  ${cell}, ${repetition}: exporter's confirm p99 ${ms(one.p99Ms)} ms, errors ${(one.errorShare * PERCENT).toFixed(2)} % (SLO 500 ms, 0.5 %; target 50 ms)`,
  );
  return [...lines, ...slo].join('\n');
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
