import { sql, type Transaction } from 'kysely';
import { traderStatus } from '../../../domain/purchase/hold.ts';
import { formatRate, parseRate } from '../../../domain/shared/fx.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import type { EventType, TraderPurchaseData } from '../../../domain/telemetry/events.ts';
import type { WlTables } from '../schema.ts';
import type { HoldRow } from './row.ts';

const LIMIT_REASONS: ReadonlySet<string | null> = new Set(['LIMIT_EXCEEDED', 'VELOCITY_EXCEEDED']);

/** What a row's new state tells the Control Plane. */
function eventTypes(row: HoldRow): EventType[] {
  switch (row.state) {
    case 'HELD':
      return ['hold.opened'];
    case 'PENDING_APPROVAL':
    case 'CAPTURED':
    case 'REVERSED':
      return ['TRADER_PURCHASE'];
    default:
      // A row that never was held has no hold to close.
      if (row.amount_minor !== null) return ['hold.closed', 'TRADER_PURCHASE'];
      return LIMIT_REASONS.has(row.reason)
        ? ['limit.refused', 'TRADER_PURCHASE']
        : ['TRADER_PURCHASE'];
  }
}

/** The exporter's events of a row's state; rows without a trade or a known offer are silent. */
export async function writeExporterEvent(tx: Transaction<WlTables>, row: HoldRow): Promise<void> {
  if (row.trade_id === null || row.offer_id === null) return;
  // The offer's names are read by the statement that writes the event, to save a round trip.
  await sql`
    INSERT INTO outbox (event_id, type, correlation_id, data)
    SELECT uuidv7(), type, ${row.correlation_id},
           ${JSON.stringify(eventData(row))}::jsonb || jsonb_build_object(
             'offer', jsonb_build_object(
               'id', offer.offer_id, 'title', offer.title, 'category', category.name),
             'sellerName', entity.name)
      FROM unnest(${eventTypes(row)}::text[]) AS type,
           offer JOIN category USING (category_id) JOIN entity USING (entity_id)
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
    amount: formatMinor((row.unit_price_minor ?? 0n) * BigInt(row.quantity ?? 0)),
    fxRate: row.fx_rate === null ? '' : wireRate(row.fx_rate),
    buyerMasked: row.buyer_masked ?? '',
    holdId: row.hold_id,
    policyRevision: row.policy_revision ?? 0,
    relationshipRevision: row.relationship_revision ?? 0,
    workflowId: `purchase/${row.trade_id}`,
    latencyMs: Math.max(0, row.updated_at.getTime() - row.created_at.getTime()),
    ...(row.state === 'PENDING_APPROVAL' &&
      row.expires_at !== null && { approvalDeadline: row.expires_at.toISOString() }),
  };
}

/** A stored rate in its one written form, without trailing zeros. */
export function wireRate(stored: string): string {
  const rate = parseRate(stored);
  invariant(rate.ok, 'a stored rate is a rate');
  return formatRate(rate.value);
}
