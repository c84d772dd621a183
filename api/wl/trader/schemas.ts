import { z } from 'zod';
import { TRADER_STATUSES } from '../../../domain/purchase/hold.ts';
import { REFUSAL_CODES } from '../../../domain/shared/codes.ts';
import { maskText } from '../../../runtime/mask.ts';
import { moneyInput, moneyOutput } from '../../http/money-input.ts';
import { offsetQuery, pageOf } from '../../http/pagination.ts';

/** An importer's trade id: opaque, and safe in a path, a workflow id and a log line. */
const TRADE_ID_FORM = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const tradeId = z.string().regex(TRADE_ID_FORM, 'is 1 to 128 letters, digits and . _ : -');
/** Ids that only their maker reads; visible characters, so that they can stand in a log line. */
const opaqueId = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'is 1 to 128 visible characters');
const offerId = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'is 1 to 200 visible characters');
const wlId = z.uuid().toLowerCase();
/** PostgreSQL's integer; what is more than a real order is refused with its own code. */
const quantity = z.int().min(1).max(2_147_483_647);
const unitPrice = moneyInput({ currency: "the exporter's currency", atLeast: 1n });
// Whatever a partner sends, no contact in the clear is stored here (DESIGN.md 4, PII).
const buyerMasked = z.string().min(1).max(200).transform(maskText);
const reason = z.string().trim().min(1).max(500).transform(maskText);
const revision = z.int().min(0);

export const tradeParams = z.object({ tradeId });
export const holdParams = z.object({ holdId: z.uuid() });

export const preflightBody = z
  .strictObject({
    tradeId: tradeId.optional(),
    requestId: opaqueId.optional(),
    requesterWlId: wlId,
    requesterTraderId: opaqueId,
    buyerRef: opaqueId.optional(),
    originOfferId: offerId,
    expectedUnitPrice: unitPrice,
    quantity,
    clientBuyerMasked: buyerMasked,
  })
  .refine((body) => (body.tradeId === undefined) !== (body.requestId === undefined), {
    message: 'exactly one of tradeId and requestId',
    path: ['tradeId'],
  });

export const confirmBody = z.strictObject({
  tradeId,
  holdId: z.uuid(),
  quantity,
  unitPrice,
  clientBuyerMasked: buyerMasked.optional(),
});

export const cancelBody = z.strictObject({ holdId: z.uuid().optional() }).optional();
export const reverseBody = z.strictObject({ reason });
export const approveBody = z.strictObject({ requesterWlId: wlId.optional() }).optional();
export const rejectBody = z.strictObject({ reason, requesterWlId: wlId.optional() });
export const decisionQuery = z.object({ requesterWlId: wlId.optional() });

const answerFields = {
  status: z.enum(TRADER_STATUSES),
  reason: z.enum(REFUSAL_CODES).optional(),
  tradeId: z.string().optional(),
  holdId: z.uuid().optional(),
  quantity: z.int().optional(),
  unitPrice: moneyOutput.optional(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  fxRate: z.string().optional(),
  policyRevision: revision.optional(),
  relationshipRevision: revision.optional(),
  expiresAt: z.iso.datetime().optional(),
  confirmedAt: z.iso.datetime().optional(),
};

/** The trader answer (CONTRACTS.md); amounts in the exporter's currency. */
export const traderAnswer = z.object(answerFields);
/** The same as the body of a decision. */
export const decisionBody = z.strictObject(answerFields);
export const decisionAck = z.object({
  tradeId: z.string(),
  status: z.enum(['PENDING', 'CONFIRMED', 'REJECTED', 'REVERSED']),
});

export const pendingQuery = z.object(offsetQuery);
export const pendingPage = pageOf(
  z.object({
    tradeId: z.string(),
    requesterWlId: z.string(),
    offer: z.object({ id: z.string(), title: z.string() }),
    quantity: z.int(),
    unitPrice: moneyOutput,
    amount: moneyOutput,
    currency: z.string(),
    buyerMasked: z.string(),
    createdAt: z.iso.datetime(),
    deadline: z.iso.datetime(),
  }),
);
