import type { EventType, QuarantineReason } from '../../../domain/telemetry/events.ts';
import type { Defaulted, Jsonb, Nullable, NullableStamp, Stamp } from './columns.ts';

export interface EventTable {
  event_id: string;
  wl_id: string;
  type: EventType;
  schema_version: number;
  occurred_at: Date;
  received_at: Date;
  correlation_id: string;
  data: Jsonb;
  kid: string;
  signature: string;
}

export interface QuarantineTable {
  id: Defaulted<string>;
  wl_id: string;
  digest: string;
  reason: QuarantineReason;
  detail: string;
  event_id: Nullable<string>;
  type: Nullable<string>;
  document_masked: Jsonb;
  times: Defaulted<number>;
  correlation_id: string;
  created_at: Stamp;
  last_at: Stamp;
}

export interface WlEventKeyTable {
  wl_id: string;
  kid: string;
  public_jwk: Jsonb;
  registered_at: Stamp;
  replaced_at: NullableStamp;
}

export interface TelemetryTables {
  event: EventTable;
  event_seen: { wl_id: string; event_id: string; received_at: Date };
  telemetry_quarantine: QuarantineTable;
  wl_event_key: WlEventKeyTable;
  trader_confirmation: { wl_id: string; trader_id: string; confirmed_at: Date };
}
