import type { Chance } from './chance.ts';
import type { CampaignPoint, Fault } from './faults.ts';
import type { Operation, Script } from './script.ts';

/** What a plot has in the script: it comes first, and the rest follows when it is nearly over. */
type Plot = (chance: Chance, script: Script) => Script;

const CHEAP_MINOR = 10_00;
const DEAR_MINOR = 80_00;
const RICH_MINOR = 10_000_00;
const BURST_AT_MS = 5_000;
/** About as long as a hold lives, and past it. */
const PAST_HOLD_MS = [91_000, 95_000, 100_000, 110_000] as const;

const buy = (member: number, offer: number, atMs = 0): Operation => ({
  ...{ kind: 'buy', member, offer, quantity: 1, atMs },
});

function fault(point: CampaignPoint, label: string, rest: Omit<Fault, 'point' | 'label'>): Fault {
  return { point, label, ...rest };
}

/** As many faults of one kind, at passings one after the other. */
function inARow(count: number, make: (nth: number) => Fault): Fault[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}

const members = (count: number): number[] => Array.from({ length: count }, () => RICH_MINOR);

/** More buyers than units, all at once. */
const lastUnits: Plot = (chance, script) => {
  const stock = chance.whole(1, 2);
  const buyers = stock + chance.whole(1, 2);
  return {
    ...script,
    offers: [{ stock, priceMinor: CHEAP_MINOR }, ...script.offers],
    fundsMinor: members(buyers),
    limitAmount: '100000.00',
    operations: members(buyers).map((_, member) => buy(member, 0)),
  };
};

/** More buyers than headroom, each of another offer: only the pair's row is between them. */
const lastHeadroom: Plot = (chance, script) => {
  const buyers = chance.whole(2, 4);
  const fits = chance.whole(1, buyers - 1);
  return {
    ...script,
    offers: members(buyers).map(() => ({ stock: 50, priceMinor: DEAR_MINOR })),
    fundsMinor: members(buyers),
    limitAmount: `${((1 + fits) * DEAR_MINOR) / 100 + chance.one([0, 79])}.00`,
    operations: [
      // The first of all makes the pair's row, for which the others would wait.
      buy(0, 0),
      ...members(buyers).map((_, member) => buy(member, member, BURST_AT_MS)),
      { kind: 'limit', amount: '100000.00', atMs: 15_000 },
    ],
    // Behind the first purchase's two: one has decided and the others decide beside it.
    faults: lingering(chance, { party: 'exporter', from: 3, count: buyers + 1 }),
  };
};

/** Commits of which some wait until nobody else can move: transactions overlap there. */
function lingering(
  chance: Chance,
  { party, from, count }: { readonly party: string; readonly from: number; readonly count: number },
): Fault[] {
  return inARow(count, (nth) =>
    fault('transaction.commit', `${party} transaction`, { nth: from - 1 + nth, action: 'linger' }),
  ).filter(() => chance.isHit(0.6));
}

/** What was written first is committed last, and the relay looks in between. */
const lateCommit: Plot = (chance, script) => ({
  ...script,
  ...trading(script),
  offers: [0, 1, 2].map(() => ({ stock: 50, priceMinor: CHEAP_MINOR })),
  operations: [0, 1, 2].map((member) => buy(member, member)),
  faults: ['importer', 'exporter'].flatMap((party) =>
    lingering(chance, { party, from: 1, count: 8 }),
  ),
});

const trading = (script: Script): Pick<Script, 'offers' | 'fundsMinor' | 'limitAmount'> => ({
  offers: [{ stock: 50, priceMinor: CHEAP_MINOR }, ...script.offers.slice(0, 2)],
  fundsMinor: members(3),
  limitAmount: '100000.00',
});

/** All workers die amid a purchase, and are back when its hold is over. */
const lateWorkers: Plot = (chance, script) => ({
  ...script,
  ...trading(script),
  operations: [buy(0, 0, chance.whole(0, 50_000)), buy(1, 0, chance.whole(0, 50_000))],
  faults: [
    fault('task.local', 'importer confirm', {
      ...{ nth: 1, action: 'down', ms: chance.one(PAST_HOLD_MS) },
    }),
  ],
});

/** All workers die at a commit, before it or after. */
const lostCommit: Plot = (chance, script) => ({
  ...script,
  ...trading(script),
  operations: [buy(0, 0)],
  faults: [
    fault(chance.one(['transaction.commit', 'transaction.committed']), 'importer transaction', {
      ...{ nth: chance.whole(1, 3), action: chance.one(['down', 'kill', 'fail']) },
      ms: chance.one([5_000, 65_000, 95_000]),
    }),
  ],
});

/** A confirm waits for a lock while time passes; who holds the lock has no effect in the end. */
const slowLock: Plot = (chance, script) => ({
  ...script,
  ...trading(script),
  operations: [buy(0, 0)],
  faults: [
    fault('call.send', 'importer confirm', { nth: 1, action: 'double' }),
    fault('transaction.commit', 'exporter transaction', {
      ...{ nth: 2, action: 'fail', ms: chance.one(PAST_HOLD_MS), isLingering: true },
    }),
  ],
});

/** The confirm arrives when the importer has long begun to ask what came of it. */
const lateConfirm: Plot = (chance, script) => ({
  ...script,
  ...trading(script),
  operations: [buy(0, 0), buy(1, 0, chance.whole(0, 2_000))],
  faults: inARow(4, (nth) =>
    fault('call.send', 'importer confirm', {
      ...{ nth, action: chance.one(['late', 'late', 'lose', 'refuse']) },
      ms: chance.whole(1_000, 40_000),
    }),
  ),
});

/** It is captured, and nothing that asks for it gets an answer for a while. */
const deaf: Plot = (chance, script) => {
  const silent = chance.whole(1, 4);
  const lost = (call: string): Fault[] =>
    inARow(silent, (nth) =>
      fault(chance.one(['call.send', 'call.send', 'call.answered']), `importer ${call}`, {
        ...{ nth, action: 'lose' },
      }),
    );
  const confirms = inARow(2, (nth) =>
    fault('call.answered', 'importer confirm', { nth, action: 'lose' }),
  );
  return {
    ...script,
    ...trading(script),
    operations: [buy(0, 0)],
    faults: [...confirms, ...lost('status'), ...lost('cancel')],
  };
};

/** A confirmed purchase is reversed over a bad line. */
const badReversal: Plot = (chance, script) => ({
  ...script,
  ...trading(script),
  operations: [buy(0, 0), { kind: 'reverse', of: 0, atMs: 5_000 }],
  faults: inARow(chance.whole(1, 3), (nth) =>
    fault(chance.one(['call.send', 'call.answered']), 'importer reverse', {
      ...{ nth, action: chance.one(['lose', 'lose', 'kill', 'stop']), ms: 3_000 },
    }),
  ),
});

/** Confirmed here and captured there, and then not: the second try finds nobody. */
const capturedThenRefused: Plot = (_chance, script) => ({
  ...script,
  ...trading(script),
  operations: [buy(0, 0)],
  faults: [
    fault('call.answered', 'importer confirm', { nth: 1, action: 'lose' }),
    fault('call.send', 'importer confirm', { nth: 2, action: 'refuse' }),
  ],
});

/** The preflight is lost at either end, again and again: a hold may stand, or not. */
const lostPreflight: Plot = (chance, script) => ({
  ...script,
  ...trading(script),
  operations: [buy(0, 0), buy(1, 0, 100)],
  faults: inARow(chance.whole(2, 4), (nth) =>
    fault(chance.one(['call.send', 'call.answered']), 'importer preflight', {
      ...{ nth, action: chance.one(['lose', 'late', 'kill']), ms: 5_000 },
    }),
  ).map((one) =>
    one.point === 'call.answered' && one.action === 'late' ? { ...one, action: 'lose' } : one,
  ),
});

/** The same buyer asks with the same key, at once and again. */
const impatient: Plot = (chance, script) => ({
  ...script,
  ...trading(script),
  operations: [
    buy(0, 0),
    { kind: 'repeat', of: 0, atMs: 0 },
    { kind: 'repeat', of: 0, atMs: chance.whole(0, 5_000) },
  ],
});

const PLOTS: readonly Plot[] = [
  lastUnits,
  lastHeadroom,
  lastHeadroom,
  lateCommit,
  lateCommit,
  lateWorkers,
  lostCommit,
  slowLock,
  lateConfirm,
  deaf,
  badReversal,
  capturedThenRefused,
  lostPreflight,
  impatient,
];

/** The beginning of a seed's script, chosen by chance. */
export function plotOf(chance: Chance, script: Script): Script {
  return chance.one(PLOTS)(chance, script);
}
