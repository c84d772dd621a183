import Table from 'cli-table3';
import { renderTable } from '../../stack/table.ts';
import type { Surroundings } from '../surroundings.ts';

/** One column: its title and where its value lies in a row (`offer.title`), or how it is made. */
export type Column = readonly [title: string, value: string | ((row: Row) => unknown)];
export type Row = Readonly<Record<string, unknown>>;

// A cell is there to be recognised; the whole value is one `show` or `--json` away.
const CELL_MAX = 60;
const FRAME_PER_CELL = 3;

/** Rows under a header: framed for a person at a terminal, plain columns for a pipe. */
export function renderRows(
  around: Pick<Surroundings, 'terminal' | 'env'>,
  columns: readonly Column[],
  rows: readonly Row[],
): string {
  if (rows.length === 0) return 'nothing\n';
  const header = columns.map(([title]) => title);
  const cells = rows.map((row) => columns.map(([, value]) => textOf(valueOf(row, value))));
  const { terminal } = around;
  if (terminal === undefined || widthOf(header, cells) > terminal.columns) {
    return `${renderTable(header, cells)}\n`;
  }
  const style = isColourful(around) ? { head: ['cyan'] } : { head: [], border: [] };
  const table = new Table({ head: header, style, colAligns: alignments(cells) });
  table.push(...cells);
  return `${table.toString()}\n`;
}

/** One thing, a line a value; what is absent is left out. */
export function renderFields(columns: readonly Column[], row: Row): string {
  const lines = columns
    .map(([title, value]) => [title, textOf(valueOf(row, value), Infinity)] as const)
    .filter(([, text]) => text !== '');
  const width = Math.max(0, ...lines.map(([title]) => title.length));
  return lines.map(([title, text]) => `${title.padEnd(width)}  ${text}\n`).join('');
}

/** NO_COLOR, when set to anything, holds (https://no-color.org). */
export function isColourful({ terminal, env }: Pick<Surroundings, 'terminal' | 'env'>): boolean {
  return terminal !== undefined && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

function valueOf(row: Row, value: Column[1]): unknown {
  return typeof value === 'string' ? at(row, value) : value(row);
}

/** The value at a dotted path; undefined where the way ends early. */
export function at(row: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Row | null)?.[key], row);
}

function textOf(value: unknown, longest = CELL_MAX): string {
  const text = plainText(value).replaceAll(/\s+/g, ' ');
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** A value as a person reads it; empty where there is none. */
export function plainText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(plainText).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function widthOf(header: readonly string[], cells: readonly (readonly string[])[]): number {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  return widths.reduce((sum, width) => sum + width + FRAME_PER_CELL, 1);
}

function alignments(cells: readonly (readonly string[])[]): ('left' | 'right')[] {
  const isNumeric = (column: number) =>
    cells.every((row) => /^(?:-?\d+(?:\.\d+)?%?)?$/.test(row[column] ?? ''));
  return (cells[0] ?? []).map((_, column) => (isNumeric(column) ? 'right' : 'left'));
}
