import { z } from 'zod';
import { cursorQuery } from '../../http/pagination.ts';
import { instant, timestamp, wlId } from '../schemas.ts';

const MAX_TEXT = 200;
const TRADE_STATUSES = ['PENDING', 'PROVISIONAL', 'CONFIRMED', 'REJECTED', 'REVERSED'] as const;

/** `true` or `false` in a query. */
const flag = z
  .enum(['true', 'false'])
  .transform((word) => word === 'true')
  .optional();

export const tradesQuery = z.object({
  ...cursorQuery,
  wl: wlId.optional(),
  partner: wlId.optional(),
  status: z.enum(TRADE_STATUSES).optional(),
  reason: z.string().min(1).max(MAX_TEXT).optional(),
  from: instant.optional(),
  to: instant.optional(),
  text: z
    .string()
    .min(1)
    .max(MAX_TEXT)
    .optional()
    .meta({ description: 'One or two characters are looked for among the newest 5,000 trades.' }),
  stale: flag,
  parked: flag,
  mismatch: flag,
});

export const tradeParams = z.object({ id: z.string().min(1).max(MAX_TEXT) });

/** Where several trades have one id, these say which is meant. */
export const tradeKeyQuery = z.object({
  importer: wlId.optional(),
  exporter: wlId.optional(),
});

const party = z.object({ wlId: z.string(), name: z.string().nullable() });
const decimal = z.string();

const fields = {
  tradeId: z.string(),
  importer: party,
  exporter: party,
  status: z
    .enum(TRADE_STATUSES)
    .meta({ description: "PROVISIONAL is one side's CONFIRMED; it counts in no balance." }),
  importerStatus: z.string().nullable(),
  exporterStatus: z.string().nullable(),
  reason: z.string().nullable(),
  parked: z.boolean(),
  decidedOnStale: z.boolean(),
  disagreement: z.array(z.string()),
  offer: z.object({ id: z.string(), title: z.string(), category: z.string() }),
  buyerMasked: z.string(),
  seller: z.string(),
  quantity: z.number().int(),
  unitPrice: decimal,
  currency: z.string(),
  amount: decimal,
  fxRate: decimal,
  importedUnitPrice: decimal.nullable(),
  importedCurrency: z.string().nullable(),
  importedAmount: decimal.nullable(),
  startedAt: timestamp,
  confirmedAt: timestamp.nullable(),
  updatedAt: timestamp,
};

export const tradeView = z.object(fields);

const sideView = z.object({
  status: z.string(),
  version: z.number().int(),
  reason: z.string().nullable(),
  quantity: z.number().int(),
  unitPrice: decimal,
  currency: z.string(),
  amount: decimal,
  fxRate: z.string(),
  holdId: z.string().nullable(),
  policyRevision: z.number().int(),
  relationshipRevision: z.number().int(),
  workflowId: z.string(),
  latencyMs: z.number(),
  eventId: z.string(),
  occurredAt: timestamp,
});

export const tradeDetails = z.object({
  ...fields,
  holdId: z.string().nullable(),
  workflowId: z.string(),
  attemptedAt: timestamp.nullable(),
  sides: z.object({ importer: sideView.nullable(), exporter: sideView.nullable() }),
  counted: z
    .object({ exports: decimal, reserved: decimal, imports: decimal })
    .meta({ description: "In the balance now; imports in the importer's currency." }),
  mismatches: z.array(
    z.object({
      disagreement: z.array(z.string()),
      since: timestamp,
      raisedAt: timestamp,
      resolvedAt: timestamp.nullable(),
    }),
  ),
});

export type TradeView = z.output<typeof tradeView>;
export type TradeDetails = z.output<typeof tradeDetails>;
