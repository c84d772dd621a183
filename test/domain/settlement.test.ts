import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planFor, severityOfMiss } from '../../domain/imbalance/plan.ts';
import { paysDebt, settledAmounts } from '../../domain/imbalance/settlement.ts';
import { parseRate } from '../../domain/shared/fx.ts';
import { minor } from '../../domain/shared/money.ts';

const rate = (text: string) => {
  const parsed = parseRate(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
};

describe('what a settlement moves', () => {
  test.each([
    [24_000n, '1.23456789', 29_630n],
    [1n, '0.5', 1n],
    [3_333n, '0.33333333', 1_111n],
    [10_000n, '1', 10_000n],
  ])('%s at %s is %s at the payer', (amount, text, payer) => {
    expect(settledAmounts(minor(amount), rate(text))).toEqual({
      ok: true,
      value: { payee: amount, payer },
    });
  });

  test.each([
    [0n, '1'],
    [-1n, '1'],
    [1n, '0.49999999'],
  ])('%s at %s is refused: one side would book nothing', (amount, text) => {
    const refused = settledAmounts(minor(amount), rate(text));
    expect(refused).toEqual({ ok: false, code: 'VALIDATION_FAILED' });
  });

  test.each([
    [100n, 100n, 0n, true],
    [101n, 100n, 0n, false],
    [60n, 100n, 40n, true],
    [61n, 100n, 40n, false],
    [1n, 0n, 0n, false],
    [1n, -5n, 0n, false],
  ])('%s of a debt of %s with %s pending: %s', (amount, captured, pending, pays) => {
    expect(paysDebt(amount, { captured, pending })).toBe(pays);
  });
});

describe('a plan', () => {
  test.each([
    { exposure: 110_000n, limit: 100_000n, enable: 90, is: [90_000n, 20_000n, 10_000n] },
    { exposure: 100_001n, limit: 100_000n, enable: 90, is: [90_000n, 10_001n, 5_001n] },
    { exposure: 5n, limit: 3n, enable: 90, is: [2n, 3n, 2n] },
    { exposure: 1n, limit: 0n, enable: 90, is: [0n, 1n, 1n] },
    { exposure: 101n, limit: 100n, enable: 100, is: [100n, 1n, 1n] },
  ])('of $exposure over $limit to $enable %', ({ exposure, limit, enable, is }) => {
    const { target, needed, steps } = planFor({ exposure, limit, enablePercent: enable });
    expect([target, needed, steps[0]?.amount]).toEqual(is);
    expect(steps[1]?.amount).toBe(needed);
  });

  test('brings the exposure to the very amount that enables, and not one unit further', () => {
    const amounts = fc.bigInt(0n, 10n ** 15n);
    fc.assert(
      fc.property(amounts, amounts, fc.integer({ min: 0, max: 100 }), (limit, over, percent) => {
        const exposure = limit + over + 1n;
        const { target, needed } = planFor({ exposure, limit, enablePercent: percent });
        expect(exposure - needed).toBe(target);
        expect(target * 100n <= limit * BigInt(percent)).toBe(true);
        expect((target + 1n) * 100n > limit * BigInt(percent)).toBe(true);
      }),
    );
  });

  test('of a pair below its threshold is a mistake of ours', () => {
    expect(() => planFor({ exposure: 90n, limit: 100n, enablePercent: 90 })).toThrow(/threshold/);
  });

  test('is urgent at its last deadline', () => {
    expect([1, 2].map((step) => severityOfMiss(step, 2))).toEqual(['WARNING', 'CRITICAL']);
  });
});
