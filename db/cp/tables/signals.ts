import type { DeliveryState } from '../../../domain/imbalance/signal.ts';
import type { SignalAction, SignalOrigin } from '../../../domain/imbalance/verdict.ts';
import type { Defaulted, Nullable, NullableStamp, Stamp } from './columns.ts';
import type { GatewayTables } from './gateways.ts';

export interface PairTable {
  src: string;
  dst: string;
  exports_minor: Defaulted<bigint>;
  imports_minor: Defaulted<bigint>;
  reserved_minor: Defaulted<bigint>;
  settlements_received_minor: Defaulted<bigint>;
  settlements_paid_minor: Defaulted<bigint>;
  signal_sequence: Defaulted<bigint>;
  disabled: Defaulted<boolean>;
  disabled_origin: Nullable<SignalOrigin>;
  alerted: Defaulted<boolean>;
  alerts: Defaulted<bigint>;
  updated_at: Stamp;
}

export interface SignalTable {
  id: string;
  src: string;
  dst: string;
  sequence: bigint;
  action: SignalAction;
  origin: SignalOrigin;
  reason: string;
  exposure_minor: bigint;
  limit_minor: bigint;
  currency: Nullable<string>;
  created_by: string;
  correlation_id: string;
  caused_at: Date;
  created_at: Stamp;
}

export type AckKind = 'BODY' | 'EXPLICIT' | 'STALE' | 'OPERATOR';

export interface SignalDeliveryTable {
  signal_id: string;
  wl_id: string;
  state: Defaulted<DeliveryState>;
  round: Defaulted<number>;
  attempts: Defaulted<number>;
  first_sent_at: NullableStamp;
  last_sent_at: NullableStamp;
  acked_at: NullableStamp;
  ack_kind: Nullable<AckKind>;
  applied_at: NullableStamp;
  offers_changed: Nullable<number>;
  created_at: Stamp;
  updated_at: Stamp;
}

export interface SignalAttemptTable {
  signal_id: string;
  wl_id: string;
  attempt: number;
  started_at: Date;
  latency_ms: number;
  status: Nullable<number>;
  failure: Nullable<string>;
  body_masked: Nullable<string>;
}

export interface SignalTables extends GatewayTables {
  pair: PairTable;
  signal: SignalTable;
  signal_delivery: SignalDeliveryTable;
  signal_attempt: SignalAttemptTable;
}
