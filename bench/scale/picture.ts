import type { Slope } from './fit.ts';
import type { Part } from './report.ts';

const WIDTH = 980;
const NAMES_WIDTH = 380;
const ROW_HEIGHT = 17;
const HEAD_HEIGHT = 76;
const PART_HEIGHT = 44;
const MARGIN = 16;
const VALUES_WIDTH = 70;
const BAR_HEIGHT = 9;
/** The axis is of powers of ten: a ratio of one stands at its beginning. */
const MOST_RATIO = 1_000;
const COLOURS = { flat: '#8fb3d9', grows: '#1f5f9e', must: '#b7a55a', steep: '#c92a2a' };

/** How many times as much each work costs at the largest size, on a scale of powers of ten. */
export function drawSlopes(parts: readonly Part[], caption: string): string {
  const groups = parts.flatMap(({ title, slopes }) =>
    [...new Set(slopes.map(({ dimension }) => dimension))].map((dimension) => ({
      title,
      slopes: slopes.filter((slope) => slope.dimension === dimension),
    })),
  );
  const lines: string[] = [];
  let top = HEAD_HEIGHT;
  for (const { title, slopes } of groups) {
    lines.push(...group(top, title, slopes));
    top += PART_HEIGHT + slopes.length * ROW_HEIGHT;
  }
  const height = top + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
      `viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(MARGIN, 26, 'Cost at the largest size over cost at the smallest', 'font-size="17"'),
    text(MARGIN, 46, `${caption}; CPU of the database server`, 'fill="#555"'),
    legend(),
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

function group(top: number, title: string, slopes: readonly Slope[]): string[] {
  const { dimension = '', sizes = [] } = slopes[0] ?? {};
  const span = sizes.map((size) => size.toLocaleString('en-US')).join(' → ');
  const start = top + PART_HEIGHT - ROW_HEIGHT;
  const bottom = start + slopes.length * ROW_HEIGHT;
  return [
    text(MARGIN, top + 14, `${title}, ${span} ${dimension}`, 'font-weight="600"'),
    ...[1, 10, 100, MOST_RATIO].flatMap((ratio) => [
      `<line x1="${at(ratio)}" y1="${start - 2}" x2="${at(ratio)}" y2="${bottom}" stroke="#ddd"/>`,
      text(at(ratio), start - 5, `${ratio} ×`, 'fill="#888" font-size="10" text-anchor="middle"'),
    ]),
    ...slopes.flatMap((slope, index) => row(slope, start + index * ROW_HEIGHT)),
  ];
}

function row(slope: Slope, y: number): string[] {
  const ratio = Math.min(MOST_RATIO, Math.max(1, slope.ratio.middle));
  const width = Math.max(2, at(ratio) - at(1));
  return [
    text(NAMES_WIDTH - 8, y + 12, slope.step, 'text-anchor="end"'),
    bar(NAMES_WIDTH, y + 3, width, colourOf(slope)),
    text(at(ratio) + 6, y + 12, slope.ratio.middle.toFixed(1), 'fill="#555" font-size="11"'),
  ];
}

function colourOf({ isTooSteep, mayBeLinear, shape }: Slope): string {
  if (isTooSteep) return COLOURS.steep;
  if (shape === 'flat') return COLOURS.flat;
  return mayBeLinear ? COLOURS.must : COLOURS.grows;
}

function at(ratio: number): number {
  const room = WIDTH - NAMES_WIDTH - VALUES_WIDTH - MARGIN;
  return Math.round(NAMES_WIDTH + (room * Math.log10(ratio)) / Math.log10(MOST_RATIO));
}

function legend(): string {
  const entries = [
    ['flat', 'flat'],
    ['grows', 'grows with the logarithm'],
    ['must', 'reads or writes all of them'],
    ['steep', 'faster than it must'],
  ] as const;
  return entries
    .map(([key, label], index) => {
      const x = MARGIN + index * 210;
      return `${bar(x, 58, 22, COLOURS[key])}\n${text(x + 28, 66, label)}`;
    })
    .join('\n');
}

function bar(x: number, y: number, width: number, colour: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${colour}"/>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function text(x: number, y: number, content: string, more = ''): string {
  const escaped = content.replace(/[&<>]/g, (found) => ENTITIES[found] ?? found);
  return `<text x="${x}" y="${y}"${more === '' ? '' : ` ${more}`}>${escaped}</text>`;
}
