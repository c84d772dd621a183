import { z } from 'zod';
import { maskText } from '../../runtime/mask.ts';
import { freeText } from '../http/free-text.ts';
import { formatRate, parseFactor, parseRate } from '../../domain/shared/fx.ts';
import { formatMinor } from '../../domain/shared/money.ts';
import { emailInput } from '../http/email-input.ts';
import { moneyInput } from '../http/money-input.ts';

const MAX_NAME = 200;
const MAX_LABEL = 100;
const MAX_TEXT = 2_000;

/** Ids of WLs are the caller's choice; upper and lower case mean the same one. */
export const wlId = z.uuid().toLowerCase();
export const wlParams = z.object({ id: wlId });
export const pairParams = z.object({ src: wlId, dst: wlId });

export const name = z.string().trim().min(1).max(MAX_NAME);
export const description = z
  .string()
  .max(MAX_TEXT)
  .transform((text) => maskText(text).slice(0, MAX_TEXT));
export const label = freeText(MAX_LABEL);
export const email = emailInput.max(MAX_NAME);
export const phone = z
  .string()
  .regex(/^[+\d][\d\s().-]{4,38}$/, 'is a phone number')
  .meta({ examples: ['+55 11 90000-0001'] });
export const currency = z.string().regex(/^[A-Z]{3}$/, 'is three capital letters');

/** A word of a closed set, in any case; comes out in upper case. */
export function anyCase<const T extends readonly [string, ...string[]]>(words: T) {
  return z
    .string()
    .transform((word) => word.toUpperCase())
    .pipe(z.enum(words));
}

/** What the caller says about a change; the audit's actor is the token's subject all the same. */
export const labels = { updatedBy: label.optional(), updatedSource: label.optional() };

/** An amount that is not negative; comes out as the wire's decimal string. */
export const amount = moneyInput().transform(formatMinor);
/** An amount above zero. */
export const positiveAmount = moneyInput({ atLeast: 1n }).transform(formatMinor);

const decimal = z.union([z.string(), z.number()]);

/** A positive rate with at most eight decimals; comes out as a decimal string. */
export const rate = decimal
  .meta({ description: 'At most eight decimals.', examples: ['1.23456789'] })
  .transform((input, context) => {
    const parsed = parseRate(input);
    if (parsed.ok) return formatRate(parsed.value);
    context.addIssue({
      code: 'custom',
      message: 'is a positive decimal with at most eight decimals, such as "1.23456789"',
      params: { rule: 'rate' },
    });
    return z.NEVER;
  });

const WHOLE_IN_EIGHTHS = 100_000_000n;

/** A part of a total, from 0 to 1. */
export const fraction = decimal
  .meta({ description: 'From 0 to 1, at most eight decimals.', examples: ['0.05'] })
  .transform((input, context) => {
    const parsed = parseFactor(input);
    if (parsed.ok && parsed.value <= WHOLE_IN_EIGHTHS) return formatRate(parsed.value);
    context.addIssue({
      code: 'custom',
      message: 'is a decimal from 0 to 1 with at most eight decimals, such as "0.05"',
      params: { rule: 'fraction' },
    });
    return z.NEVER;
  });

/** An instant with its offset; comes out in UTC with milliseconds. */
export const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString());

/** Instants in answers. */
export const timestamp = z.iso.datetime();

export const revisionView = z.object({
  revision: z.number().int(),
  at: timestamp,
  actor: z.string(),
  source: z.string(),
  updatedBy: z.string(),
  updatedSource: z.string(),
  changed: z.array(z.string()),
  document: z.record(z.string(), z.unknown()),
  diff: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
  applied: z.array(
    z.object({
      wlId: z.string(),
      at: timestamp.nullable(),
      driftMs: z
        .number()
        .int()
        .nullable()
        .meta({ description: 'Milliseconds from the revision to the report.' }),
    }),
  ),
});
