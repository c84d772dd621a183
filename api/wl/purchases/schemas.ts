import { z } from 'zod';
import { PARK_REASONS, TRADE_STATES } from '../../../domain/purchase/trade.ts';
import { REFUSAL_CODES } from '../../../domain/shared/codes.ts';
import { decisionItem } from '../../decisions/schemas.ts';
import { maskText } from '../../../runtime/mask.ts';
import { moneyInput, moneyOutput } from '../../http/money-input.ts';

/** Longer ids are nobody's; the bound keeps them out of indexes and logs. */
const ID_CHARACTERS = 128;
/** A reason is a sentence for the audit, not a document. */
const REASON_CHARACTERS = 500;

const id = z.string().min(1).max(ID_CHARACTERS);
const quantity = z.coerce.number().int().min(-1_000_000).max(1_000_000);
const status = z.enum(['PENDING', 'CONFIRMED', 'REJECTED', 'REVERSED']);
const reason = z.enum([...REFUSAL_CODES, ...PARK_REASONS]);

/** The run book's form. Quantities out of range are a refusal (QUANTITY_INVALID), not a 422. */
export const buyOfferForm = z.strictObject({
  accountId: id,
  token: id,
  offerId: id,
  quantity,
  paymentParams: z
    .string()
    .max(REASON_CHARACTERS)
    .refine(isBalancePayment, 'has to be {"paymentType":"balanceAccount"}'),
});

export const checkoutBody = z.strictObject({
  accountId: id,
  token: id,
  quantity: z.number().int().min(-1_000_000).max(1_000_000),
  holdId: z.uuid().optional(),
  expectedUnitPrice: moneyInput().optional(),
});

export const offerParams = z.object({ offerId: id });
export const tradeParams = z.object({ tradeId: z.uuid() });

export const buyAnswer = z.object({
  ok: z.boolean(),
  status,
  msg: z.string(),
  reason: reason.optional(),
  tradeId: z.string(),
  unitPrice: moneyOutput.optional(),
  statusUrl: z.string().optional(),
  earlier: z.object({ tradeId: z.string(), status, statusUrl: z.string() }).optional(),
});

export const purchaseView = z.object({
  tradeId: z.string(),
  status,
  state: z.enum(TRADE_STATES),
  reason: reason.optional(),
  msg: z.string().optional(),
  quantity: z.number(),
  unitPrice: moneyOutput,
  amount: moneyOutput,
  commission: moneyOutput,
  currency: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  workflowId: z.string(),
});

export const progressView = z.object({
  workflowId: z.string(),
  step: z.string(),
  state: z.enum(TRADE_STATES),
  attempts: z.number(),
  waitingFor: z.string().optional(),
  reason: z.string().optional(),
});

export const historyView = z.object({
  items: z.array(
    z.object({
      version: z.number(),
      from: z.string(),
      to: z.string(),
      step: z.string(),
      reason: z.string().optional(),
      actor: z.string(),
      at: z.iso.datetime(),
    }),
  ),
});

export const decisionView = z.object({
  tradeId: z.string(),
  terms: z.object({
    originOfferId: z.string(),
    quantity: z.number(),
    originUnitPrice: moneyOutput,
    originCurrency: z.string(),
    fxRate: z.string(),
    unitPrice: moneyOutput,
    amount: moneyOutput,
    commission: moneyOutput,
    currency: z.string(),
  }),
  revisions: z.object({ policy: z.number(), relationship: z.number() }),
  state: z.enum(TRADE_STATES),
  reason: reason.optional(),
  exporterWlId: z.uuid(),
  decisions: z.array(decisionItem).meta({
    description: 'Each decision of this importer, with what it was made by.',
  }),
  exporterAnswer: z.unknown().optional(),
  holdId: z.string().optional(),
});

/** Typed by people and kept in audits and workflow payloads: no address or number gets through. */
const spokenReason = z.string().trim().min(1).max(REASON_CHARACTERS).transform(maskText);

export const reasonBody = z.strictObject({ reason: spokenReason });
export const resolveBody = z.strictObject({
  outcome: z.enum(['CONFIRMED', 'COMPENSATED']),
  reason: spokenReason,
});

export const manualView = z.object({
  result: z.enum(['RESOLVED', 'UNPARKED', 'STILL_PARKED', 'NEEDS_SECOND_PERSON', 'OVERRIDDEN']),
  state: z.enum(TRADE_STATES),
});

function isBalancePayment(text: string): boolean {
  try {
    const parsed = JSON.parse(text) as { readonly paymentType?: unknown } | null;
    return parsed?.paymentType === 'balanceAccount';
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
