import type { ColumnType, Transaction } from 'kysely';
import type { RolloutStage, WlStatus } from '../../domain/policy/pull-document.ts';
import type {
  ApprovalMode,
  LimitMode,
  RelationshipStatus,
} from '../../domain/policy/relationship.ts';
import type { AuditTables } from '../audit.ts';
import type { AlertTables } from './tables/alerts.ts';
import type { Jsonb, Nullable, NullableJsonb, NullableStamp, Stamp } from './tables/columns.ts';
import type { ApprovalDecisionTable } from './tables/approvals.ts';
import type { CertificateTables } from './tables/certificates.ts';
import type { SignedHeadTable } from './tables/audit.ts';
import type { DeskTables } from './tables/desk.ts';
import type { NotificationTables } from './tables/notifications.ts';
import type { RevisionTables } from './tables/revisions.ts';
import type { SettlementTables } from './tables/settlements.ts';
import type { SignalTables } from './tables/signals.ts';
import type { TradeTables } from './tables/trades.ts';
import type { TelemetryTables } from './tables/telemetry.ts';
import type { WorkTables } from './tables/work.ts';

export interface WlTable {
  id: string;
  name: string;
  description: Nullable<string>;
  contact_email_sealed: Nullable<string>;
  gateway_url: Nullable<string>;
  currency: Nullable<string>;
  status: WlStatus;
  peer_url: Nullable<string>;
  event_keys: NullableJsonb;
  policy_secret_sealed: Nullable<string>;
  signal_secret_sealed: Nullable<string>;
  change_seq: bigint;
  created_at: Stamp;
  updated_at: Stamp;
}

export interface WlPolicyTable {
  wl_id: string;
  revision: number;
  import_enabled: boolean;
  export_enabled: boolean;
  export_delay_seconds: number;
  visibility_enabled: boolean;
  visibility_wls: string[];
  label: string;
  feature_import: boolean;
  feature_export: boolean;
  feature_purchase: boolean;
  rollout_stage: RolloutStage;
  updated_by: string;
  updated_source: string;
  change_seq: bigint;
  updated_at: Stamp;
}

interface RevisionColumns {
  revision: number;
  document: Jsonb;
  audit_seq: bigint;
  actor: string;
  source: string;
  updated_by: string;
  updated_source: string;
  at: Stamp;
}

export interface WlPolicyRevisionTable extends RevisionColumns {
  wl_id: string;
}

export interface RelationshipTable {
  src: string;
  dst: string;
  revision: number;
  status: RelationshipStatus;
  /** Exact decimal text; numeric columns are never read as floats. */
  fx_rate: string;
  limit_minor: bigint;
  limit_mode: LimitMode;
  alert_percent: number;
  disable_percent: number;
  enable_percent: number;
  commission_rate: string;
  approval_mode: ApprovalMode;
  approval_above_minor: bigint;
  velocity_max_minor: Nullable<bigint>;
  velocity_window_seconds: Nullable<number>;
  four_eyes: boolean;
  export_policy: NullableJsonb;
  updated_by: string;
  updated_source: string;
  change_seq: bigint;
  updated_at: Stamp;
}

export interface RelationshipRevisionTable extends RevisionColumns {
  src: string;
  dst: string;
}

export type ChangeState = 'PENDING' | 'CONFIRMED' | 'STALE';

export interface RelationshipChangeTable {
  id: string;
  src: string;
  dst: string;
  base_revision: number;
  patch: Jsonb;
  needs_risk: boolean;
  state: ColumnType<ChangeState, undefined, ChangeState>;
  updated_by: string;
  updated_source: string;
  proposed_by: string;
  proposed_at: Stamp;
  decided_by: Nullable<string>;
  decided_at: NullableStamp;
}

export interface TraderAccountTable {
  wl_id: string;
  name: string;
  status: WlStatus;
  contact_email_sealed: Nullable<string>;
  contact_phone_sealed: Nullable<string>;
  confirmed_at: NullableStamp;
  created_at: Stamp;
  updated_at: Stamp;
}

export type SnapshotKind = 'CATEGORIES' | 'ENTITIES';

export interface OperatorTable {
  id: string;
  email_sealed: string;
  email_index: string;
  name_sealed: Nullable<string>;
  password_hash: string;
  roles: string[];
  status: 'ACTIVE' | 'DISABLED';
  tokens_valid_from: Stamp;
  created_at: Stamp;
  updated_at: Stamp;
}

export type KeyState = 'NEXT' | 'CURRENT' | 'RETIRING' | 'REVOKED';

export interface SigningKeyTable {
  kid: string;
  wl_id: Nullable<string>;
  state: KeyState;
  public_jwk: Jsonb;
  private_sealed: string;
  created_at: Stamp;
  activated_at: NullableStamp;
  retire_at: NullableStamp;
  revoked_at: NullableStamp;
}

export type TokenKind = 'OPERATOR' | 'WL' | 'PEER' | 'SUPPORT';

export interface IssuedTokenTable {
  jti: string;
  kind: TokenKind;
  sub: string;
  aud: string;
  scope: string;
  kid: string;
  thumbprint: Nullable<string>;
  issued_at: Date;
  expires_at: Date;
  recorded_at: Stamp;
}

/** Every table of the Control Plane's database. */
export interface CpSchema
  extends
    AuditTables,
    WorkTables,
    DeskTables,
    NotificationTables,
    SignalTables,
    TradeTables,
    TelemetryTables,
    RevisionTables,
    SettlementTables,
    AlertTables {
  clock_offset: { id: boolean; offset_ms: bigint };
  wl: WlTable;
  wl_policy: WlPolicyTable;
  wl_policy_revision: WlPolicyRevisionTable;
  relationship: RelationshipTable;
  relationship_revision: RelationshipRevisionTable;
  relationship_change: RelationshipChangeTable;
  revision_counter: { subject: string; last: number };
  applied_report: { wl_id: string; seq: bigint; at: Stamp };
  trader_account: TraderAccountTable;
  snapshot: {
    wl_id: string;
    kind: SnapshotKind;
    items: number;
    active_offers: number;
    synced_at: Stamp;
  };
  snapshot_item: {
    wl_id: string;
    kind: SnapshotKind;
    item_id: string;
    name: string;
    active_offers: number;
  };
  operator: OperatorTable;
  signing_key: SigningKeyTable;
  certificate: CertificateTables['certificate'];
  approval_decision: ApprovalDecisionTable;
  revocation_list: CertificateTables['revocation_list'];
  issued_token: IssuedTokenTable;
  signed_head: SignedHeadTable;
}

export type CpTransaction = Transaction<CpSchema>;

/** Who makes a change and by which way in; the audit rows say so (DESIGN.md 4). */
export interface Author {
  /** The subject of the token or certificate: a user id or a WL id. */
  readonly actor: string;
  readonly source: string;
  readonly correlationId: string;
}

/** What the caller says about a change; labels for people, never evidence. */
export interface ChangeLabels {
  readonly updatedBy: string;
  readonly updatedSource: string;
}
