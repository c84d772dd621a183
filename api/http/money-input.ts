import { z } from 'zod';
import { formatMinor, parseMinor, type Minor } from '../../domain/shared/money.ts';

export interface MoneyInputOptions {
  /** Named in the document only; the amount carries no currency of its own. */
  readonly currency?: string;
  /** Smallest admitted amount in minor units; zero unless told. */
  readonly atLeast?: bigint;
}

/**
 * An amount in a request: a decimal string, or a number, with at most two decimals (RULES.md 1).
 * Comes out in minor units.
 */
export function moneyInput({ currency, atLeast = 0n }: MoneyInputOptions = {}) {
  return z
    .union([z.string(), z.number()])
    .meta({
      description: `Amount in ${currency ?? 'major units'}, at most two decimals.`,
      examples: ['100.00'],
    })
    .transform((input, context): Minor => {
      const amount = parseMinor(input);
      if (!amount.ok) {
        context.addIssue({
          code: 'custom',
          message: 'is a decimal amount with at most two decimals, such as "100.00"',
          params: { rule: 'money' },
        });
        return z.NEVER;
      }
      if (amount.value < atLeast) {
        context.addIssue(`is at least ${formatMinor(atLeast)}`);
        return z.NEVER;
      }
      return amount.value;
    });
}

/** An amount in an answer: always a decimal string with two decimals. */
export const moneyOutput = z
  .string()
  .regex(/^-?\d+\.\d{2}$/)
  .meta({ examples: ['100.00'] });
