import type { Chance } from './chance.ts';
import type { CampaignPoint, Fault, FaultAction } from './faults.ts';
import { weighted, type Choice } from './weighted.ts';

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

const REPORTS = ['importer report', 'exporter report'];
const TRANSACTIONS = ['importer transaction', 'exporter transaction', 'cp transaction'];

const PLACES: readonly Choice<Place>[] = [
  [
    6,
    {
      point: 'call.send',
      labels: [...CALLS, 'exporter decision', ...REPORTS],
      actions: ['refuse', 'lose', 'late', 'double', 'stop', 'kill'],
      most: 4,
    },
  ],
  [
    6,
    {
      point: 'call.answered',
      labels: [...CALLS, 'exporter decision', ...REPORTS],
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
  [
    3,
    {
      point: 'transaction.commit',
      labels: TRANSACTIONS,
      actions: ['fail', 'kill', 'slow', 'linger', 'linger'],
      most: 16,
    },
  ],
  [
    5,
    {
      point: 'transaction.committed',
      labels: TRANSACTIONS,
      actions: ['fail', 'kill', 'stop', 'down'],
      most: 16,
    },
  ],
  [
    3,
    {
      point: 'task.local',
      labels: STEPS.map((step) => `importer ${step}`),
      actions: ['kill', 'stop', 'down'],
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
const STORM_PASSINGS = 8;
const STORM_DENSITY = 0.75;

/** One kind of call that goes wrong again and again, now before and now after it took effect. */
export function stormOf(chance: Chance): Fault[] {
  const confirm = 'importer confirm';
  const label = chance.one([...CALLS, confirm, confirm, 'exporter decision', ...REPORTS]);
  return Array.from({ length: STORM_PASSINGS }, (_, index): Fault => {
    const isBefore = chance.isHit(0.5);
    const place = { label, nth: index + 1 };
    const ms = chance.one([3_000, 45_000, 100_000, 200_000]);
    if (!isBefore) return { ...place, point: 'call.answered', action: chance.one(AFTER), ms };
    return { ...place, point: 'call.send', action: chance.one(BEFORE), ms };
  }).filter(() => chance.isHit(STORM_DENSITY));
}

const TIMED: ReadonlySet<FaultAction> = new Set(['late', 'stop', 'slow', 'down']);
const BEFORE = ['refuse', 'lose', 'late', 'late', 'stop'] as const;
const AFTER = ['lose', 'kill', 'stop'] as const;

export function faultOf(chance: Chance): Fault {
  const place = weighted(chance, PLACES);
  const { point, labels, actions, most } = place;
  const action = chance.one(actions);
  return {
    ...{ point, action },
    label: chance.one(labels),
    nth: chance.whole(1, most),
    ...(TIMED.has(action) && { ms: chance.one([500, 3_000, 45_000, 95_000, 200_000]) }),
  };
}
