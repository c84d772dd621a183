import { Chance } from './chance.ts';
import type { Fault } from './faults.ts';
import type { Act } from './governance/acts.ts';
import { governed } from './governance/script.ts';
import { plotOf } from './plots.ts';
import { faultOf, stormOf } from './script-faults.ts';
import { weighted, type Choice } from './weighted.ts';

/** What people, operators and the world do in one seed; times are since its beginning. */
export type Operation = { readonly atMs: number } &
  /** Left out of a script that is being shrunk; the others keep their numbers. */
  (
    | { readonly kind: 'nothing' }
    | {
        readonly kind: 'buy';
        readonly member: number;
        readonly offer: number;
        readonly quantity: number;
      }
    /** The same buyer asks again with the same key. */
    | { readonly kind: 'repeat'; readonly of: number }
    | { readonly kind: 'reverse'; readonly of: number }
    | { readonly kind: 'decide'; readonly decision: 'approve' | 'reject' }
    | { readonly kind: 'manual'; readonly action: 'retry' | 'abandon' }
    | { readonly kind: 'limit'; readonly amount: string }
    | { readonly kind: 'status'; readonly status: 'ACTIVE' | 'PAUSED' | 'BLOCKED' }
    | {
        readonly kind: 'rate';
        readonly fxRate: string;
        readonly at: 'importer' | 'exporter' | 'both';
      }
    | { readonly kind: 'reprice'; readonly offer: number; readonly priceMinor: number }
    /** A party's workers die, and are back after a while. */
    | {
        readonly kind: 'crash';
        readonly party: 'importer' | 'exporter' | 'cp';
        readonly forMs: number;
      }
    | { readonly kind: 'forget'; readonly of: number }
    | { readonly kind: 'cut'; readonly forMs: number }
    | { readonly kind: 'skew'; readonly party: 'importer' | 'exporter'; readonly ms: number }
    | Act
  );

export interface Script {
  readonly seed: number;
  readonly offers: readonly { readonly stock: number; readonly priceMinor: number }[];
  readonly fundsMinor: readonly number[];
  readonly limitAmount: string;
  /** At the beginning; 1 where nothing is said. */
  readonly fxRate?: string;
  /** The Control Plane takes part, and its people act; else what it would say is put in place. */
  readonly isGoverned?: boolean;
  readonly operations: readonly Operation[];
  readonly faults: readonly Fault[];
}

/** An operation that has its place in a script, and not yet its time. */
export type Untimed = Operation extends infer O
  ? O extends Operation
    ? Omit<O, 'atMs'>
    : never
  : never;

export interface Counts {
  readonly offers: number;
  readonly members: number;
}

/** Half of the seeds begin with a plot: what chance alone would hardly ever bring together. */
const PLOT_SHARE = 0.5;
const STORM_SHARE = 0.4;
/** Drawn apart, so that a script's other part stays what it was. */
const GOVERNED = 0x60f;
/** A plot is over, or nearly, when the rest begins. */
const AFTER_PLOT_MS = 20_000;

const STOCKS: readonly Choice<number>[] = [
  [1, 1],
  [1, 2],
  [8, 50],
];
const FUNDS: readonly Choice<number>[] = [
  [1, 100_00],
  [1, 400_00],
  [8, 10_000_00],
];
const LIMITS: readonly Choice<string>[] = [
  [1, '160.00'],
  [1, '500.00'],
  [2, '1000.00'],
  [8, '100000.00'],
];
/** The last two round differently in floating point at some of the prices. */
export const RATES = ['1', '1', '1.23456789', '0.5025', '0.5065'] as const;
const FAULT_COUNTS: readonly Choice<number>[] = [
  [2, 0],
  [2, 2],
  [3, 4],
  [2, 8],
  [1, 16],
];

/** The script of a seed: the same number is the same script. */
export function scriptOf(seed: number): Script {
  const chance = new Chance(seed);
  const offers = Array.from({ length: chance.whole(1, 3) }, () => ({
    stock: weighted(chance, STOCKS),
    priceMinor: chance.one([10_00, 10_00, 80_00, 99_99, 250_00]),
  }));
  const fundsMinor = Array.from({ length: chance.whole(3, 5) }, () => weighted(chance, FUNDS));
  const base: Script = {
    ...{ seed, offers, fundsMinor },
    limitAmount: weighted(chance, LIMITS),
    fxRate: chance.one(RATES),
    ...{ operations: [], faults: [] },
  };
  const begun = chance.isHit(PLOT_SHARE) ? plotOf(chance, base) : base;
  const faults = Array.from({ length: weighted(chance, FAULT_COUNTS) }, () => faultOf(chance));
  if (begun === base && chance.isHit(STORM_SHARE)) faults.push(...stormOf(chance));
  const whole = {
    ...begun,
    operations: [...begun.operations, ...operationsOf(chance, begun)],
    faults: [...begun.faults, ...faults],
  };
  return governed(new Chance(seed ^ GOVERNED), whole);
}

/** Together, or a moment, or long enough for timers to pass in between. */
const GAPS: readonly Choice<readonly [from: number, to: number]>[] = [
  [5, [0, 0]],
  [4, [1, 3_000]],
  [2, [5_000, 70_000]],
];
/** From where on a person has to approve, in minor units of the exporter. */
export const APPROVAL_ABOVE_MINOR = 200_00;
const DECIDED_SHARE = 0.6;
const ANSWERED_AFTER_MS = [1_000, 30_000] as const;

function operationsOf(chance: Chance, begun: Script): Operation[] {
  const counts = { offers: begun.offers.length, members: begun.fundsMinor.length };
  const before = begun.operations.length;
  const operations: Operation[] = [];
  let atMs = before === 0 ? 0 : AFTER_PLOT_MS;
  for (let left = chance.whole(4, 12); left > 0; left -= 1) {
    const [from, to] = weighted(chance, GAPS);
    atMs += chance.whole(from, to);
    const operation = operationOf(chance, counts, before + operations.length);
    operations.push({ atMs, ...operation } as Operation);
    const answer = answerTo(chance, operation, begun);
    const later = atMs + chance.whole(...ANSWERED_AFTER_MS);
    if (answer !== undefined) operations.push({ atMs: later, ...answer } as Operation);
  }
  return operations;
}

/** What people do about it later: a stop is lifted, a limit raised, an approval mostly given. */
function answerTo(chance: Chance, operation: Untimed, { offers }: Script): Untimed | undefined {
  if (operation.kind === 'status') return { kind: 'status', status: 'ACTIVE' };
  if (operation.kind === 'limit') return { kind: 'limit', amount: '100000.00' };
  if (operation.kind !== 'buy') return undefined;
  const amountMinor = (offers[operation.offer]?.priceMinor ?? 0) * operation.quantity;
  if (amountMinor <= APPROVAL_ABOVE_MINOR || !chance.isHit(DECIDED_SHARE)) return undefined;
  return { kind: 'decide', decision: 'approve' };
}

const QUANTITIES: readonly Choice<number>[] = [
  [5, 1],
  [1, 2],
  [1, 3],
];

function operationOf(chance: Chance, counts: Counts, before: number): Untimed {
  const of = chance.whole(0, Math.max(0, before - 1));
  const party = chance.one(['importer', 'exporter'] as const);
  const offer = chance.whole(0, counts.offers - 1);
  const member = chance.whole(0, counts.members - 1);
  const buy: Untimed = { kind: 'buy', member, offer, quantity: weighted(chance, QUANTITIES) };
  if (before === 0) return buy;
  const decision = weighted(chance, [
    [3, 'approve'],
    [1, 'reject'],
  ] as const);
  return weighted<Untimed>(chance, [
    [18, buy],
    [2, { kind: 'repeat', of }],
    [2, { kind: 'reverse', of }],
    [3, { kind: 'decide', decision }],
    [1, { kind: 'manual', action: chance.one(['retry', 'abandon'] as const) }],
    [1, { kind: 'limit', amount: chance.one(['100.00', '300.00', '1000.00']) }],
    [1, { kind: 'status', status: chance.one(['PAUSED', 'BLOCKED'] as const) }],
    [1, rate(chance)],
    [1, { kind: 'reprice', offer, priceMinor: chance.one([70_00, 120_00]) }],
    [2, { kind: 'crash', party, forMs: chance.one([0, 0, 5_000, 5_000, 95_000, 300_000]) }],
    [1, { kind: 'forget', of }],
    [1, { kind: 'cut', forMs: chance.one([2_000, 2_000, 30_000, 1_200_000]) }],
    [1, { kind: 'skew', party, ms: chance.one([-5_000, 5_000, 60_000]) }],
  ]);
}

function rate(chance: Chance): Untimed {
  const at = chance.one(['importer', 'exporter', 'both', 'both'] as const);
  return { kind: 'rate', fxRate: chance.one(RATES), at };
}
