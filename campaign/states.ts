import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  add,
  NOTHING,
  readKept,
  renderTables,
  sum,
  writeRecord,
  type CampaignRecord,
} from './record.ts';
import type { Outcome } from './run-seed.ts';

/** Seeds by their numbers, both ends included, in order and apart from each other. */
export type Ranges = [from: number, to: number][];

/** What the seeds came to that were run on one state of the sources. */
export interface StateRecord {
  readonly state: string;
  readonly ranges: Ranges;
  readonly record: CampaignRecord;
}

/** The record of a campaign: seeds of different sources prove different things. */
export interface KeptCampaign {
  /** Where a run that is told no seed goes on. */
  next: number;
  states: StateRecord[];
}

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** What decides how a seed goes and how it is judged. */
const SOURCES = [
  ...['domain', 'db', 'workflows', 'activities', 'api', 'runtime', 'workers', 'invariants'],
  'campaign',
];
/** Other campaigns, which a seed on the double comes by nowhere. */
const APART = ['campaign/server/', 'campaign/processes/', 'campaign/mutants/'];
const SHOWN_DIGITS = 12;

/** A name for the sources as they lie there now. */
export async function stateOfTree(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of SOURCES) {
    const names = await readdir(join(ROOT, folder), { recursive: true });
    for (const name of names.toSorted()) {
      const path = `${folder}/${name}`;
      if (!/\.(ts|sql)$/.test(name) || APART.some((apart) => path.startsWith(apart))) continue;
      hash.update(`${path}\0`).update(await readFile(join(ROOT, path)));
    }
  }
  return hash.digest('hex').slice(0, SHOWN_DIGITS);
}

export async function readCampaign(path: string): Promise<KeptCampaign> {
  const kept = await readKept<KeptCampaign>(path, { next: 1, states: [] });
  if ('seeds' in kept) throw new Error(`${path} is of an older form: move it away`);
  return kept;
}

export const writeCampaign = (path: string, kept: KeptCampaign): Promise<void> =>
  writeRecord(path, kept);

/** False where this seed has been counted on this state before: it would be the same again. */
export function addTo(kept: KeptCampaign, state: string, outcome: Outcome): boolean {
  const { seed } = outcome;
  kept.next = Math.max(kept.next, seed + 1);
  let own = kept.states.find((one) => one.state === state);
  if (own === undefined) {
    own = { state, ranges: [], record: structuredClone(NOTHING) };
    kept.states.push(own);
  }
  if (!include(own.ranges, [seed, seed])) return false;
  add(own.record, outcome);
  return true;
}

/** Puts seeds in, and joins what touches; false where they were in already. */
function include(ranges: Ranges, [from, to]: Ranges[number]): boolean {
  if (ranges.some(([first, last]) => first <= from && to <= last)) return false;
  const sorted = [...ranges, [from, to] as Ranges[number]].toSorted(([a], [b]) => a - b);
  ranges.length = 0;
  for (const [first, last] of sorted) {
    const before = ranges.at(-1);
    if (before === undefined || first > before[1] + 1) ranges.push([first, last]);
    else before[1] = Math.max(before[1], last);
  }
  return true;
}

const countOf = (ranges: Ranges): number =>
  ranges.reduce((count, [from, to]) => count + to - from + 1, 0);

const shown = (ranges: Ranges): string =>
  ranges.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`)).join(', ');

const grouped = (count: number): string => count.toLocaleString('en');

/** The counts for people: how many different seeds, on which sources, and what they came to. */
export function renderCampaign({ states }: KeptCampaign, now: string): string {
  const all: Ranges = [];
  for (const { ranges } of states) for (const range of ranges) include(all, [...range]);
  const own = states.find(({ state }) => state === now);
  const tables = structuredClone(NOTHING);
  for (const { record } of states) merge(tables, record);
  return [
    `${grouped(countOf(all))} seeds, of which ${grouped(countOf(own?.ranges ?? []))} on this state`,
    ...states.map(({ state, ranges, record }) => {
      const which = state === now ? `${state}, this one` : state;
      const count = `${grouped(record.seeds)} seeds (${shown(ranges)})`;
      return `  state ${which}: ${count}, ${record.broken.length} broken`;
    }),
    renderTables(tables),
  ].join('\n');
}

/** Adds the counts of one record to another's. */
function merge(into: CampaignRecord, from: CampaignRecord): void {
  into.seeds += from.seeds;
  into.broken.push(...from.broken);
  into.tasks += from.tasks;
  into.replays += from.replays;
  into.longestSettleMs = Math.max(into.longestSettleMs, from.longestSettleMs);
  for (const counts of ['trades', 'refusals', 'passings', 'happened', 'scanned'] as const) {
    sum(into[counts], Object.entries(from[counts]));
  }
}
