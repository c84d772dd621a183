import type { Chance } from '../chance.ts';
import type { Fault } from '../faults.ts';
import type { Operation, Script } from '../script.ts';

/** What chance alone would hardly bring together; it is added to what the script has anyway. */
type Plot = (chance: Chance, script: Script) => Script;

const RICH_MINOR = 10_000_00;
const PRICE_MINOR = 80_00;
const PASSINGS = 3;

/** One member and one offer more: the others keep their numbers. */
function withTrade(script: Script, purchases: readonly number[]): Script {
  const offer = script.offers.length;
  const member = script.fundsMinor.length;
  return {
    ...script,
    offers: [...script.offers, { stock: 50, priceMinor: PRICE_MINOR }],
    fundsMinor: [...script.fundsMinor, ...purchases.map(() => RICH_MINOR)],
    limitAmount: '100000.00',
    operations: [
      ...script.operations,
      ...purchases.map((atMs, index): Operation => ({
        ...{ kind: 'buy', member: member + index, offer, quantity: 1, atMs },
      })),
    ],
  };
}

const faults = (make: (nth: number) => Fault): Fault[] =>
  Array.from({ length: PASSINGS }, (_, index) => make(index + 1));

/** A signal whose answers get lost is sent again while a newer one is being applied. */
const overtaken: Plot = (chance, script) => {
  const at = chance.whole(6_000, 12_000);
  const traded = withTrade(script, [0, at + 500]);
  return {
    ...traded,
    operations: [
      ...traded.operations,
      { kind: 'signal', action: 'DISABLE', atMs: at },
      { kind: 'signal', action: 'ENABLE', atMs: at + chance.whole(0, 1_500) },
      { kind: 'signal', action: 'DISABLE', atMs: at + chance.whole(1_000, 3_000) },
      { kind: 'signal', action: 'ENABLE', atMs: at + chance.whole(20_000, 40_000) },
    ],
    faults: [
      ...traded.faults,
      ...faults((nth) => {
        const isBefore = chance.isHit(0.6);
        const point = isBefore ? 'call.send' : 'call.answered';
        const action = isBefore ? chance.one(['late', 'double', 'lose'] as const) : 'lose';
        return { point, label: 'cp signal', nth, action, ms: chance.whole(200, 4_000) };
      }),
    ],
  };
};

/** A settlement is told twice over a bad line while captures arrive. */
const paidOverBadLine: Plot = (chance, script) => {
  const traded = withTrade(script, [0, 1_000, 14_000, 15_000]);
  const side = chance.one(['importer pull', 'exporter pull']);
  return {
    ...traded,
    operations: [
      ...traded.operations,
      { kind: 'settle', percent: chance.one([50, 100]), again: true, atMs: 14_000 },
      { kind: 'settle', percent: 37, again: false, atMs: 14_000 + chance.whole(0, 5_000) },
    ],
    faults: [
      ...traded.faults,
      // The first pulls of a seed come with its revisions; a settlement's nudge brings the next.
      ...faults((nth) => ({
        ...{ label: side, nth },
        point: chance.one(['call.send', 'call.answered'] as const),
        action: chance.one(['lose', 'kill', 'stop'] as const),
        ms: chance.one([3_000, 12_000, 25_000]),
      })),
      { point: 'client.answered', label: 'client settle', nth: 1, action: 'lose' },
    ],
  };
};

/** The exposure goes over its limit and comes back: the pair is stopped and freed by itself. */
const overTheLimit: Plot = (chance, script) => {
  const traded = withTrade(script, [0, 500, 40_000]);
  return {
    ...traded,
    operations: [
      ...traded.operations,
      { kind: 'limit', amount: '100.00', atMs: 15_000 },
      { kind: 'settle', percent: 100, again: chance.isHit(0.5), atMs: 18_000 },
      { kind: 'limit', amount: '100000.00', atMs: chance.whole(30_000, 60_000) },
    ],
    faults: [
      ...traded.faults,
      ...faults((nth) => ({
        ...{ label: 'cp transaction', nth: nth + chance.whole(0, 12) },
        point: 'transaction.committed' as const,
        action: chance.one(['kill', 'fail', 'down'] as const),
        ms: 5_000,
      })),
    ],
  };
};

const PLOTS: readonly Plot[] = [overtaken, paidOverBadLine, overTheLimit];

export function governedPlotOf(chance: Chance, script: Script): Script {
  return chance.one(PLOTS)(chance, script);
}
