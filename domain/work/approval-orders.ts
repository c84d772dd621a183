import type { WorkOrder } from './orders.ts';

export const APPROVAL_RELAY = 'approvalRelay';

/** A purchase that waits at its exporter; trade ids are the importers' own. */
export interface WaitingTrade {
  readonly importer: string;
  readonly exporter: string;
  readonly tradeId: string;
}

/** `approval-relay/<importerWlId>/<tradeId>` (DESIGN.md 6). */
export function approvalRelayId({ importer, tradeId }: Omit<WaitingTrade, 'exporter'>): string {
  return `approval-relay/${importer}/${tradeId}`;
}

/** Carries an operator's decision to the exporter until it has answered (DESIGN.md 6). */
export function approvalRelayWork(
  { importer, exporter, tradeId }: WaitingTrade,
  { decision, correlationId }: { readonly decision: string; readonly correlationId: string },
): WorkOrder {
  return {
    workflowId: approvalRelayId({ importer, tradeId }),
    workflow: APPROVAL_RELAY,
    input: { importer, exporter, tradeId, correlationId },
    summary: `${decision} of ${tradeId} to ${exporter}`,
    correlationId,
  };
}
