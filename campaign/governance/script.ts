import type { Chance } from '../chance.ts';
import type { Fault, FaultAction, CampaignPoint } from '../faults.ts';
import type { Operation, Script } from '../script.ts';
import { weighted, type Choice } from '../weighted.ts';
import type { Act } from './acts.ts';
import { governedPlotOf } from './plots.ts';

/** In so many seeds the Control Plane takes part; it nearly doubles what they cost. */
const GOVERNED_SHARE = 0.25;
const PLOT_SHARE = 0.4;
/** People of the Control Plane act when the others have begun, and a little after them. */
const AFTER_MS = 15_000;
const FAULT_COUNTS: readonly Choice<number>[] = [
  [2, 0],
  [3, 2],
  [2, 4],
  [1, 8],
];

/**
 * Some seeds are governed. Their part is drawn beside the rest, which is the same script with it and
 * without.
 */
export function governed(chance: Chance, script: Script): Script {
  if (!chance.isHit(GOVERNED_SHARE)) return script;
  const plotted = chance.isHit(PLOT_SHARE) ? governedPlotOf(chance, script) : script;
  const lastMs = Math.max(...plotted.operations.map(({ atMs }) => atMs));
  const acts = Array.from({ length: chance.whole(1, 4) }, () => {
    const atMs = chance.whole(0, lastMs + AFTER_MS);
    return withAnswer(chance, atMs, actOf(chance));
  }).flat();
  const faults = Array.from({ length: weighted(chance, FAULT_COUNTS) }, () => faultOf(chance));
  return {
    ...plotted,
    isGoverned: true,
    operations: [...plotted.operations, ...acts],
    faults: [...plotted.faults, ...faults],
  };
}

function actOf(chance: Chance): Act | (Operation & { readonly kind: 'crash' | 'limit' }) {
  const at = { atMs: 0 };
  return weighted<Act | (Operation & { readonly kind: 'crash' | 'limit' })>(chance, [
    [3, { kind: 'signal', action: chance.one(['DISABLE', 'DISABLE', 'ENABLE'] as const) }],
    [1, { kind: 'resend' }],
    [4, { kind: 'settle', percent: chance.one([10, 37, 50, 100]), again: chance.isHit(0.5) }],
    [2, { ...at, kind: 'limit', amount: chance.one(['20.00', '100.00', '300.00']) }],
    [1, { ...at, kind: 'crash', party: 'cp', forMs: chance.one([0, 5_000, 95_000]) }],
  ]);
}

/** Who stopped a pair lifts that later, and who narrowed a limit widens it. */
function withAnswer(
  chance: Chance,
  atMs: number,
  act: ReturnType<typeof actOf>,
): readonly Operation[] {
  const later = atMs + chance.whole(0, AFTER_MS);
  const first = { ...act, atMs } as Operation;
  if (act.kind === 'signal') return [first, { atMs: later, kind: 'signal', action: 'ENABLE' }];
  if (act.kind === 'limit') return [first, { atMs: later, kind: 'limit', amount: '100000.00' }];
  return [first];
}

interface Place {
  readonly point: CampaignPoint;
  readonly labels: readonly string[];
  readonly actions: readonly FaultAction[];
}

const CALLS = ['cp signal', 'cp signal', 'cp nudge', 'importer pull', 'exporter pull'];
const PLACES: readonly Choice<Place>[] = [
  [
    4,
    {
      point: 'call.send',
      labels: CALLS,
      actions: ['refuse', 'lose', 'late', 'double', 'stop', 'kill'],
    },
  ],
  [4, { point: 'call.answered', labels: CALLS, actions: ['lose', 'lose', 'stop', 'kill'] }],
  [
    2,
    {
      point: 'transaction.committed',
      labels: ['cp transaction'],
      actions: ['fail', 'kill', 'stop', 'down'],
    },
  ],
  [1, { point: 'transaction.commit', labels: ['cp transaction'], actions: ['fail', 'kill'] }],
  [1, { point: 'task.local', labels: ['cp deliverSignal'], actions: ['kill', 'stop', 'down'] }],
  [
    1,
    {
      point: 'task.recorded',
      labels: ['cp signalDispatch', 'cp settlementDelivery'],
      actions: ['kill', 'stop'],
    },
  ],
  [
    1,
    {
      point: 'activity.recorded',
      labels: ['cp deliverSignal', 'cp nudgeWl', 'cp readSettlementDelivery'],
      actions: ['kill', 'stop'],
    },
  ],
  [
    1,
    {
      point: 'engine.ask',
      labels: ['cp start signalDispatch', 'cp start settlementDelivery', 'cp signal look'],
      actions: ['refuse'],
    },
  ],
  [
    1,
    {
      point: 'engine.asked',
      labels: ['cp start signalDispatch', 'cp start settlementDelivery'],
      actions: ['lose'],
    },
  ],
  [
    2,
    {
      point: 'client.answered',
      labels: ['client settle', 'client confirm', 'client signal', 'client govern'],
      actions: ['lose'],
    },
  ],
];
/** Most faults come early: a signal has few attempts where nothing is wrong. */
const PASSINGS_MAX = 4;

function faultOf(chance: Chance): Fault {
  const { point, labels, actions } = weighted(chance, PLACES);
  return {
    ...{ point, label: chance.one(labels), action: chance.one(actions) },
    nth: chance.whole(1, PASSINGS_MAX),
    ms: chance.one([500, 3_000, 45_000, 95_000]),
  };
}
