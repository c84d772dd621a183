import type { Defaulted, Nullable, NullableStamp, Stamp } from './columns.ts';
import type { Severity } from './notifications.ts';

export type AlertChannel = 'WEBHOOK' | 'EMAIL';
export type AlertState = 'PENDING' | 'SENT' | 'FAILED' | 'CANCELLED';

export interface AlertTargetTable {
  id: Defaulted<string>;
  kind: AlertChannel;
  url: Nullable<string>;
  secret_sealed: Nullable<string>;
  address_sealed: Nullable<string>;
  kinds: string[];
  min_severity: Severity;
  created_at: Stamp;
  updated_at: Stamp;
  removed_at: NullableStamp;
}

export interface AlertDeliveryTable {
  notification_id: string;
  target_id: string;
  state: Defaulted<AlertState>;
  attempts: Defaulted<number>;
  last_failure: Nullable<string>;
  created_at: Stamp;
  last_attempt_at: NullableStamp;
  closed_at: NullableStamp;
}

export interface AlertTables {
  alert_target: AlertTargetTable;
  alert_delivery: AlertDeliveryTable;
}
