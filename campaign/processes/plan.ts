import { Chance } from '../chance.ts';
import type { Weather } from './proxy.ts';

/** What is done to processes, lines, disk and clocks; a seed draws half of them. */
export const KINDS = [
  'kill',
  'stop',
  'postgres',
  'temporal',
  'cut',
  'delay',
  'reset',
  'half-open',
  'slow-close',
  'corrupt',
  'disk',
  'clock',
] as const;
export type Kind = (typeof KINDS)[number];

/** The listeners that parties and buyers reach; TLS, so that corruption is noticed. */
export const TLS_LINES = ['exporter', 'importer', 'cp'] as const;
/** A party's processes to their database and to the engine: in the clear on this machine. */
export const CLEAR_LINES = [
  'exporter-postgres',
  'importer-postgres',
  'cp-postgres',
  'exporter-temporal',
  'importer-temporal',
  'cp-temporal',
] as const;
export type LineName = (typeof TLS_LINES)[number] | (typeof CLEAR_LINES)[number];

export const PROCESSES = [
  'importer-gateway',
  'importer-worker',
  'exporter-gateway',
  'exporter-worker',
  'cp-api',
  'cp-worker',
] as const;
export type ProcessName = (typeof PROCESSES)[number];

interface Moment {
  /** From the beginning of the seed, and how long it lasts; milliseconds. */
  readonly atMs: number;
  readonly forMs: number;
}

export type Blow = Moment &
  (
    | { readonly kind: 'kill' | 'stop'; readonly on: ProcessName }
    | { readonly kind: 'clock'; readonly on: ProcessName; readonly seconds: number }
    | { readonly kind: 'postgres' | 'temporal' | 'disk'; readonly on: '' }
    | { readonly kind: 'cut'; readonly on: LineName }
    | { readonly kind: WeatherKind; readonly on: LineName; readonly weather: Weather }
  );
export type WeatherKind = 'delay' | 'reset' | 'half-open' | 'slow-close' | 'corrupt';

/** Blows fall within this; the last ones end a little later. */
export const STRIKE_MS = 24_000;
const FIRST_MS = 1_500;
const LEAST_MS = 2_000;
const MOST_MS = 8_000;
/** A clock up to two minutes off: four times what tokens allow (30 s), so both sides of it come. */
const SKEW_SECONDS = 120;

/** The same on every machine; what this one can't do is left out when its time comes. */
export function planOf(seed: number): readonly Blow[] {
  const chance = new Chance(seed);
  const kinds = shuffled(KINDS, chance).slice(0, KINDS.length / 2);
  return kinds.map((kind) => blowOf(kind, chance)).toSorted((a, b) => a.atMs - b.atMs);
}

function blowOf(kind: Kind, chance: Chance): Blow {
  const moment = {
    atMs: chance.whole(FIRST_MS, STRIKE_MS),
    forMs: chance.whole(LEAST_MS, MOST_MS),
  };
  if (kind === 'kill' || kind === 'stop') return { ...moment, kind, on: chance.one(PROCESSES) };
  if (kind === 'clock') {
    const seconds = chance.whole(-SKEW_SECONDS, SKEW_SECONDS);
    return { ...moment, kind, on: chance.one(PROCESSES), seconds };
  }
  if (kind === 'postgres' || kind === 'temporal' || kind === 'disk') {
    return { ...moment, kind, on: '' };
  }
  // Nothing would notice a changed bit there: TCP's own sum is the proxy's, not the sender's.
  const lines: readonly LineName[] =
    kind === 'corrupt' ? TLS_LINES : [...TLS_LINES, ...CLEAR_LINES];
  const on = chance.one(lines);
  if (kind === 'cut') return { ...moment, kind, on };
  return { ...moment, kind, on, weather: weatherOf(kind, chance) };
}

function weatherOf(kind: WeatherKind, chance: Chance): Weather {
  switch (kind) {
    case 'delay':
      return { delayMs: chance.whole(20, 400), jitterMs: chance.whole(0, 600) };
    case 'reset':
      return { resetShare: chance.whole(2, 30) / 100 };
    case 'half-open':
      return { halfOpenShare: chance.whole(2, 20) / 100 };
    case 'slow-close':
      return { slowCloseMs: chance.whole(500, 5_000) };
    case 'corrupt':
      return { corruptShare: chance.whole(5, 50) / 100 };
  }
}

function shuffled<T>(all: readonly T[], chance: Chance): T[] {
  const left = [...all];
  return all.map(() => {
    const chosen = chance.one(left);
    left.splice(left.indexOf(chosen), 1);
    return chosen;
  });
}

/** One line a blow, for a report. */
export function describeBlow(blow: Blow): string {
  const facts =
    'weather' in blow
      ? ` ${JSON.stringify(blow.weather)}`
      : blow.kind === 'clock'
        ? ` by ${blow.seconds} s`
        : '';
  const [at, lasts] = [blow.atMs, blow.forMs].map((ms) => (ms / 1_000).toFixed(1));
  return `at ${at} s for ${lasts} s: ${blow.kind} ${blow.on}${facts}`;
}
