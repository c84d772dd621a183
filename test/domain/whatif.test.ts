import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusePreflight } from '../../domain/purchase/preflight.ts';
import { whatIf, type PastTrade, type WhatIf } from '../../domain/purchase/whatif.ts';
import { minor } from '../../domain/shared/money.ts';
import { NOW, offer, preflight, rate, relationship, request, SECOND } from './explain-facts.ts';

/** A purchase of `units` at 80.00, `seconds` after NOW, with so much of exposure before it. */
function sold(seconds: number, units: number, exposureMinor: bigint): PastTrade {
  return {
    ...{ id: `t${seconds}`, at: NOW + seconds * SECOND, reversed: false },
    preflight: preflight({
      ...{ quantity: units, exposure: minor(exposureMinor), now: NOW + seconds * SECOND },
      offer: { ...offer, stock: 1_000, used: 0 },
    }),
    request: request({ quantity: units, funds: minor(10_000_00n), fees: minor(1_000_00n) }),
    confirmed: exposureMinor + BigInt(units) * 80_00n <= relationship.limit,
  };
}

/** The limit is 1,000.00: the third is refused, the fourth fits again. */
const TRADES = [sold(1, 5, 0n), sold(2, 5, 400_00n), sold(3, 4, 800_00n), sold(4, 2, 800_00n)];

const run = (change: WhatIf, trades = TRADES) => {
  const { flips, gained, avoided, rerun } = whatIf(trades, change, NOW);
  return {
    ...{ gained, avoided, rerun },
    flips: flips.map(({ id, before, after }) => `${id} ${before ?? 'ok'} > ${after ?? 'ok'}`),
  };
};

describe('with another limit', () => {
  test.each([
    [
      '1,120.00 lets the third pass, which takes the fourth’s place',
      1_120_00n,
      {
        flips: ['t3 LIMIT_EXCEEDED > ok', 't4 ok > LIMIT_EXCEEDED'],
        gained: 320_00n,
        avoided: 160_00n,
      },
    ],
    [
      '1,280.00 lets both pass',
      1_280_00n,
      { flips: ['t3 LIMIT_EXCEEDED > ok'], gained: 320_00n, avoided: 0n },
    ],
    [
      '799.99 refuses the second: the third finds its room',
      799_99n,
      {
        flips: ['t2 ok > LIMIT_EXCEEDED', 't3 LIMIT_EXCEEDED > ok', 't4 ok > LIMIT_EXCEEDED'],
        ...{ gained: 320_00n, avoided: 560_00n },
      },
    ],
    ['1,000.00 changes nothing', 1_000_00n, { flips: [], gained: 0n, avoided: 0n }],
  ])('%s', (_name, limit, expected) => {
    expect(run({ limit: minor(limit) })).toEqual({ ...expected, rerun: 4 });
  });

  test('room that a refused one would have given back by itself is given back once', () => {
    const released = { ...sold(2, 5, 400_00n), releasedAt: NOW + 3 * SECOND, confirmed: false };
    const trades = [sold(1, 5, 0n), released, sold(4, 5, 400_00n)];
    expect(run({ limit: minor(400_00n) }, trades).flips).toEqual([
      't2 ok > LIMIT_EXCEEDED',
      't4 ok > LIMIT_EXCEEDED',
    ]);
  });
});

test('another export policy refuses what it does not admit', () => {
  const exportPolicy = {
    ...{ enabled: true, includeCategories: [], excludeCategories: ['7'] },
    ...{ entityAllowlist: [], entityBlocklist: [] },
  };
  expect(run({ exportPolicy })).toMatchObject({
    flips: ['t1', 't2', 't4'].map((id) => `${id} ok > EXPORT_POLICY_DENIED`),
    avoided: 960_00n,
  });
  expect(run({ exportPolicy: null }).flips).toEqual([]);
});

test('a velocity counts what the window holds, from before the first one too', () => {
  const early = sold(-1, 5, 0n);
  const velocity = { max: minor(800_00n), windowSeconds: 4 };
  // Without the second there is room in the limit for the third, and none in the window for the fourth.
  expect(run({ velocity }, [early, ...TRADES]).flips).toEqual([
    't2 ok > VELOCITY_EXCEEDED',
    't3 LIMIT_EXCEEDED > ok',
    't4 ok > VELOCITY_EXCEEDED',
  ]);
  expect(run({ velocity }).flips).toEqual(['t4 ok > VELOCITY_EXCEEDED']);
  expect(run({ velocity: null }).flips).toEqual([]);
});

test('another rate changes what buyers pay, and refuses whom it asks too much of', () => {
  const poor = { ...sold(1, 1, 0n), request: request({ quantity: 1, funds: minor(120_00n) }) };
  const result = whatIf([poor, sold(2, 1, 80_00n)], { fxRate: rate('1.6') }, NOW);
  expect(result.flips).toMatchObject([{ id: 't1', after: 'INSUFFICIENT_FUNDS' }]);
  expect(result.paid).toEqual({ before: 240_00n, after: 128_00n });
  expect(result.avoided).toBe(80_00n);
});

test('what the importer refused then and not now is undecided; what was not recorded is counted', () => {
  const refused: PastTrade = {
    ...{ ...sold(1, 1, 0n), preflight: undefined, confirmed: false },
    request: request({ quantity: 1, funds: minor(100_00n) }),
  };
  const unrecorded: PastTrade = { id: 'old', at: NOW, reversed: false, confirmed: true };
  expect(whatIf([refused, unrecorded], { fxRate: rate('1.2') }, NOW)).toMatchObject({
    ...{ undecided: 1, unrecorded: 1, rerun: 1, flips: [] },
  });
});

const histories = fc
  .array(fc.record({ units: fc.integer({ min: 1, max: 6 }), released: fc.boolean() }), {
    maxLength: 20,
  })
  .map((wishes) => {
    let exposure = 0n;
    return wishes.map(({ units, released }, index): PastTrade => {
      const trade = sold(index * 2, units, exposure);
      const held = trade.preflight !== undefined && refusePreflight(trade.preflight) === undefined;
      if (held && !released) exposure += BigInt(units) * 80_00n;
      const releasedAt = held && released ? trade.at + SECOND : undefined;
      return { ...trade, releasedAt, confirmed: held && !released };
    });
  });

describe('for any history', () => {
  test('no change flips nothing', () => {
    fc.assert(
      fc.property(histories, (trades) => {
        const same = { limit: relationship.limit, fxRate: rate('1.5') };
        expect(whatIf(trades, {}, NOW).flips).toEqual([]);
        expect(whatIf(trades, same, NOW).flips).toEqual([]);
      }),
    );
  });

  test('with any limit, what passes fits in it, and nothing that fits is refused', () => {
    fc.assert(
      fc.property(histories, fc.bigInt({ min: 0n, max: 3_000_00n }), (trades, limit) => {
        const { flips } = whatIf(trades, { limit: minor(limit) }, NOW);
        const flipped = new Map(flips.map(({ id, after }) => [id, after === undefined]));
        let exposure = 0n;
        for (const { id, preflight: facts, releasedAt } of trades) {
          if (facts === undefined) throw new Error(id);
          const passes = flipped.get(id) ?? refusePreflight(facts) === undefined;
          const amount = BigInt(facts.quantity) * 80_00n;
          expect(passes).toBe(exposure + amount <= limit);
          if (passes && releasedAt === undefined) exposure += amount;
        }
      }),
    );
  });
});
