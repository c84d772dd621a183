import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusePreflight, type PreflightFacts } from '../../domain/purchase/preflight.ts';
import {
  readPreflight,
  readRequest,
  recordPreflight,
  recordRequest,
} from '../../domain/purchase/record.ts';
import { refuseRequest } from '../../domain/purchase/request.ts';
import { minor, parseMinor } from '../../domain/shared/money.ts';
import {
  IMPORTER,
  policy,
  relationship,
  exportPolicy,
  offer,
  preflight,
  request,
  CURRENCIES,
  atPreflight,
  atRequest,
} from './explain-facts.ts';

const amounts = fc.bigInt({ min: 0n, max: 500_00n }).map(minor);
const ids = fc.constantFrom('1', '7', '9');
const lists = fc.array(ids, { maxLength: 3 });
const facts: fc.Arbitrary<PreflightFacts> = fc
  .record({
    exposure: amounts,
    windowAmount: amounts,
    limit: amounts,
    max: amounts,
    unitPrice: fc.bigInt({ min: 1n, max: 200_00n }).map(minor),
    quantity: fc.integer({ min: 0, max: 8 }),
    used: fc.integer({ min: 0, max: 8 }),
    status: fc.constantFrom('ACTIVE' as const, 'PAUSED' as const),
    includeCategories: lists,
    excludeCategories: lists,
    visibilityWls: fc.subarray([IMPORTER, 'another']),
    delay: fc.integer({ min: 0, max: 90 }),
  })
  .map((some) =>
    preflight({
      ...{ exposure: some.exposure, windowAmount: some.windowAmount, quantity: some.quantity },
      expectedUnitPrice: some.unitPrice,
      offer: { ...offer, unitPrice: some.unitPrice, stock: 8, used: some.used },
      policy: {
        ...{ ...policy, visibilityWls: some.visibilityWls, exportDelaySeconds: some.delay },
      },
      relationship: {
        ...{ ...relationship, status: some.status, limit: some.limit },
        velocity: { max: some.max, windowSeconds: 60 },
        exportPolicy: {
          ...exportPolicy,
          includeCategories: some.includeCategories,
          excludeCategories: some.excludeCategories,
        },
      },
    }),
  );

/** Nothing in the way but the limit. */
const overLimit = fc
  .record({
    limit: amounts,
    unitPrice: fc.bigInt({ min: 1n, max: 200_00n }).map(minor),
    quantity: fc.integer({ min: 1, max: 6 }),
    over: fc.bigInt({ min: 1n, max: 300_00n }),
  })
  .map(({ limit, unitPrice, quantity, over }) =>
    preflight({
      ...{ quantity, expectedUnitPrice: unitPrice, offer: { ...offer, unitPrice } },
      exposure: minor(limit + over - unitPrice * BigInt(quantity)),
      relationship: { ...relationship, limit },
    }),
  );

describe('for any facts', () => {
  test('what is recorded decides the same', () => {
    fc.assert(
      fc.property(facts, (some) => {
        const recorded = JSON.parse(JSON.stringify(recordPreflight(some, 'XEX')));
        expect(refusePreflight(readPreflight(recorded))).toBe(refusePreflight(some));
      }),
    );
    fc.assert(
      fc.property(amounts, amounts, fc.integer({ min: 1, max: 9 }), (funds, fees, quantity) => {
        const some = request({ funds, fees, quantity });
        const recorded = JSON.parse(JSON.stringify(recordRequest(some, CURRENCIES)));
        expect(refuseRequest(readRequest(recorded))).toBe(refuseRequest(some));
      }),
    );
  });

  test('a refused preflight has a way out', () => {
    fc.assert(
      fc.property(facts, (some) => {
        const code = refusePreflight(some);
        const explanation = atPreflight(some);
        expect(explanation?.code).toBe(code);
        expect((explanation?.waysOut.length ?? 1) > 0).toBe(true);
      }),
    );
  });

  test('a limit that is raised by one minor unit less still refuses, and so does one unit more', () => {
    fc.assert(
      fc.property(overLimit, (some) => {
        const changes = atPreflight(some)?.waysOut.map(({ change }) => change) ?? [];
        const [raised, ...others] = changes;
        const to = parseMinor(String(raised?.to));
        if (!to.ok || some.relationship === undefined) throw new Error('no limit');
        const limitOf = (limit: bigint) => ({
          ...some,
          relationship: { ...relationship, ...some.relationship, limit: minor(limit) },
        });
        expect(refusePreflight(limitOf(to.value))).toBeUndefined();
        expect(refusePreflight(limitOf(to.value - 1n))).toBe('LIMIT_EXCEEDED');
        for (const { kind, to: quantity } of others) {
          if (kind !== 'ORDER_QUANTITY') continue;
          expect(refusePreflight({ ...some, quantity: Number(quantity) })).toBeUndefined();
          expect(refusePreflight({ ...some, quantity: Number(quantity) + 1 })).toBe(
            'LIMIT_EXCEEDED',
          );
        }
      }),
    );
  });

  test('one unit more than a purse pays for is refused', () => {
    fc.assert(
      fc.property(amounts, amounts, fc.integer({ min: 2, max: 60 }), (funds, fees, quantity) => {
        const some = request({ funds, fees, quantity });
        fc.pre(refuseRequest(some) === 'INSUFFICIENT_FUNDS');
        const ways = atRequest(some)?.waysOut ?? [];
        const fewer = ways.find(({ change }) => change.kind === 'ORDER_QUANTITY');
        const most = Number(fewer?.change.to ?? 0);
        if (most > 0) expect(refuseRequest({ ...some, quantity: most })).toBeUndefined();
        expect(refuseRequest({ ...some, quantity: most + 1 })).toBe('INSUFFICIENT_FUNDS');
      }),
    );
  });
});
