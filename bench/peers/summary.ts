import type { SystemName } from './contract.ts';
import type { CellResult } from './results.ts';

/** An open loop that got less than this share of what was asked for was above the capacity. */
const REACHED = 0.95;
const MS_PER_SECOND = 1_000;

/** Answers beyond the buyers' patience count as not reached. */
export function isSaturated({ asked, confirmed, elapsedMs }: CellResult): boolean {
  return asked !== undefined && (confirmed * MS_PER_SECOND) / elapsedMs < asked * REACHED;
}

/** Where a system's engine runs; DBOS and the journal are in their app and in PostgreSQL. */
const ENGINES: Partial<Record<SystemName, string>> = {
  restate: 'restate server',
  'temporal-naive': 'temporal server',
  'ours-bare': 'temporal server',
  'ours-timeout': 'temporal server',
  'ours-full': 'full temporal',
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
  if (system !== 'ours-full') {
    if (name === `app ${system}`) return APP;
    if (name === 'postgres') return POSTGRES;
    return name.startsWith('partners') ? PARTNERS : undefined;
  }
  if (name === 'full postgres') return POSTGRES;
  if (/^full .*exporter/.test(name)) return PARTNERS;
  return name.startsWith('full ') ? APP : undefined;
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
