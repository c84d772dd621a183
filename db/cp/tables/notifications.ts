import type { Defaulted, Jsonb, Nullable, NullableStamp, Stamp } from './columns.ts';

export type NotificationKind =
  | 'IMBALANCE'
  | 'STALE_POLICY'
  | 'DEAD_GATEWAY'
  | 'GATEWAY_RECOVERED'
  | 'NEEDS_ATTENTION'
  | 'MISMATCH'
  | 'PLAN'
  | 'APPROVAL'
  | 'TELEMETRY'
  | 'KEYS';

export type Severity = 'INFO' | 'WARNING' | 'CRITICAL';

export interface NotificationTable {
  id: Defaulted<string>;
  kind: NotificationKind;
  severity: Severity;
  dedupe_key: string;
  title: string;
  subject: string;
  details: Jsonb;
  correlation_id: string;
  created_at: Stamp;
  read_at: NullableStamp;
  read_by: Nullable<string>;
}

export interface NotificationTables {
  notification: NotificationTable;
}
