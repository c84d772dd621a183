import type { TraderStatus } from '../../domain/purchase/hold.ts';
import type { RefusalCode } from '../../domain/shared/codes.ts';

/** What every workflow of a trade is found by in the engine's UI. */
export { EXPORTER, IMPORTER, PARKED, TRADE_ID, TRADE_STATUS } from '../shared/search-attributes.ts';

/** The exporter's wait for a person (DESIGN.md 6); runs on the background queue. */
export const APPROVAL_WORKFLOW = 'approval';
/** A decision has been committed: the workflow reads it from the row. */
export const APPROVAL_DECIDED_SIGNAL = 'decided';

/** A purchase of a partner, by the partner and its trade id. */
export interface WaitingPurchase {
  /** The WL that buys. */
  readonly importer: string;
  readonly tradeId: string;
}

/** `approval/<importerWlId>/<tradeId>`: trade ids are unique for each importer only. */
export function approvalWorkflowId({ importer, tradeId }: WaitingPurchase): string {
  return `approval/${importer}/${tradeId}`;
}

export interface ApprovalInput extends WaitingPurchase {
  readonly exporter: string;
  /** Epoch ms; when people are reminded, kept over continued runs. */
  readonly remindAtMs?: number;
  readonly reminded?: boolean;
}

export interface ApprovalResult {
  readonly status: TraderStatus;
  readonly reason?: RefusalCode;
}

/** What the exporter's row says; reading it marks an expiry that is due. */
export interface ApprovalState extends ApprovalResult {
  /** Epoch ms; while the purchase waits. */
  readonly deadlineMs?: number;
}

export interface ApprovalActivities {
  readApproval(input: WaitingPurchase): Promise<ApprovalState>;
  /** Says in the log that a purchase still waits; writes nothing. */
  remindOfApproval(input: WaitingPurchase & { readonly deadlineMs: number }): Promise<void>;
  /** Hands the trader answer to the importer; throws until the importer has acknowledged it. */
  deliverDecision(input: WaitingPurchase): Promise<void>;
}
