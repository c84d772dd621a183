import type { Openings } from './first-paint.ts';
import type { Row } from './report.ts';

/** What is drawn: each line with 500 trades beside 50,000, against its target, in milliseconds. */
export interface Measured {
  readonly rows: readonly Row[];
  readonly openings: readonly Openings[];
  readonly targetMs: number;
  readonly paintTargetMs: number;
  /** When and on what it was measured. */
  readonly caption: string;
}

interface Line {
  readonly name: string;
  readonly small: number;
  readonly large: number;
}

const WIDTH = 980;
const NAMES_WIDTH = 300;
const VALUES_WIDTH = 90;
const LINE_HEIGHT = 18;
const BAR_HEIGHT = 6;
const HEAD_HEIGHT = 78;
const PART_HEIGHT = 58;
const MARGIN = 16;
/** Room behind the target, so that a bar that reaches it is seen to. */
const BEYOND_TARGET = 1.25;
const COLOURS = { small: '#8fb3d9', large: '#1f5f9e', late: '#c92a2a', target: '#c92a2a' };

/** One picture of a whole run; a bar that misses its target is red. */
export function drawFlatness(measured: Measured): string {
  const questions = measured.rows.map(({ page, name, small, large }) => ({
    ...{ name: `${page}, ${name}`, small: small.p95, large: large.p95 },
  }));
  const first = HEAD_HEIGHT;
  const second = first + PART_HEIGHT + questions.length * LINE_HEIGHT;
  const paints = paintsOf(measured.openings);
  const height = second + PART_HEIGHT + paints.length * LINE_HEIGHT + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
      `viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(MARGIN, 26, 'The console with 500 and with 50,000 trades', 'font-size="17"'),
    text(MARGIN, 46, measured.caption, 'fill="#555"'),
    legend(MARGIN, 66),
    ...part(first, `p95 of each question, ms`, questions, measured.targetMs),
    ...part(second, 'First paint of the overview, p50, ms', paints, measured.paintTargetMs),
    '</svg>',
    '',
  ].join('\n');
}

function paintsOf(openings: readonly Openings[]): Line[] {
  const sizes = [...new Set(openings.map(({ size }) => size))].toSorted((a, b) => a - b);
  return [...new Set(openings.map(({ cache }) => cache))].map((cache) => {
    const [small, large] = sizes.map(
      (size) =>
        openings.find((one) => one.cache === cache && one.size === size)?.firstPaint.p50 ?? 0,
    );
    return { name: `${cache} cache`, small: small ?? 0, large: large ?? 0 };
  });
}

function part(top: number, title: string, lines: readonly Line[], target: number): string[] {
  const most = Math.max(
    target * BEYOND_TARGET,
    ...lines.flatMap(({ small, large }) => [small, large]),
  );
  const room = WIDTH - NAMES_WIDTH - VALUES_WIDTH - MARGIN;
  const at = (ms: number): number => Math.round((ms / most) * room * 10) / 10;
  const start = top + PART_HEIGHT - LINE_HEIGHT / 2;
  const bottom = start + lines.length * LINE_HEIGHT;
  const x = NAMES_WIDTH + at(target);
  return [
    text(MARGIN, top + 26, title, 'font-weight="600"'),
    text(x, top + 42, `target ${target}`, `fill="${COLOURS.target}" text-anchor="middle"`),
    ...lines.flatMap(({ name, small, large }, index) => {
      const y = start + index * LINE_HEIGHT;
      const colour = large < target ? COLOURS.large : COLOURS.late;
      return [
        text(NAMES_WIDTH - 8, y + 10, name, 'text-anchor="end"'),
        bar({ x: NAMES_WIDTH, y, width: at(small), colour: COLOURS.small }),
        bar({ x: NAMES_WIDTH, y: y + BAR_HEIGHT + 1, width: at(large), colour }),
        text(
          NAMES_WIDTH + at(Math.max(small, large)) + 6,
          y + 11,
          `${small.toFixed(0)} → ${large.toFixed(0)}`,
          'fill="#555" font-size="11"',
        ),
      ];
    }),
    `<line x1="${x}" y1="${start - 4}" x2="${x}" y2="${bottom}" stroke="${COLOURS.target}" ` +
      'stroke-dasharray="4 3"/>',
  ];
}

function legend(x: number, y: number): string {
  return [
    bar({ x, y: y - BAR_HEIGHT, width: 24, colour: COLOURS.small }),
    text(x + 30, y + 1, '500 trades'),
    bar({ x: x + 110, y: y - BAR_HEIGHT, width: 24, colour: COLOURS.large }),
    text(x + 140, y + 1, '50,000 trades'),
    bar({ x: x + 240, y: y - BAR_HEIGHT, width: 24, colour: COLOURS.late }),
    text(x + 270, y + 1, '50,000 trades, target missed'),
  ].join('\n');
}

interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly colour: string;
}

function bar({ x, y, width, colour }: Bar): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${colour}"/>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function text(x: number, y: number, content: string, more = ''): string {
  const escaped = content.replace(/[&<>]/g, (found) => ENTITIES[found] ?? found);
  return `<text x="${x}" y="${y}"${more === '' ? '' : ` ${more}`}>${escaped}</text>`;
}
