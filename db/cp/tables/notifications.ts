import type { Defaulted, Jsonb, Nullable, NullableStamp, Stamp } from './columns.ts';

/** docs/alerts.md says what each means and when it is raised. */
export const NOTIFICATION_KINDS = [
  'IMBALANCE',
  'STALE_POLICY',
  'DEAD_GATEWAY',
  'GATEWAY_RECOVERED',
  'NEEDS_ATTENTION',
  'MISMATCH',
  'PLAN',
  'APPROVAL',
  'TELEMETRY',
  'KEYS',
] as const;

export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** In rising order. */
export const SEVERITIES = ['INFO', 'WARNING', 'CRITICAL'] as const;

export type Severity = (typeof SEVERITIES)[number];

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
  /** When what it tells of was over. */
  closed_at: NullableStamp;
}

export interface NotificationTables {
  notification: NotificationTable;
}
