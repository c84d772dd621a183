import { sql, type Transaction } from 'kysely';
import { traderStatus } from '../../../domain/purchase/hold.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import type { EventType, TraderPurchaseData } from '../../../domain/telemetry/events.ts';
import type { WlTables } from '../schema.ts';
import type { HoldRow } from './row.ts';

/** The exporter's event of each state a trade's row comes to; rows without a trade are silent. */
export async function writeExporterEvent(tx: Transaction<WlTables>, row: HoldRow): Promise<void> {
  if (row.trade_id === null || row.offer_id === null || row.amount_minor === null) return;
  const type: EventType = row.state === 'HELD' ? 'hold.opened' : 'TRADER_PURCHASE';
  // The offer's names are read by the statement that writes the event, to save a round trip.
  await sql`
    INSERT INTO outbox (event_id, type, correlation_id, data)
    SELECT uuidv7(), ${type}, ${row.correlation_id},
           ${JSON.stringify(eventData(row))}::jsonb || jsonb_build_object(
             'offer', jsonb_build_object(
               'id', offer.offer_id, 'title', offer.title, 'category', category.name),
             'sellerName', entity.name)
      FROM offer JOIN category USING (category_id) JOIN entity USING (entity_id)
     WHERE offer.offer_id = ${row.offer_id}`.execute(tx);
}

function eventData(row: HoldRow): Omit<TraderPurchaseData, 'offer' | 'sellerName'> {
  return {
    tradeId: row.trade_id ?? '',
    role: 'EXPORTER',
    counterpartWlId: row.requester,
    version: row.version,
    status: traderStatus(row.state),
    ...(row.reason !== null && { reason: row.reason }),
    quantity: row.quantity ?? 0,
    unitPrice: formatMinor(row.unit_price_minor ?? 0n),
    currency: row.currency,
    amount: formatMinor(row.amount_minor ?? 0n),
    fxRate: row.fx_rate ?? '',
    buyerMasked: row.buyer_masked ?? '',
    holdId: row.hold_id,
    policyRevision: row.policy_revision ?? 0,
    relationshipRevision: row.relationship_revision ?? 0,
    workflowId: `purchase/${row.trade_id}`,
    latencyMs: Math.max(0, row.updated_at.getTime() - row.created_at.getTime()),
  };
}
