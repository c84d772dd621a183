import type { SettlementRole } from '../../../domain/imbalance/settlement.ts';
import type { Defaulted, Nullable, NullableJsonb, NullableStamp, Stamp } from './columns.ts';

export type SettlementState = 'PENDING' | 'CONFIRMED' | 'WITHDRAWN';

export interface SettlementTable {
  id: string;
  src: string;
  dst: string;
  amount_minor: bigint;
  currency: string;
  /** Exact decimal text. */
  fx_rate: string;
  payer_amount_minor: bigint;
  payer_currency: string;
  note: string;
  plan_id: Nullable<string>;
  state: Defaulted<SettlementState>;
  maker: string;
  made_at: Stamp;
  decided_by: Nullable<string>;
  decided_at: NullableStamp;
  request_key: string;
  fingerprint: string;
  correlation_id: string;
}

export interface SettlementDeliveryTable {
  settlement_id: string;
  wl_id: string;
  role: SettlementRole;
  number: bigint;
  due_at: Stamp;
  applied_at: NullableStamp;
}

export type PlanState = 'OPEN' | 'CLOSED' | 'CANCELLED';
export type StepOutcome = 'MET' | 'MISSED' | 'VOID';

export interface CompensationPlanTable {
  id: Defaulted<string>;
  src: string;
  dst: string;
  n: number;
  signal_id: string;
  state: Defaulted<PlanState>;
  currency: Nullable<string>;
  exposure_minor: bigint;
  limit_minor: bigint;
  enable_percent: number;
  target_minor: bigint;
  needed_minor: bigint;
  exports_minor: bigint;
  imports_minor: bigint;
  reserved_minor: bigint;
  settlements_received_minor: bigint;
  settlements_paid_minor: bigint;
  journal_id: bigint;
  correlation_id: string;
  opened_at: Stamp;
  closed_at: NullableStamp;
  closed_by: Nullable<string>;
  close_reason: Nullable<string>;
  report: NullableJsonb;
}

export interface CompensationStepTable {
  plan_id: string;
  step: number;
  percent: number;
  amount_minor: bigint;
  due_at: Date;
  outcome: Nullable<StepOutcome>;
  compensated_minor: Nullable<bigint>;
  judged_at: NullableStamp;
}

export interface SettlementTables {
  settlement: SettlementTable;
  settlement_delivery: SettlementDeliveryTable;
  settlement_counter: { wl_id: string; last: bigint };
  compensation_plan: CompensationPlanTable;
  compensation_step: CompensationStepTable;
}
