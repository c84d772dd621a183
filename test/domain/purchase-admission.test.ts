import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  QUANTITY_MAX,
  refuseAdmission,
  splitClawback,
  type AdmissionFacts,
} from '../../domain/purchase/admission.ts';
import { needsApproval } from '../../domain/policy/relationship.ts';
import { minor } from '../../domain/shared/money.ts';

/** 3 units at 80.00, stock 10 of which 7 are used, headroom exactly 240.00. */
const fits: AdmissionFacts = {
  quantity: 3,
  expectedUnitPrice: minor(80_00n),
  offer: { unitPrice: minor(80_00n), stock: 10, used: 7 },
  openHolds: { importer: 499, buyer: 4 },
  caps: { importer: 500, buyer: 5 },
  windowAmount: minor(760_00n),
  exposure: minor(99_760_00n),
  relationship: {
    limit: minor(100_000_00n),
    limitMode: 'HARD',
    velocity: { max: minor(1_000_00n), windowSeconds: 60 },
  },
};

/** RULES.md 2's order after the export checks; each fact alone gives its code. */
const IN_ORDER: readonly (readonly [string, Partial<AdmissionFacts>])[] = [
  ['QUANTITY_INVALID', { quantity: QUANTITY_MAX + 1 }],
  ['PRICE_CHANGED', { expectedUnitPrice: minor(80_01n) }],
  ['OUT_OF_STOCK', { offer: { unitPrice: minor(80_00n), stock: 10, used: 8 } }],
  ['HOLDS_TOO_MANY', { openHolds: { importer: 500, buyer: 0 } }],
  ['VELOCITY_EXCEEDED', { windowAmount: minor(760_01n) }],
  ['LIMIT_EXCEEDED', { exposure: minor(99_760_01n) }],
];

describe('the second half of a preflight', () => {
  test('everything exactly at its bound is admitted', () => {
    expect(refuseAdmission(fits)).toBeUndefined();
  });

  test.each(IN_ORDER)('%s is refused one unit above the bound', (code, change) => {
    expect(refuseAdmission({ ...fits, ...change })).toBe(code);
  });

  test.each(IN_ORDER.map(([code], index) => [code, index] as const))(
    '%s goes before everything after it',
    (code, index) => {
      const rest = Object.assign({}, ...IN_ORDER.slice(index).map(([, change]) => change));
      expect(refuseAdmission({ ...fits, ...rest, ...IN_ORDER[index]?.[1] })).toBe(code);
    },
  );

  test.each([0, -1, 1.5, Number.NaN])('a quantity of %p is invalid', (quantity) => {
    expect(refuseAdmission({ ...fits, quantity })).toBe('QUANTITY_INVALID');
  });

  test("the buyer's own cap refuses like the importer's", () => {
    const openHolds = { importer: 5, buyer: 5 };
    expect(refuseAdmission({ ...fits, openHolds })).toBe('HOLDS_TOO_MANY');
  });

  test('a SOFT limit never refuses, a velocity that is not set neither', () => {
    const relationship = { limit: minor(1n), limitMode: 'SOFT' as const };
    expect(refuseAdmission({ ...fits, relationship })).toBeUndefined();
  });

  test('no HARD admission ever leads above the limit, and none below it is refused', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 12n });
    fc.assert(
      fc.property(amount, amount, fc.integer({ min: 1, max: 50 }), (limit, exposure, quantity) => {
        const refusal = refuseAdmission({
          ...fits,
          quantity,
          offer: { ...fits.offer, stock: 100, used: 0 },
          exposure: minor(exposure),
          relationship: { limit: minor(limit), limitMode: 'HARD' },
        });
        const above = exposure + 80_00n * BigInt(quantity) > limit;
        expect(refusal).toBe(above ? 'LIMIT_EXCEEDED' : undefined);
      }),
    );
  });
});

test.each([
  ['AUTO', 10n ** 9n, false],
  ['MANUAL', 1n, true],
  ['ABOVE', 1_000_00n, false],
  ['ABOVE', 1_000_01n, true],
] as const)('approval %s of %p minor units: %p', (mode, amount, waits) => {
  expect(needsApproval({ mode, above: minor(1_000_00n) }, minor(amount))).toBe(waits);
});

test.each([
  [500n, 300n, { fromSeller: 300n, clawback: 0n }],
  [300n, 300n, { fromSeller: 300n, clawback: 0n }],
  [100n, 300n, { fromSeller: 100n, clawback: 200n }],
  [0n, 300n, { fromSeller: 0n, clawback: 300n }],
])('of a seller with %p a reversal of %p takes %p', (balance, amount, split) => {
  expect(splitClawback(minor(balance), minor(amount))).toEqual(split);
});
