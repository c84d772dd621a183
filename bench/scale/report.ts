import { availableParallelism, cpus } from 'node:os';
import { renderTable } from '../../stack/table.ts';
import type { Slope } from './fit.ts';
import { median } from './measure.ts';
import type { Finding } from './plans.ts';
import { SETTINGS } from './server.ts';

/** What was measured of one party. */
export interface Part {
  readonly title: string;
  readonly slopes: readonly Slope[];
  readonly findings: readonly Finding[];
  readonly foreign: readonly number[];
  readonly bytesATrade: number;
  readonly rounds: number;
}

const PERCENT = 100;
const BYTES_PER_KB = 1_000;
const STATEMENT_LENGTH = 110;
const count = (value: number): string => value.toLocaleString('en-US');
const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 1);
const arrow = (values: readonly number[], render: (value: number) => string): string =>
  values.map(render).join(' → ');

export function renderReport(parts: readonly Part[]): string {
  return [renderSetting(parts), ...parts.map(renderPart), renderVerdict(parts)].join('\n\n');
}

function renderSetting(parts: readonly Part[]): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const settings = Object.entries({ fsync: 'off', ...SETTINGS });
  const foreign = parts.flatMap((part) => part.foreign);
  const most = foreign.length === 0 ? 0 : Math.max(...foreign);
  return [
    `machine   ${availableParallelism()} × ${model}, Node ${process.version}`,
    `settings  ${settings.map(([name, value]) => `${name} ${value}`).join(', ')}`,
    `method    ${parts[0]?.rounds ?? 0} rounds, in each of them every size in turn, small to large and back;`,
    '          CPU of the server process and time until the answer, middle of the rounds;',
    '          ratio: largest over smallest within a round, middle (least to most)',
    `others    took ${percent(median(foreign))} of the machine in the middle, ${percent(most)} at most`,
  ].join('\n');
}

function percent(share: number): string {
  return `${Math.round(share * PERCENT)} %`;
}

export function renderPart({ title, slopes, findings, bytesATrade }: Part): string {
  const dimensions = [...new Set(slopes.map(({ dimension }) => dimension))];
  const tables = dimensions.map((dimension) => {
    const own = slopes.filter((slope) => slope.dimension === dimension);
    const sizes = arrow(own[0]?.sizes ?? [], count);
    return `${title}, ${sizes} ${dimension}\n${renderSlopes(own)}`;
  });
  const each = `${title}: ${(bytesATrade / BYTES_PER_KB).toFixed(1)} kB of disk a trade, indexes included`;
  return [
    ...tables,
    each,
    `${title}, plans at the largest sizes\n${renderFindings(findings)}`,
  ].join('\n\n');
}

function renderSlopes(slopes: readonly Slope[]): string {
  return renderTable(
    ['what', 'CPU ms', 'ratio', 'answer ms', 'pages', 'grows', ''],
    slopes.map((slope) => {
      const { middle, least, most } = slope.ratio;
      return [
        slope.step,
        arrow(slope.serverMs, ms),
        `${middle.toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`,
        arrow(slope.elapsedMs, ms),
        slope.step === slope.work ? arrow(slope.pages, (value) => count(Math.round(value))) : '',
        slope.shape,
        noteOf(slope),
      ];
    }),
  );
}

function noteOf({ isTooSteep, mayBeLinear, shape, cutOffAt }: Slope): string {
  if (cutOffAt.length > 0) return `CUT OFF BY A TIME-OUT at ${cutOffAt.map(count).join(', ')}`;
  if (isTooSteep) return 'FASTER THAN IT MUST';
  return mayBeLinear && shape !== 'flat' ? 'reads or writes all of them' : '';
}

function renderFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'no statement reads or sorts a table that grows';
  const lines = findings.map(({ session, node, table, rows, plan, isUsed, statement }) =>
    [
      `${session}: ${node}${table === '' ? '' : ` of ${table}`}, ${count(Math.round(rows))} rows, `,
      `${plan} plan${isUsed ? '' : ' (not the one that is kept)'}: `,
      statement.replace(/\s+/g, ' ').trim().slice(0, STATEMENT_LENGTH),
    ].join(''),
  );
  return [...new Set(lines)].join('\n');
}

export function renderVerdict(parts: readonly Part[]): string {
  const steep = parts.flatMap(({ title, slopes }) =>
    slopes
      .filter(({ isTooSteep }) => isTooSteep)
      .map(
        ({ step, dimension, ratio }) =>
          `${title}, ${step}, with ${dimension}: ${ratio.middle.toFixed(1)} ×`,
      ),
  );
  const all = parts.reduce((sum, { slopes }) => sum + slopes.length, 0);
  if (steep.length === 0) return `none of ${all} slopes is steeper than it must be`;
  return `${steep.length} of ${all} slopes are steeper than they must be:\n${steep.join('\n')}`;
}
