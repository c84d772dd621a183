import type { InvariantRow } from './index.ts';

/** One broken rule may break it for every row: these many name the cause on a screen. */
const SHOWN_MAX = 5;
const COLUMN_GAP = '  ';

/** A table for people, with the violations under the invariant that they break. */
export function renderInvariants(rows: readonly InvariantRow[]): string {
  const cells = [
    ['#', 'invariant', 'scanned', 'overridden', 'result'],
    ...rows.map((row) => [
      String(row.number),
      row.title,
      row.applies ? String(row.scanned) : '-',
      row.overridden === 0 ? '' : String(row.overridden),
      resultOf(row),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  );
  const lines = cells.map(([number = '', title = '', scanned = '', apart = '', result = '']) =>
    [
      number.padStart(widths[0] ?? 0),
      title.padEnd(widths[1] ?? 0),
      scanned.padStart(widths[2] ?? 0),
      apart.padStart(widths[3] ?? 0),
      result,
    ].join(COLUMN_GAP),
  );
  const [head = '', ...rest] = lines;
  return [head, ...rest.flatMap((line, index) => [line, ...violationLines(rows[index])])].join(
    '\n',
  );
}

function resultOf({ violations, applies, scanned }: InvariantRow): string {
  if (violations.length > 0) return `BROKEN (${violations.length})`;
  if (!applies) return 'not judged';
  return scanned === 0 ? 'nothing to check' : 'holds';
}

function violationLines(row: InvariantRow | undefined): string[] {
  const violations = row?.violations ?? [];
  const shown = violations.slice(0, SHOWN_MAX).map((one) => `      ${one.subject}: ${one.detail}`);
  const more = violations.length - shown.length;
  return more > 0 ? [...shown, `      and ${more} more`] : shown;
}
