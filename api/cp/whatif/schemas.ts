import { z } from 'zod';
import { REFUSAL_CODES } from '../../../domain/shared/codes.ts';
import { moneyOutput } from '../../http/money-input.ts';
import { exportPolicyBody, velocityBody } from '../relationships/schemas.ts';
import { amount, instant, rate, timestamp, wlId } from '../schemas.ts';

const everyPair = 'Without it: of every pair.';

export const whatIfBody = z.strictObject({
  src: wlId.optional().meta({ description: everyPair }),
  dst: wlId.optional().meta({ description: everyPair }),
  since: instant,
  until: instant.optional(),
  fxRate: rate.optional(),
  limitAmount: amount.optional(),
  exportPolicy: exportPolicyBody.nullable().optional().meta({
    description: 'In place of the one that was in force; null: none at all.',
  }),
  velocity: velocityBody.nullable().optional().meta({ description: 'Null: none at all.' }),
});

export type WhatIfBody = z.output<typeof whatIfBody>;

const currency = z.string().nullable();
const money = z.object({ amount: moneyOutput, currency });
const paid = z.object({ before: moneyOutput, after: moneyOutput, currency });
const code = z.enum(REFUSAL_CODES).nullable().meta({ description: 'Null: it passed.' });
const counts = {
  rerun: z.int().meta({ description: 'Decided once more.' }),
  unrecorded: z.int().meta({ description: 'Without a recorded decision.' }),
  undecided: z.int().meta({
    description: 'The importer would let them pass; the exporter was never asked.',
  }),
  flipped: z.int(),
};

const pairView = z.object({
  src: z.string(),
  dst: z.string(),
  unanswered: z.boolean().meta({ description: 'A white label gave no answer: nothing is known.' }),
  truncated: z.boolean().meta({ description: 'Its oldest purchases were left out.' }),
  from: timestamp.nullable().meta({
    description: 'Decided again from here on, where older ones were left out; else null.',
  }),
  ...counts,
  gained: money,
  avoided: money,
  paid,
});

export const whatIfView = z.object({
  src: z.string().nullable(),
  dst: z.string().nullable(),
  since: timestamp,
  until: timestamp.nullable(),
  truncated: z.boolean().meta({
    description: 'Some were left out: ask for a shorter period, or for one pair.',
  }),
  pairsLeftOut: z.boolean().meta({ description: 'Pairs that traded longest ago were not asked.' }),
  ...counts,
  pairs: z.array(pairView).meta({ description: 'The one that traded last first.' }),
  flips: z
    .array(
      z.object({
        src: z.string(),
        dst: z.string(),
        tradeId: z.string(),
        at: timestamp,
        before: code,
        after: code,
        amount: moneyOutput,
        currency,
        confirmed: z.boolean(),
      }),
    )
    .meta({ description: 'The newest first, 200 at most; `flipped` counts them all.' }),
  gained: z.array(money).meta({
    description: 'Refused ones that would have passed, by exporter’s currency.',
  }),
  avoided: z.array(money).meta({ description: 'Confirmed ones that would have been refused.' }),
  paid: z
    .array(paid)
    .meta({ description: 'What buyers paid for confirmed ones, by importer’s currency.' }),
});

export type WhatIfView = z.input<typeof whatIfView>;
