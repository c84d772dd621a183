import { availableParallelism, cpus, totalmem } from 'node:os';
import type { CpuUse } from './cpu.ts';
import { CONFIRM_SLO, meetsSlo, type ConfirmFigures } from './exporter-slo.ts';
import type { LatencyFigures } from './latency.ts';
import type { Verification } from './verify.ts';

export type System = 'plain' | 'workflow';

/** One cell on one system. */
export interface Measured {
  readonly cell: string;
  readonly system: System;
  readonly latency: LatencyFigures;
  readonly confirmed: number;
  readonly perSecond: number;
  /** Attempts without CONFIRMED, time-outs among them, by what came instead. */
  readonly errors: ReadonlyMap<string, number>;
  readonly cpu: CpuUse | undefined;
  readonly confirm: ConfirmFigures;
  readonly verification: Verification;
}

const BYTES_PER_GIB = 2 ** 30;
const PERCENT = 100;
/** Below this the 99.9th percentile is the largest value or next to it. */
const LEAST_FOR_P999 = 1_000;
/** Of the plain handler's median: what durability may cost a single buyer. */
export const P50_RATIO_TARGET = 12;

export function renderMethod(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const memory = Math.round(totalmem() / BYTES_PER_GIB);
  return [
    `machine   ${availableParallelism()} × ${model}, ${memory} GiB, ${process.platform}, Node ${process.version}`,
    'method    everything on this machine: client, both white labels, Control Plane, Temporal dev',
    '          server (SQLite), PostgreSQL (fsync on), each its own process; logs at warn. Buyers and',
    '          partners speak TLS, partners mutual TLS, all connections are kept alive. Latency',
    '          counts from the intended send time; an attempt that times out counts with its time',
    '          and as an error, as does every answer but CONFIRMED. Both systems buy from the same',
    '          exporter and write the same rows to the same database in the same three commits.',
    'plain     one Express handler on pg: request, preflight, fund, confirm, settle; no recovery',
    'workflow  the gateway: the same steps as one Temporal workflow a purchase',
  ].join('\n');
}

export function renderLatencies(rows: readonly Measured[]): string {
  return table(
    ['cell', 'system', 'n', '/s', 'p50 ms', 'p99', 'p99.9', 'max', 'errors', 'verified'],
    rows.map(({ cell, system, latency, perSecond, errors, verification }) => [
      cell,
      system,
      String(latency.count),
      perSecond.toFixed(1),
      ms(latency.p50),
      ms(latency.p99),
      `${ms(latency.p999)}${latency.count < LEAST_FOR_P999 ? '*' : ''}`,
      ms(latency.max),
      errorText(errors),
      verifiedText(verification),
    ]),
  ).concat(`\n* fewer than ${LEAST_FOR_P999} purchases: next to the maximum`);
}

export function renderConfirms(rows: readonly Measured[]): string {
  const slo = `SLO: p99 ≤ ${CONFIRM_SLO.p99Ms} ms, errors < ${CONFIRM_SLO.errorShare * PERCENT} %`;
  const head = ['cell', 'system', 'confirms', 'p99 ms', '≤ 500 ms', 'errors', slo];
  return table(
    head,
    rows.map(({ cell, system, confirm }) => [
      cell,
      system,
      String(confirm.total),
      Number.isFinite(confirm.p99Ms) ? ms(confirm.p99Ms) : '> 10 s',
      percent(confirm.withinSlo),
      percent(confirm.errorShare),
      meetsSlo(confirm) ? 'met' : 'NOT met',
    ]),
  );
}

/** Milliseconds of CPU for each confirmed purchase, background work of that time included. */
export function renderCpu(rows: readonly Measured[], idle: CpuUse | undefined): string {
  const measured = rows.filter((row) => row.cpu !== undefined && row.confirmed > 0);
  if (measured.length === 0) return 'CPU: this system has no /proc to read it from';
  const names = [...new Set(measured.flatMap((row) => [...(row.cpu?.byProcess.keys() ?? [])]))];
  const lines = measured.map(({ cell, system, cpu, confirmed }) => {
    const each = names.map((name) => (cpu?.byProcess.get(name) ?? 0) / confirmed);
    const sum = each.reduce((total, one) => total + one, 0);
    return [
      cell,
      system,
      ...each.map((value) => value.toFixed(1)),
      sum.toFixed(1),
      percent(cpu?.foreignShare ?? 0),
    ];
  });
  const idleText = idle === undefined ? '' : `\nidle: foreign CPU ${percent(idle.foreignShare)}`;
  return table(['cell', 'system', ...names, 'all', 'foreign'], lines).concat(idleText);
}

export interface Target {
  readonly text: string;
  readonly met: boolean;
}

export function targetsOf(rows: readonly Measured[]): Target[] {
  const find = (cell: string, system: System): Measured | undefined =>
    rows.find((row) => row.cell.includes(cell) && row.system === system);
  const [workflow, plain] = [find('1 client', 'workflow'), find('1 client', 'plain')];
  const ratio = (workflow?.latency.p50 ?? Infinity) / (plain?.latency.p50 ?? 0);
  const confirm = find('10/s', 'workflow')?.confirm;
  return [
    {
      text: `p50 at one client within ${P50_RATIO_TARGET} × the plain handler's: ${ratio.toFixed(1)} ×`,
      met: ratio <= P50_RATIO_TARGET,
    },
    {
      text: `exporter confirm within its SLO at 10 a second: p99 ${ms(confirm?.p99Ms ?? Infinity)} ms, errors ${percent(confirm?.errorShare ?? 1)}`,
      met: confirm !== undefined && meetsSlo(confirm),
    },
  ];
}

export function renderTargets(rows: readonly Measured[]): string {
  return targetsOf(rows)
    .map(({ text, met }) => `${met ? 'met    ' : 'NOT MET'}  ${text}`)
    .join('\n');
}

function ms(value: number): string {
  return value.toFixed(value < PERCENT ? 1 : 0);
}

function percent(share: number): string {
  return `${(share * PERCENT).toFixed(share === 0 || share >= 0.1 ? 0 : 2)} %`;
}

function errorText(errors: ReadonlyMap<string, number>): string {
  if (errors.size === 0) return '0';
  return [...errors].map(([what, count]) => `${count} ${what}`).join(', ');
}

function verifiedText({ checked, wrong, confirmedLater }: Verification): string {
  if (wrong.length > 0) return `${wrong.length} WRONG`;
  return confirmedLater === 0 ? `${checked}` : `${checked}, ${confirmedLater} confirmed later`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const isText = (column: number): boolean => column < 2 || column === head.length - 1;
  return all
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
