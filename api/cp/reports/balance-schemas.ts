import { z } from 'zod';
import { BUCKETS } from '../../../domain/telemetry/buckets.ts';
import { cursorQuery } from '../../http/pagination.ts';
import { instant, timestamp, wlId } from '../schemas.ts';

/** A decimal of two places; negative where imports are more than exports. */
const amount = z.string();

export const balanceQuery = z.object({
  ...cursorQuery,
  wlId: wlId.optional(),
  partner: wlId.optional(),
  from: instant.optional(),
  to: instant.optional(),
  asOf: instant.optional(),
});

const moved = {
  exports: amount,
  imports: amount,
  net_delta: amount,
  settlements: z.object({ received: amount, paid: amount }),
};

const trendPoint = z.object({
  from: timestamp,
  ...moved,
  exposure: amount.meta({ description: 'At the end of the bucket.' }),
});

export const balanceItem = z.object({
  wlId: z.string(),
  partner: z.string(),
  currency: z.string().nullable(),
  ...moved,
  reserved: amount,
  exposure: amount,
  limit: amount.nullable(),
  limitMode: z.string().nullable(),
  percent: z.string().nullable().meta({ description: 'Of the limit, one decimal, rounded down.' }),
  status: z.string().nullable(),
  disabled: z.boolean(),
  provisional: z
    .object({ trades: z.number().int(), amount })
    .nullable()
    .meta({ description: 'Exports that one side has confirmed alone; counted nowhere.' }),
  period: z.object(moved),
  trend: z.array(trendPoint),
});

export const balanceReport = z.object({
  asOf: timestamp,
  from: timestamp,
  to: timestamp,
  bucket: z.enum(BUCKETS),
  items: z.array(balanceItem),
  consolidated: z.array(
    z.object({
      wlId: z.string(),
      currency: z.string().nullable(),
      partners: z.number().int(),
      ...moved,
      reserved: amount,
      exposure: amount,
    }),
  ),
  nextCursor: z.string().optional(),
});

export type BalanceReport = z.output<typeof balanceReport>;
export type BalanceItem = z.output<typeof balanceItem>;
