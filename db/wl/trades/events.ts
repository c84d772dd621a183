import { sql, type Transaction } from 'kysely';
import { publicStatus, type TradeStep } from '../../../domain/purchase/trade.ts';
import { formatRate, parseRate } from '../../../domain/shared/fx.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import type { EventType, TraderPurchaseData } from '../../../domain/telemetry/events.ts';
import type { WlTables } from '../schema.ts';
import type { TradeRow } from './row.ts';

const EVENT_OF_STEP: Partial<Record<TradeStep, EventType>> = {
  park: 'purchase.parked',
  unpark: 'purchase.unparked',
};

/** The importer's event of a step, written in the step's own transaction. */
export async function writeImporterEvent(
  tx: Transaction<WlTables>,
  row: TradeRow,
  step: TradeStep | 'request',
): Promise<void> {
  const types = eventTypes(row, step);
  if (types.length === 0) return;
  await sql`
    INSERT INTO outbox (event_id, type, correlation_id, data)
    SELECT uuidv7(), type, ${row.correlation_id}, ${JSON.stringify(eventData(row))}::jsonb
      FROM unnest(${types}::text[]) AS type`.execute(tx);
}

function eventTypes(row: TradeRow, step: TradeStep | 'request'): EventType[] {
  // Being funded is between the two books: nobody outside can tell it from being requested.
  if (step === 'fund') return [];
  if (step !== 'request') return [EVENT_OF_STEP[step] ?? 'TRADER_PURCHASE'];
  // An attempt counts in the conversion of an offer, whatever becomes of it (CONTRACTS.md).
  return row.state === 'REQUESTED' ? ['offer.attempted'] : ['offer.attempted', 'TRADER_PURCHASE'];
}

function eventData(row: TradeRow): TraderPurchaseData {
  const rate = parseRate(row.fx_rate);
  return {
    tradeId: row.trade_id,
    role: 'IMPORTER',
    counterpartWlId: row.exporter,
    version: row.version,
    status: publicStatus(row.state),
    ...(row.reason !== null && { reason: row.reason }),
    quantity: row.quantity,
    unitPrice: formatMinor(row.origin_unit_price_minor),
    currency: row.origin_currency,
    amount: formatMinor(row.origin_unit_price_minor * BigInt(row.quantity)),
    fxRate: rate.ok ? formatRate(rate.value) : row.fx_rate,
    importedUnitPrice: formatMinor(row.unit_price_minor),
    importedCurrency: row.currency,
    importedAmount: formatMinor(row.amount_minor),
    offer: { id: row.origin_offer_id, title: row.offer_title, category: row.offer_category },
    buyerMasked: row.buyer_masked,
    sellerName: row.seller_name,
    ...(row.hold_id !== null && { holdId: row.hold_id }),
    policyRevision: row.policy_revision,
    relationshipRevision: row.relationship_revision,
    workflowId: `purchase/${row.trade_id}`,
    ...(row.parked_reason !== null && { parkedReason: row.parked_reason }),
    ...(row.parked_from !== null && { parkedFrom: row.parked_from }),
    latencyMs: Math.max(0, row.updated_at.getTime() - row.created_at.getTime()),
  };
}
