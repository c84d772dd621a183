import { isFull, type SystemName } from './contract.ts';
import { mergedFigures, type CellResult } from './results.ts';

/** An open loop that got less than this share of what was asked for was above the capacity. */
const REACHED = 0.95;
const MS_PER_SECOND = 1_000;
const TIMELY = 0.95;

/** Answers beyond the buyers' patience count as not reached. */
export function isSaturated({ asked, confirmed, elapsedMs }: CellResult): boolean {
  return asked !== undefined && (confirmed * MS_PER_SECOND) / elapsedMs < asked * REACHED;
}

const ON_POSTGRES_ENGINE = 'temporal on postgres';

/** Where a system's engine runs; DBOS and the journal are in their app and in PostgreSQL. */
const ENGINES: Partial<Record<SystemName, string>> = {
  restate: 'restate server',
  'temporal-naive': 'temporal server',
  'ours-bare': 'temporal server',
  'ours-timeout': 'temporal server',
  'ours-full': 'ours-full temporal',
  'temporal-naive-pg': ON_POSTGRES_ENGINE,
  'ours-bare-pg': ON_POSTGRES_ENGINE,
  'ours-full-pg': ON_POSTGRES_ENGINE,
};

/**
 * Milliseconds of CPU a confirmed purchase: app, engine, PostgreSQL, partners, client, all. The
 * full purchase's partner is the exporter's gateway, and everything else of its stack is its app.
 */
export function partsOf(results: readonly CellResult[], system: SystemName): readonly number[] {
  const confirmed = results.reduce((sum, one) => sum + one.confirmed, 0);
  const parts = [0, 0, 0, 0, 0];
  for (const { cpu } of results) {
    for (const [name, value] of Object.entries(cpu)) {
      const part = partOf(name, system);
      if (part !== undefined) parts[part] = (parts[part] ?? 0) + value;
    }
  }
  const each = parts.map((value) => (confirmed === 0 ? 0 : value / confirmed));
  return [...each, each.reduce((sum, value) => sum + value, 0)];
}

export function cpuOf(results: readonly CellResult[], system: SystemName): number {
  return partsOf(results, system).at(-1) ?? 0;
}

/** Undefined for what this purchase has nothing to do with. */
function partOf(name: string, system: SystemName): number | undefined {
  const [APP, ENGINE, POSTGRES, PARTNERS, CLIENT] = [0, 1, 2, 3, 4];
  if (name === 'client') return CLIENT;
  if (name === ENGINES[system]) return ENGINE;
  // That of an engine, too, which keeps its histories there.
  if (name === 'postgres' && ENGINES[system] === ON_POSTGRES_ENGINE) return POSTGRES;
  if (!isFull(system)) {
    if (name === `app ${system}`) return APP;
    if (name === 'postgres') return POSTGRES;
    return name.startsWith('partners') ? PARTNERS : undefined;
  }
  const [owner, ...process] = name.split(' ');
  if (owner !== system) return undefined;
  if (process[0] === 'postgres') return POSTGRES;
  return process[0]?.startsWith('exporter') === true ? PARTNERS : APP;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spread(values: readonly number[]): Spread | undefined {
  const sorted = values.filter(Number.isFinite).sort((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)];
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (median === undefined || least === undefined || most === undefined) return undefined;
  return { median, least, most };
}

export function perSecond(results: readonly CellResult[]): number {
  const confirmed = results.reduce((sum, one) => sum + one.confirmed, 0);
  const elapsedMs = results.reduce((sum, one) => sum + one.elapsedMs, 0);
  return elapsedMs === 0 ? 0 : (confirmed * MS_PER_SECOND) / elapsedMs;
}

/** Work of one purchase in the time of another: no figure a purchase can be had of it. */
export function isLate(results: readonly CellResult[]): boolean {
  return results.some(({ attempts, confirmed }) => confirmed < attempts * TIMELY);
}

/** One figure of one cell on one system in one repetition. */
export interface Figure {
  readonly name: string;
  readonly of: (result: CellResult) => number;
}

export const P50: Figure = { name: 'p50', of: (one) => mergedFigures([one]).p50 };
export const P99: Figure = { name: 'p99', of: (one) => mergedFigures([one]).p99 };
export const RATE: Figure = { name: '/s', of: (one) => perSecond([one]) };
export const CPU: Figure = {
  name: 'CPU',
  of: (one) => (isLate([one]) ? NaN : cpuOf([one], one.system)),
};
export const FIGURES: readonly Figure[] = [P50, P99, RATE, CPU];

/** Taken within each repetition, so that a drift of the machine hits both. */
export function ratioOf(
  results: readonly CellResult[],
  cell: string,
  [ours, peer]: readonly [SystemName, SystemName],
  figure: Figure,
): Spread | undefined {
  const of = (system: SystemName): CellResult[] =>
    results.filter((one) => one.cell === cell && one.system === system);
  const pairs = of(ours).flatMap((one) => {
    const other = of(peer).find((x) => x.repetition === one.repetition);
    return other === undefined ? [] : [figure.of(one) / figure.of(other)];
  });
  return spread(pairs);
}

export function spreadText(value: Spread | undefined): string {
  if (value === undefined) return '-';
  const { median, least, most } = value;
  return `${median.toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`;
}
