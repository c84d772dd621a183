import { divideHalfUp, minor, type Minor } from './money.ts';
import { ok, refuse, type Result } from './result.ts';

/** A factor with eight decimals held as an integer: 1.5 is 150000000n. Exact, never a float. */
export type Rate = bigint & { readonly rate: unique symbol };

const RATE_DECIMALS = 8;
const RATE_ONE = 10n ** BigInt(RATE_DECIMALS);
const RATE_FORM = /^(0|[1-9]\d{0,8})(?:\.(\d{1,8}))?$/;
// Numbers print small values in exponent form (1e-7); they are refused rather than guessed at.

/**
 * Reads an exporter currency to importer currency rate: positive, at most eight decimals, as string
 * or number; else VALIDATION_FAILED (RULES.md 1).
 */
export function parseRate(input: string | number): Result<Rate, 'VALIDATION_FAILED'> {
  const factor = parseFactor(input);
  return factor.ok && factor.value === 0n ? refuse('VALIDATION_FAILED') : factor;
}

/** Reads a factor that may be zero, such as a commission rate (0.05 = 5 %). */
export function parseFactor(input: string | number): Result<Rate, 'VALIDATION_FAILED'> {
  const match = RATE_FORM.exec(typeof input === 'number' ? String(input) : input);
  if (match === null) return refuse('VALIDATION_FAILED');
  const [, whole, fraction = ''] = match;
  const digits = BigInt(whole ?? '0') * RATE_ONE + BigInt(fraction.padEnd(RATE_DECIMALS, '0'));
  return ok(digits as Rate);
}

/** Writes a rate as a decimal string without trailing zeros, `"1.23456789"`. */
export function formatRate(rate: Rate): string {
  const whole = rate / RATE_ONE;
  const fraction = String(rate % RATE_ONE)
    .padStart(RATE_DECIMALS, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}

/**
 * Origin unit price (exporter's minor units) times the rate, rounded half up to the importer's minor
 * unit (RULES.md 1). Zero means that the offer is not eligible.
 */
export function convertUnitPrice(originUnitPrice: Minor, rate: Rate): Minor {
  return minor(divideHalfUp(originUnitPrice * rate, RATE_ONE));
}

/** Commission in BRL minor units at par: total times the relationship's rate, rounded half up. */
export function commissionOf(total: Minor, commissionRate: Rate): Minor {
  return minor(divideHalfUp(total * commissionRate, RATE_ONE));
}
