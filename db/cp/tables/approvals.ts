import type { Defaulted, Nullable, NullableStamp, Stamp } from './columns.ts';

export type ApprovalChoice = 'APPROVE' | 'REJECT';
/** RELAYING until the exporter has answered; REFUSED where it had nothing to decide. */
export type ApprovalState = 'RELAYING' | 'SETTLED' | 'REFUSED';

export interface ApprovalDecisionTable {
  importer: string;
  exporter: string;
  trade_id: string;
  decision: ApprovalChoice;
  reason: Nullable<string>;
  decided_by: string;
  decided_at: Stamp;
  correlation_id: string;
  state: Defaulted<ApprovalState>;
  outcome_status: Nullable<string>;
  outcome_reason: Nullable<string>;
  settled_at: NullableStamp;
}
