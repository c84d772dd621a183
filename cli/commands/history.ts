import type { Column } from '../output/table.ts';

interface Diff {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}
interface Applied {
  readonly wlId: string;
  readonly at: string | null;
}

/** Columns of a revision history: who, what, and where it holds already. */
export const REVISION_COLUMNS: readonly Column[] = [
  ['revision', 'revision'],
  ['at', 'at'],
  ['actor', 'actor'],
  ['source', 'source'],
  ['changed', (row) => (row['diff'] as readonly Diff[]).map(diffText)],
  ['applied', (row) => appliedText(row['applied'] as readonly Applied[])],
];

function diffText({ field, before, after }: Diff): string {
  return `${field} ${valueText(before)} → ${valueText(after)}`;
}

function valueText(value: unknown): string {
  return value === undefined || value === null ? 'none' : JSON.stringify(value);
}

function appliedText(applied: readonly Applied[]): string {
  const there = applied.filter(({ at }) => at !== null).length;
  return `${there} of ${applied.length}`;
}
