import type { z } from 'zod';
import { publicStatus } from '../../../domain/purchase/trade.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { formatRate, parseRate } from '../../../domain/shared/fx.ts';
import type { readTransitions } from '../../../db/wl/trades/read.ts';
import type { TradeRow } from '../../../db/wl/trades/row.ts';
import { purchaseWorkflowId } from '../../../workflows/purchase/contract.ts';
import type { Language, Reply } from '../../http/route.ts';
import { decisionItems } from '../decisions/routes.ts';
import { buyerMessage, statusMessage } from '../messages.ts';
import type { BuyOutcome } from './buy.ts';
import type { buyAnswer, decisionView, purchaseView } from './schemas.ts';

/** Where a member or support reads how a purchase stands. */
export const statusUrlOf = (tradeId: string): string => `/api/v2/purchases/${tradeId}`;

/** 200 where the buyer knows the outcome, 202 with a place to look where it is still open. */
export function buyReply({ trade, replayed, earlier }: BuyOutcome, language: Language): Reply {
  const status = publicStatus(trade.state);
  const price = trade.answered_price_minor ?? trade.unit_price_minor;
  const statusUrl = statusUrlOf(trade.trade_id);
  const body: z.input<typeof buyAnswer> = {
    ok: status !== 'REJECTED',
    status,
    msg: statusMessage(status, trade.reason ?? undefined, language),
    ...reasonOf(trade),
    tradeId: trade.trade_id,
    unitPrice: formatMinor(price),
    ...(status === 'PENDING' && { statusUrl }),
    ...(earlier !== undefined && {
      earlier: {
        tradeId: earlier.tradeId,
        status: publicStatus(earlier.state),
        statusUrl: statusUrlOf(earlier.tradeId),
      },
    }),
  };
  return {
    status: status === 'PENDING' ? 202 : 200,
    body,
    ...(replayed && { headers: { 'Idempotency-Replayed': 'true' } }),
  };
}

/** A purchase as its buyer and support see it. */
export function viewOf(trade: TradeRow, language: Language): z.input<typeof purchaseView> {
  const msg = messageOf(trade, language);
  return {
    tradeId: trade.trade_id,
    status: publicStatus(trade.state),
    state: trade.state,
    ...reasonOf(trade),
    ...(msg !== undefined && { msg }),
    quantity: trade.quantity,
    unitPrice: formatMinor(trade.unit_price_minor),
    amount: formatMinor(trade.amount_minor),
    commission: formatMinor(trade.commission_minor),
    currency: trade.currency,
    createdAt: trade.created_at.toISOString(),
    updatedAt: trade.updated_at.toISOString(),
    workflowId: purchaseWorkflowId(trade.trade_id),
  };
}

/** The inputs and revisions by which a purchase was decided. */
export function decisionOf(
  trade: TradeRow,
  transitions: Awaited<ReturnType<typeof readTransitions>>,
): z.input<typeof decisionView> {
  const rate = parseRate(trade.fx_rate);
  return {
    tradeId: trade.trade_id,
    terms: {
      originOfferId: trade.origin_offer_id,
      quantity: trade.quantity,
      originUnitPrice: formatMinor(trade.origin_unit_price_minor),
      originCurrency: trade.origin_currency,
      fxRate: rate.ok ? formatRate(rate.value) : trade.fx_rate,
      unitPrice: formatMinor(trade.unit_price_minor),
      amount: formatMinor(trade.amount_minor),
      commission: formatMinor(trade.commission_minor),
      currency: trade.currency,
    },
    revisions: { policy: trade.policy_revision, relationship: trade.relationship_revision },
    state: trade.state,
    ...reasonOf(trade),
    exporterWlId: trade.exporter,
    decisions: decisionItems(transitions),
    ...(trade.exporter_answer !== null && { exporterAnswer: trade.exporter_answer }),
    ...(trade.hold_id !== null && { holdId: trade.hold_id }),
  };
}

function reasonOf(trade: TradeRow): { reason?: NonNullable<TradeRow['reason']> } {
  return trade.reason === null ? {} : { reason: trade.reason };
}

function messageOf(trade: TradeRow, language: Language): string | undefined {
  return trade.reason === null ? undefined : buyerMessage(trade.reason, language);
}
