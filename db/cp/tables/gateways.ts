import type { Defaulted, Jsonb, Nullable, NullableStamp, Stamp } from './columns.ts';

export interface GatewayTable {
  wl_id: string;
  failures_in_row: Defaulted<number>;
  closed_until: NullableStamp;
  dead_since: NullableStamp;
  episodes: Defaulted<number>;
  last_failure: Nullable<string>;
  updated_at: Stamp;
}

export interface WebhookKeyTable {
  kid: string;
  public_jwk: Jsonb;
  private_sealed: string;
  created_at: Stamp;
  activated_at: NullableStamp;
  /** When it verifies no more; may lie ahead. */
  retired_at: NullableStamp;
  change_seq: Defaulted<bigint>;
}

export interface SignalTestTable {
  id: string;
  wl_id: string;
  asked_by: string;
  asked_at: Stamp;
  answered_at: NullableStamp;
  latency_ms: Nullable<number>;
  status: Nullable<number>;
  failure: Nullable<string>;
  body_masked: Nullable<string>;
}

export interface RequestKeyTable {
  route: string;
  actor: string;
  key: string;
  fingerprint: string;
  subject: string;
  created_at: Stamp;
}

export interface GatewayTables {
  gateway: GatewayTable;
  webhook_key: WebhookKeyTable;
  signal_test: SignalTestTable;
  request_key: RequestKeyTable;
}
