import { parseRate, formatRate } from '../../domain/shared/fx.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { minor } from '../../domain/shared/money.ts';
import type { Terms } from '../../domain/purchase/verdict.ts';
import type { TradeRow } from '../../db/wl/trades/row.ts';
import type { TradeSnapshot } from '../../workflows/purchase/contract.ts';

/** What the workflow needs of a row; ids and codes only, because payloads are plain text. */
export function snapshotOf(row: TradeRow): TradeSnapshot {
  return {
    state: row.state,
    version: row.version,
    cancelDue: row.cancel_due,
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.parked_from !== null && { parkedFrom: row.parked_from }),
    ...(row.parked_reason !== null && { parkedReason: row.parked_reason }),
    ...(row.approval_deadline !== null && {
      approvalDeadlineMs: row.approval_deadline.getTime(),
    }),
  };
}

/** The frozen terms of a row, as the exporter's answers are judged by. */
export function termsOf(row: TradeRow): Terms {
  const rate = parseRate(row.fx_rate);
  invariant(rate.ok, 'a frozen rate is a rate');
  return {
    tradeId: row.trade_id,
    originUnitPrice: minor(row.origin_unit_price_minor),
    originCurrency: row.origin_currency,
    quantity: row.quantity,
    fxRate: formatRate(rate.value),
    relationshipRevision: row.relationship_revision,
  };
}
