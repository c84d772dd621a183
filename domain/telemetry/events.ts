import type { RefusalCode } from '../shared/codes.ts';
import type { PublicStatus } from '../purchase/trade.ts';
import type { TraderStatus } from '../purchase/hold.ts';

/** The data of a TRADER_PURCHASE event (CONTRACTS.md); amounts are decimal strings. */
export interface TraderPurchaseData {
  readonly tradeId: string;
  readonly role: 'IMPORTER' | 'EXPORTER';
  readonly counterpartWlId: string;
  /** Version of the reporting side's row; the highest one wins, in whatever order they arrive. */
  readonly version: number;
  readonly status: PublicStatus | TraderStatus;
  readonly reason?: RefusalCode;
  readonly quantity: number;
  readonly unitPrice: string;
  readonly currency: string;
  readonly amount: string;
  readonly fxRate: string;
  readonly importedUnitPrice?: string;
  readonly importedCurrency?: string;
  readonly importedAmount?: string;
  readonly offer: { readonly id: string; readonly title: string; readonly category: string };
  readonly buyerMasked: string;
  readonly sellerName: string;
  readonly holdId?: string;
  readonly policyRevision: number;
  readonly relationshipRevision: number;
  readonly workflowId: string;
  readonly latencyMs: number;
}

/** Events that a WL writes to its outbox beside TRADER_PURCHASE (CONTRACTS.md, last section). */
export type EventType =
  | 'TRADER_PURCHASE'
  | 'trader.account.confirmed'
  | 'offer.attempted'
  | 'hold.opened'
  | 'hold.closed'
  | 'limit.refused'
  | 'policy.applied'
  | 'policy.stale'
  | 'signal.applied'
  | 'purchase.parked'
  | 'purchase.unparked';
