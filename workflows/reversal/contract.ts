import type { TradeState } from '../../domain/purchase/trade.ts';
import type { PurchaseTiming } from '../purchase/contract.ts';

/** The importer's undoing of a confirmed purchase (RULES.md 6); runs on the background queue. */
export const REVERSAL_WORKFLOW = 'reversal';

/** `reversal/<tradeId>`: a trade is reversed once. */
export function reversalWorkflowId(tradeId: string): string {
  return `reversal/${tradeId}`;
}

export interface ReversalInput {
  readonly tradeId: string;
  readonly importer: string;
  readonly exporter: string;
  readonly timing: PurchaseTiming;
  /** Kept over continued runs; epoch ms. */
  readonly askingSinceMs?: number;
  readonly parked?: boolean;
}

export interface ReversalResult {
  readonly state: TradeState;
}

/** What the exporter said to the wish. */
export type ReversalReply =
  | { readonly kind: 'REVERSED' }
  /** Our own row does not wait for a reversal (any more). */
  | { readonly kind: 'OVER'; readonly state: TradeState }
  /** An answer that asking again will not change by itself, such as CANCELLED. */
  | { readonly kind: 'CONTRARY'; readonly detail: string }
  | { readonly kind: 'UNCLEAR'; readonly detail: string };

export interface ReversalActivities {
  reverseAtExporter(input: { readonly tradeId: string }): Promise<ReversalReply>;
  finishReversal(input: { readonly tradeId: string }): Promise<ReversalResult>;
}
