import { viewOf } from '../../../db/cp/trades/row.ts';
import type { MismatchRow, NamedTrade } from '../../../db/cp/trades/read.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import type { TraderPurchaseData } from '../../../domain/telemetry/events.ts';
import type { SideView } from '../../../domain/telemetry/trade-view.ts';
import type { TradeDetails, TradeView } from './schemas.ts';

/** A trade in one line: each figure by the word of the side that owns it. */
export function tradeViewOf(row: NamedTrade): TradeView {
  const { importer, exporter } = viewOf(row);
  const priced = pricedBy(importer, exporter);
  // The seller's names are the exporter's, the buyer and what it pays the importer's.
  const sold = (exporter ?? importer)?.document ?? priced;
  const bought = importer?.document;
  return {
    tradeId: row.trade_id,
    importer: { wlId: row.importer, name: row.importer_name },
    exporter: { wlId: row.exporter, name: row.exporter_name },
    status: row.status,
    importerStatus: row.importer_status,
    exporterStatus: row.exporter_status,
    reason: row.reason,
    parked: row.parked,
    decidedOnStale: row.decided_on_stale,
    disagreement: row.disagreement,
    offer: sold.offer,
    buyerMasked: bought?.buyerMasked ?? sold.buyerMasked,
    seller: sold.sellerName,
    quantity: priced.quantity,
    unitPrice: priced.unitPrice,
    currency: priced.currency,
    amount: priced.amount,
    fxRate: priced.fxRate,
    importedUnitPrice: bought?.importedUnitPrice ?? null,
    importedCurrency: bought?.importedCurrency ?? null,
    importedAmount: bought?.importedAmount ?? null,
    startedAt: row.started_at.toISOString(),
    confirmedAt: row.confirmed_at?.toISOString() ?? null,
    updatedAt: row.updated_at.toISOString(),
  };
}

/** The exporter's prices, unless it refused before it looked for them. */
function pricedBy(
  importer: SideView<string> | undefined,
  exporter: SideView<string> | undefined,
): TraderPurchaseData {
  const document =
    importer === undefined || (exporter !== undefined && exporter.document.fxRate !== '')
      ? exporter?.document
      : importer.document;
  invariant(document !== undefined, 'at least one side has told of a trade');
  return document;
}

/** Everything that is known of a trade, with both sides' own words. */
export function tradeDetailsOf(row: NamedTrade, mismatches: readonly MismatchRow[]): TradeDetails {
  const { importer, exporter } = viewOf(row);
  const owner = (importer ?? exporter)?.document;
  return {
    ...tradeViewOf(row),
    holdId: exporter?.document.holdId ?? importer?.document.holdId ?? null,
    workflowId: owner?.workflowId ?? `purchase/${row.trade_id}`,
    attemptedAt: row.attempted_at?.toISOString() ?? null,
    sides: { importer: sideViewOf(importer), exporter: sideViewOf(exporter) },
    counted: {
      exports: formatMinor(row.counted_exports_minor),
      reserved: formatMinor(row.counted_reserved_minor),
      imports: formatMinor(row.counted_imports_minor),
    },
    mismatches: mismatches.map((mismatch) => ({
      disagreement: mismatch.disagreement,
      since: mismatch.since.toISOString(),
      raisedAt: mismatch.raised_at.toISOString(),
      resolvedAt: mismatch.resolved_at?.toISOString() ?? null,
    })),
  };
}

function sideViewOf(side: SideView<string> | undefined) {
  if (side === undefined) return null;
  const { document, version, status, eventId, occurredAt } = side;
  return {
    ...{ status, version, eventId, occurredAt: occurredAt.toISOString() },
    reason: document.reason ?? null,
    quantity: document.quantity,
    unitPrice: document.unitPrice,
    currency: document.currency,
    amount: document.amount,
    fxRate: document.fxRate,
    holdId: document.holdId ?? null,
    policyRevision: document.policyRevision,
    relationshipRevision: document.relationshipRevision,
    workflowId: document.workflowId,
    latencyMs: document.latencyMs,
  };
}
