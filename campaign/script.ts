import { Chance } from './chance.ts';
import type { CampaignPoint, Fault, FaultAction } from './faults.ts';

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
    | { readonly kind: 'crash'; readonly party: 'importer' | 'exporter'; readonly forMs: number }
    | { readonly kind: 'forget'; readonly of: number }
    | { readonly kind: 'cut'; readonly forMs: number }
    | { readonly kind: 'skew'; readonly party: 'importer' | 'exporter'; readonly ms: number }
  );

export interface Script {
  readonly seed: number;
  readonly offers: readonly { readonly stock: number; readonly priceMinor: number }[];
  readonly fundsMinor: readonly number[];
  readonly limitAmount: string;
  readonly operations: readonly Operation[];
  readonly faults: readonly Fault[];
}

type Choice<T> = readonly [weight: number, value: T];

function weighted<T>(chance: Chance, choices: readonly Choice<T>[]): T {
  const sum = choices.reduce((total, [weight]) => total + weight, 0);
  let at = chance.next() * sum;
  for (const [weight, value] of choices) {
    at -= weight;
    if (at < 0) return value;
  }
  throw new Error('there is nothing to choose from');
}

/** The script of a seed: the same number is the same script. */
export function scriptOf(seed: number): Script {
  const chance = new Chance(seed);
  const offers = Array.from({ length: chance.whole(1, 3) }, () => ({
    stock: chance.one([1, 2, 50, 50]),
    priceMinor: chance.one([10_00, 80_00, 99_99, 250_00]),
  }));
  const fundsMinor = Array.from({ length: chance.whole(2, 4) }, () =>
    chance.one([100_00, 400_00, 10_000_00, 10_000_00]),
  );
  const operations = operationsOf(chance, { offers: offers.length, members: fundsMinor.length });
  const faults = Array.from({ length: weighted(chance, FAULT_COUNTS) }, () => faultOf(chance));
  if (chance.isHit(STORM_SHARE)) faults.push(...stormOf(chance));
  const limitAmount = chance.one(['160.00', '500.00', '1000.00', '100000.00']);
  return { seed, offers, fundsMinor, limitAmount, operations, faults };
}

const FAULT_COUNTS: readonly Choice<number>[] = [
  [1, 0],
  [2, 2],
  [3, 4],
  [3, 8],
  [2, 16],
];

/** Together, or a moment, or long enough for timers to pass in between. */
const GAPS: readonly Choice<readonly [from: number, to: number]>[] = [
  [6, [0, 0]],
  [3, [1, 3_000]],
  [2, [5_000, 70_000]],
];

function operationsOf(
  chance: Chance,
  counts: { readonly offers: number; readonly members: number },
): Operation[] {
  const operations: Operation[] = [];
  let atMs = 0;
  for (let left = chance.whole(3, 12); left > 0; left -= 1) {
    const [from, to] = weighted(chance, GAPS);
    atMs += chance.whole(from, to);
    operations.push({ atMs, ...operationOf(chance, counts, operations.length) } as Operation);
  }
  return operations;
}

type Untimed = Operation extends infer O ? (O extends Operation ? Omit<O, 'atMs'> : never) : never;

function operationOf(
  chance: Chance,
  counts: { readonly offers: number; readonly members: number },
  before: number,
): Untimed {
  const of = chance.whole(0, Math.max(0, before - 1));
  const party = chance.one(['importer', 'exporter'] as const);
  const buy = (): Untimed => ({
    kind: 'buy',
    member: chance.whole(0, counts.members - 1),
    offer: chance.whole(0, counts.offers - 1),
    quantity: weighted(chance, [
      [4, 1],
      [1, 2],
      [1, 3],
    ]),
  });
  if (before === 0) return buy();
  const make = weighted<() => Untimed>(chance, [
    [10, buy],
    [2, () => ({ kind: 'repeat', of })],
    [2, () => ({ kind: 'reverse', of })],
    [
      3,
      () => ({
        kind: 'decide',
        decision: weighted(chance, [
          [3, 'approve'],
          [1, 'reject'],
        ]),
      }),
    ],
    [1, () => ({ kind: 'manual', action: chance.one(['retry', 'abandon'] as const) })],
    [1, () => ({ kind: 'limit', amount: chance.one(['100.00', '300.00', '100000.00']) })],
    [1, () => ({ kind: 'status', status: chance.one(['ACTIVE', 'PAUSED', 'BLOCKED'] as const) })],
    [
      1,
      () => ({
        kind: 'rate',
        fxRate: chance.one(['1', '1.23456789', '0.5']),
        at: chance.one(['importer', 'exporter', 'both'] as const),
      }),
    ],
    [
      1,
      () => ({
        kind: 'reprice',
        offer: chance.whole(0, counts.offers - 1),
        priceMinor: chance.one([70_00, 120_00]),
      }),
    ],
    [2, () => ({ kind: 'crash', party, forMs: chance.one([0, 5_000, 95_000, 300_000]) })],
    [1, () => ({ kind: 'forget', of })],
    [1, () => ({ kind: 'cut', forMs: chance.one([2_000, 30_000, 1_200_000]) })],
    [1, () => ({ kind: 'skew', party, ms: chance.one([-5_000, 5_000, 60_000]) })],
  ]);
  return make();
}

interface Place {
  readonly point: CampaignPoint;
  readonly labels: readonly string[];
  readonly actions: readonly FaultAction[];
  /** Passings come by this often in a seed. */
  readonly most: number;
}

const CALLS = ['preflight', 'confirm', 'cancel', 'status', 'reverse'].map(
  (call) => `importer ${call}`,
);
const STEPS = [
  'reserve',
  'fund',
  'confirm',
  'settle',
  'refund',
  'learn',
  'markUncertain',
  'reject',
];
const ACTIVITIES = [
  'importer reverseAtExporter',
  'importer finishReversal',
  'exporter readApproval',
  'exporter deliverDecision',
];
const STARTS = [
  'importer start purchase',
  'importer start reversal',
  'importer signal purchase',
  'exporter start approval',
  'exporter signal approval',
];

const TRANSACTIONS = ['importer transaction', 'exporter transaction'];

const PLACES: readonly Choice<Place>[] = [
  [
    6,
    {
      point: 'call.send',
      labels: [...CALLS, 'exporter decision'],
      actions: ['refuse', 'lose', 'late', 'double', 'stop', 'kill'],
      most: 4,
    },
  ],
  [
    6,
    {
      point: 'call.answered',
      labels: [...CALLS, 'exporter decision'],
      actions: ['lose', 'stop', 'kill'],
      most: 4,
    },
  ],
  [
    2,
    {
      point: 'transaction.begin',
      labels: TRANSACTIONS,
      actions: ['fail', 'stop', 'kill'],
      most: 16,
    },
  ],
  [3, { point: 'transaction.commit', labels: TRANSACTIONS, actions: ['fail', 'kill'], most: 16 }],
  [
    5,
    {
      point: 'transaction.committed',
      labels: TRANSACTIONS,
      actions: ['fail', 'kill', 'stop'],
      most: 16,
    },
  ],
  [
    3,
    {
      point: 'task.local',
      labels: STEPS.map((step) => `importer ${step}`),
      actions: ['kill', 'stop'],
      most: 3,
    },
  ],
  [
    3,
    {
      point: 'task.recorded',
      labels: ['importer purchase', 'importer reversal', 'exporter approval'],
      actions: ['kill', 'stop'],
      most: 4,
    },
  ],
  [2, { point: 'activity.start', labels: ACTIVITIES, actions: ['kill', 'stop'], most: 3 }],
  [2, { point: 'activity.recorded', labels: ACTIVITIES, actions: ['kill', 'stop'], most: 3 }],
  [2, { point: 'engine.ask', labels: STARTS, actions: ['refuse'], most: 4 }],
  [2, { point: 'engine.asked', labels: STARTS, actions: ['lose'], most: 4 }],
  [
    1,
    {
      point: 'client.answered',
      labels: ['client buy', 'client reverse', 'client decide'],
      actions: ['lose'],
      most: 4,
    },
  ],
];

/** Single faults are met by the next try: what breaks a rule is mostly several in a row. */
const STORM_SHARE = 0.5;
const STORM_PASSINGS = 8;
const STORM_DENSITY = 0.75;

/** One kind of call that goes wrong again and again, now before and now after it took effect. */
function stormOf(chance: Chance): Fault[] {
  const label = chance.one([...CALLS, 'importer confirm', 'importer confirm', 'exporter decision']);
  return Array.from({ length: STORM_PASSINGS }, (_, index): Fault => {
    const isBefore = chance.isHit(0.5);
    const place = { label, nth: index + 1 };
    const ms = chance.one([3_000, 45_000, 100_000, 200_000]);
    if (!isBefore) return { ...place, point: 'call.answered', action: chance.one(AFTER), ms };
    return { ...place, point: 'call.send', action: chance.one(BEFORE), ms };
  }).filter(() => chance.isHit(STORM_DENSITY));
}

const BEFORE = ['refuse', 'lose', 'late', 'late', 'stop'] as const;
const AFTER = ['lose', 'kill', 'stop'] as const;

function faultOf(chance: Chance): Fault {
  const place = weighted(chance, PLACES);
  const { point, labels, actions, most } = place;
  const action = chance.one(actions);
  return {
    ...{ point, action },
    label: chance.one(labels),
    nth: chance.whole(1, most),
    ...((action === 'late' || action === 'stop') && {
      ms: chance.one([500, 3_000, 45_000, 200_000]),
    }),
  };
}
