import type { Openings } from './first-paint.ts';
import { renderTable } from '../../stack/table.ts';

/** Milliseconds. */
export interface Figures {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

export interface Row {
  readonly page: string;
  readonly name: string;
  readonly small: Figures;
  readonly large: Figures;
  /** Share of the machine, 0 to 1, that went to other programs meanwhile. */
  readonly foreignShare: number | undefined;
}

/** The figures of some latencies: each is one that was measured, none is made up in between. */
export function figuresOf(latenciesMs: readonly number[]): Figures {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (percent: number): number =>
    sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
  return { p50: at(50), p95: at(95), max: at(100) };
}

const PERCENT = 100;
const ms = (value: number): string => value.toFixed(1);

export function renderRows(rows: readonly Row[], targetMs: number): string {
  const table = renderTable(
    [
      'page',
      'what',
      'p50 at 500',
      'p95',
      'max',
      'p50 at 50000',
      'p95',
      'max',
      'p95 ratio',
      'other',
    ],
    rows.map(({ page, name, small, large, foreignShare }) => [
      ...[page, name, ms(small.p50), ms(small.p95), ms(small.max)],
      ...[ms(large.p50), ms(large.p95), ms(large.max), ms(large.p95 / small.p95)],
      foreignShare === undefined ? '' : `${Math.round(foreignShare * PERCENT)} %`,
    ]),
  );
  return `\nMilliseconds\n${table}\n\n${verdictOf(rows, targetMs)}`;
}

/** One line: how many questions kept the target, and which ones did not. */
export function verdictOf(rows: readonly Row[], targetMs: number): string {
  const slow = rows.filter(({ large }) => large.p95 >= targetMs);
  const kept = `${rows.length - slow.length} of ${rows.length} under ${targetMs} ms`;
  if (slow.length === 0) return `${kept} at p95 with 50000 trades`;
  const missed = slow.map(({ page, name, large }) => `${page}, ${name} (${large.p95.toFixed(0)})`);
  return `${kept} at p95 with 50000 trades; missed: ${missed.join('; ')}`;
}

const BYTES_PER_KB = 1_000;

export function renderOpenings(rows: readonly Openings[], targetMs: number): string {
  const table = renderTable(
    ['trades', 'cache', 'first paint p50', 'max', 'all figures p50', 'max', 'kB transferred'],
    rows.map(({ size, cache, firstPaint, figures, transferredBytes }) => [
      ...[String(size), cache, ms(firstPaint.p50), ms(firstPaint.max)],
      ...[ms(figures.p50), ms(figures.max), String(Math.round(transferredBytes / BYTES_PER_KB))],
    ]),
  );
  const late = rows.filter(({ firstPaint }) => firstPaint.p50 >= targetMs);
  const missed = late.map(
    ({ size, cache, firstPaint }) => `${size} trades, ${cache} (${firstPaint.p50.toFixed(0)})`,
  );
  const kept = `${rows.length - late.length} of ${rows.length} first paints under ${targetMs} ms`;
  const verdict = late.length === 0 ? kept : `${kept}; missed: ${missed.join('; ')}`;
  return `\nThe overview in Chromium, milliseconds of its navigation\n${table}\n\n${verdict}`;
}
