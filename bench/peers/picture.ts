import type { SystemName } from './contract.ts';
import type { CellResult } from './results.ts';
import { CPU, P50, P99, RATE, spread, type Figure } from './summary.ts';

/** Four small charts with one bar a system: the median of the repetitions. */

interface Chart {
  readonly title: string;
  readonly cell: string;
  readonly figure: Figure;
  readonly unit: string;
}

const CHARTS: readonly Chart[] = [
  { title: 'p50, 1 client', cell: 'closed, 1 client', figure: P50, unit: 'ms' },
  { title: 'p99, 1 client', cell: 'closed, 1 client', figure: P99, unit: 'ms' },
  { title: 'purchases a second, 64 clients', cell: 'closed, 64 clients', figure: RATE, unit: '/s' },
  { title: 'CPU a purchase, 1 client', cell: 'closed, 1 client', figure: CPU, unit: 'ms' },
];

const WIDTH = 920;
const COLUMN = WIDTH / 2;
const LABEL = 112;
const BAR_MAX = 250;
const ROW = 22;
const BAR_HEIGHT = 14;
const TITLE = 34;
const GAP = 18;
const MARGIN = 20;
const INK = '#1f2933';
const OURS = '#2563eb';
const PEERS = '#9aa5b1';

export function drawPeers(results: readonly CellResult[], systems: readonly SystemName[]): string {
  const height = TITLE + systems.length * ROW + GAP;
  const charts = CHARTS.map((chart, index) => {
    const [x, y] = [(index % 2) * COLUMN + MARGIN, Math.floor(index / 2) * height + MARGIN];
    return `<g transform="translate(${x} ${y})">${drawChart(chart, results, systems)}</g>`;
  });
  const full = Math.ceil(CHARTS.length / 2) * height + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${full}" role="img"`,
    ` font-family="system-ui, sans-serif" font-size="12" fill="${INK}">`,
    '<title>One purchase on each system, beside each other in one run</title>',
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...charts,
    '</svg>\n',
  ].join('\n');
}

function drawChart(
  { title, cell, figure, unit }: Chart,
  results: readonly CellResult[],
  systems: readonly SystemName[],
): string {
  const values = systems.map((system) => {
    const own = results.filter((one) => one.cell === cell && one.system === system);
    return { system, value: spread(own.map(figure.of))?.median };
  });
  const most = Math.max(1, ...values.map(({ value }) => value ?? 0));
  const bars = values.map(({ system, value }, index) => {
    const y = TITLE + index * ROW;
    const baseline = y + BAR_HEIGHT - 3;
    const width = (((value ?? 0) * BAR_MAX) / most).toFixed(1);
    const shown = value === undefined ? 'not measured' : `${rounded(value)} ${unit}`;
    const end = LABEL + Number(width) + 6;
    return [
      `<text x="${LABEL - 8}" y="${baseline}" text-anchor="end">${system}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2" fill="${system.startsWith('ours') ? OURS : PEERS}"/>`,
      `<text x="${end}" y="${baseline}">${shown}</text>`,
    ].join('');
  });
  return [`<text y="12" font-weight="600">${title}</text>`, ...bars].join('\n');
}

function rounded(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}
