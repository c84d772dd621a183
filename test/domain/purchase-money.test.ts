import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { costOf } from '../../domain/purchase/terms.ts';
import {
  commissionOf,
  convertUnitPrice,
  formatRate,
  parseFactor,
  parseRate,
  type Rate,
} from '../../domain/shared/fx.ts';
import { divideHalfUp, formatMinor, minor, parseMinor } from '../../domain/shared/money.ts';

const ONE = 10n ** 8n;
const rateOf = (text: string): Rate => {
  const rate = parseFactor(text);
  if (!rate.ok) throw new Error(`${text} is a rate`);
  return rate.value;
};
const rates = fc.bigInt({ min: 1n, max: 1_000n * ONE }).map((units) => units as Rate);
const prices = fc.bigInt({ min: 0n, max: 10n ** 11n }).map(minor);

describe('a price in another currency', () => {
  test('the worked purchase of the rules comes out to the cent', () => {
    const unit = convertUnitPrice(minor(80_00n), rateOf('1.23456789'));
    expect(formatMinor(unit)).toBe('98.77');
    const cost = costOf(unit, 3, rateOf('0.05'));
    expect(formatMinor(cost.amount)).toBe('296.31');
    expect(formatMinor(cost.commission)).toBe('14.82');
  });

  test.each([
    ['1.00', '0.005', '0.01'],
    ['1.00', '0.00499999', '0.00'],
    ['0.01', '0.5', '0.01'],
    ['0.01', '0.33333333', '0.00'],
    ['100.00', '0.33333333', '33.33'],
    ['999999999.99', '1', '999999999.99'],
  ])('%s at %s is %s, half up', (price, rate, expected) => {
    const parsed = parseMinor(price);
    expect(parsed.ok && formatMinor(convertUnitPrice(parsed.value, rateOf(rate)))).toBe(expected);
  });

  test('the rounded price is within half a minor unit of the exact one, and half goes up', () => {
    fc.assert(
      fc.property(prices, rates, (price, rate) => {
        const twiceOff = 2n * (convertUnitPrice(price, rate) * ONE - price * rate);
        expect(twiceOff > -ONE && twiceOff <= ONE).toBe(true);
      }),
    );
  });

  test('a higher price never costs less, and the rate of one changes nothing', () => {
    fc.assert(
      fc.property(prices, prices, rates, (a, b, rate) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(convertUnitPrice(low, rate) <= convertUnitPrice(high, rate)).toBe(true);
        expect(convertUnitPrice(a, ONE as Rate)).toBe(a);
      }),
    );
  });

  test('a total is the rounded unit price times the quantity, never a rounded total', () => {
    fc.assert(
      fc.property(prices, rates, fc.integer({ min: 1, max: 10_000 }), (price, rate, quantity) => {
        const unit = convertUnitPrice(price, rate);
        const { amount, commission } = costOf(unit, quantity, rate);
        expect(amount).toBe(unit * BigInt(quantity));
        expect(commission).toBe(commissionOf(amount, rate));
      }),
    );
  });
});

describe('decimal texts', () => {
  test('amounts and rates survive being written and read', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }), rates, (units, rate) => {
        expect(parseMinor(formatMinor(units))).toEqual({ ok: true, value: units });
        expect(parseRate(formatRate(rate))).toEqual({ ok: true, value: rate });
      }),
    );
  });

  test.each(['1.001', '1,00', '', ' 1', '+1', '01', '1e3', 'NaN', '9999999999999'])(
    '%p is no amount',
    (text) => expect(parseMinor(text)).toEqual({ ok: false, code: 'VALIDATION_FAILED' }),
  );

  test.each(['0', '0.00000000', '-1', '1.123456789', '1e-7', ''])('%p is no rate', (text) =>
    expect(parseRate(text)).toEqual({ ok: false, code: 'VALIDATION_FAILED' }),
  );

  test('half up is for amounts from zero up', () => {
    expect(divideHalfUp(5n, 10n)).toBe(1n);
    expect(divideHalfUp(4n, 10n)).toBe(0n);
    expect(() => divideHalfUp(-1n, 2n)).toThrow('from zero up');
  });
});
