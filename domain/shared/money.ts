import { invariant } from './invariant.ts';
import { ok, refuse, type Result } from './result.ts';

/** Integer minor units, scale 2 (RULES.md 1). Never mixed with another currency's. */
export type Minor = bigint & { readonly minor: unique symbol };

/** A WL's own X$ currency (`XEX`, `XIM`) or `BRL`, in which commission is paid. */
export type Currency = string & { readonly currency: unique symbol };

export interface Money {
  readonly minor: Minor;
  readonly currency: Currency;
}

export const COMMISSION_CURRENCY = 'BRL' as Currency;

// Nine integer digits keep price x rate x quantity far inside PostgreSQL's bigint.
const DECIMAL_FORM = /^(-?)(0|[1-9]\d{0,11})(?:\.(\d{1,2}))?$/;
const CURRENCY_FORM = /^[A-Z]{3}$/;
const SCALE = 100n;

/** Brands an integer count of minor units. */
export function minor(units: bigint): Minor {
  return units as Minor;
}

/** Reads a currency code: three capital letters, else VALIDATION_FAILED. */
export function parseCurrency(text: string): Result<Currency, 'VALIDATION_FAILED'> {
  return CURRENCY_FORM.test(text) ? ok(text as Currency) : refuse('VALIDATION_FAILED');
}

/**
 * Reads an amount in major units from a decimal string, or from a number with at most two decimals;
 * anything finer, larger than twelve integer digits or not finite is VALIDATION_FAILED (RULES.md 1).
 */
export function parseMinor(input: string | number): Result<Minor, 'VALIDATION_FAILED'> {
  const match = DECIMAL_FORM.exec(typeof input === 'number' ? String(input) : input);
  if (match === null) return refuse('VALIDATION_FAILED');
  const [, sign, whole, fraction = ''] = match;
  const units = BigInt(whole ?? '0') * SCALE + BigInt(fraction.padEnd(2, '0'));
  return ok(minor(sign === '-' ? -units : units));
}

/** Writes minor units as the wire's decimal string, `"100.00"`. */
export function formatMinor(units: bigint): string {
  const absolute = units < 0n ? -units : units;
  const sign = units < 0n ? '-' : '';
  return `${sign}${absolute / SCALE}.${String(absolute % SCALE).padStart(2, '0')}`;
}

/** Division of non-negative integers, half rounded up. */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  invariant(numerator >= 0n && denominator > 0n, 'half-up division is for amounts from zero up');
  return (2n * numerator + denominator) / (2n * denominator);
}

/** Unit price in minor units times a quantity of whole units. */
export function multiply(unitPrice: Minor, quantity: number): Minor {
  invariant(Number.isSafeInteger(quantity) && quantity > 0, 'a quantity is a positive integer');
  return minor(unitPrice * BigInt(quantity));
}
