import type { WaitingTrade } from '../../domain/work/approval-orders.ts';

export { APPROVAL_RELAY, approvalRelayId } from '../../domain/work/approval-orders.ts';

/** Ids alone; what was decided stands in the row. */
export interface ApprovalRelayInput extends WaitingTrade {
  readonly correlationId: string;
}

export interface ApprovalRelayResult {
  /** SETTLED: the exporter's state of the purchase. REFUSED: it had nothing to decide. */
  readonly state: 'SETTLED' | 'REFUSED' | 'NOTHING_TO_DO';
  /** The exporter's word: a trader status, or the code of its refusal. */
  readonly status?: string;
}

export interface ApprovalRelayActivities {
  /** One attempt at the exporter; throws until there is an answer that counts, and keeps that. */
  relayDecision(input: ApprovalRelayInput): Promise<ApprovalRelayResult>;
  finishRelay(input: ApprovalRelayInput): Promise<void>;
}
