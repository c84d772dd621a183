import type { ColumnType, Generated } from 'kysely';
import type { HoldState } from '../../domain/purchase/hold.ts';
import type { RecordedDecision } from '../../domain/purchase/recorded.ts';
import type {
  ParkableState,
  ParkReason,
  TradeState,
  TradeStep,
} from '../../domain/purchase/trade.ts';
import type {
  ApprovalMode,
  LimitMode,
  RelationshipStatus,
} from '../../domain/policy/relationship.ts';
import type { RefusalCode } from '../../domain/shared/codes.ts';
import type { AuditTables } from '../audit.ts';
import type { AuditHeadTables } from './tables/audit.ts';
import type { SentResult } from './outbox.ts';
import type { SignalTables } from './tables/signals.ts';
import type { SettlementTables } from './tables/settlements.ts';

/** Filled by the database's clock() unless given. */
type Stamp = ColumnType<Date, Date | undefined, Date>;
/** NULL unless given. */
type Maybe<T> = ColumnType<T | null, T | null | undefined, T | null>;
/** jsonb: read parsed, written as text. */
type Jsonb<T = unknown> = ColumnType<T, string, string>;
type NullableJsonb<T = unknown> = ColumnType<T | null, string | null | undefined, string | null>;

export interface OutboxTable {
  event_id: string;
  type: string;
  occurred_at: Stamp;
  correlation_id: string;
  data: Jsonb;
  sent_at: ColumnType<Date | null, undefined, Date>;
  result: ColumnType<SentResult | null, SentResult | null | undefined, SentResult | null>;
}

export interface WlPolicyTable {
  wl_id: string;
  revision: number;
  import_enabled: boolean;
  export_enabled: boolean;
  export_delay_seconds: number;
  visibility_enabled: boolean;
  visibility_wls: string[];
  feature_import: boolean;
  feature_export: boolean;
  feature_purchase: boolean;
  applied_at: Stamp;
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
  commission_rate: string;
  approval_mode: ApprovalMode;
  approval_above_minor: bigint;
  velocity_max_minor: bigint | null;
  velocity_window_seconds: number | null;
  export_policy: NullableJsonb;
  applied_at: Stamp;
}

export interface AppliedRevisionTable {
  kind: 'POLICY' | 'RELATIONSHIP';
  src: string;
  dst: string;
  revision: number;
  document: Jsonb;
  applied_at: Stamp;
}

export interface PartnerTable {
  wl_id: string;
  name: string;
  peer_url: string | null;
  currency: string | null;
  event_keys: NullableJsonb;
}

export interface AccountTable {
  account_id: string;
  name_sealed: string;
  email_sealed: string | null;
  phone_sealed: string | null;
  contact_masked: string;
  token_hash: string;
  buy_offer: boolean;
  status: 'ACTIVE' | 'BLOCKED';
  created_at: Stamp;
}

export interface BalanceTable {
  account: string;
  currency: string;
  amount_minor: bigint;
}

export interface LedgerTransactionTable {
  transaction_id: Generated<bigint>;
  key: string;
  kind: string;
  trade_id: string | null;
  counterpart: string | null;
  note: string | null;
  created_at: Stamp;
}

export interface PostingTable {
  transaction_id: bigint;
  account: string;
  currency: string;
  amount_minor: bigint;
  origin_minor: bigint | null;
  origin_currency: string | null;
}

export interface OfferTable {
  offer_id: Generated<string>;
  title: string;
  category_id: string;
  entity_id: string;
  unit_price_minor: bigint;
  currency: string;
  stock: number;
  used: Generated<number>;
  status: 'ENABLED' | 'DISABLED';
  created_at: Stamp;
  updated_at: Stamp;
}

export interface PairTable {
  partner: string;
  exposure_minor: Generated<bigint>;
  signal_disabled: Generated<boolean>;
}

export interface HoldTable {
  hold_id: string;
  requester: string;
  trade_id: Maybe<string>;
  request_id: Maybe<string>;
  state: HoldState;
  reason: Maybe<RefusalCode>;
  version: number;
  offer_id: Maybe<string>;
  quantity: Maybe<number>;
  unit_price_minor: Maybe<bigint>;
  amount_minor: Maybe<bigint>;
  currency: string;
  fx_rate: Maybe<string>;
  policy_revision: Maybe<number>;
  relationship_revision: Maybe<number>;
  buyer_ref: Maybe<string>;
  requester_trader_id: Maybe<string>;
  buyer_masked: Maybe<string>;
  expires_at: Maybe<Date>;
  confirmed_at: Maybe<Date>;
  decided_by: Maybe<string>;
  correlation_id: string;
  created_at: Stamp;
  updated_at: Stamp;
}

export interface HoldTransitionTable {
  hold_id: string;
  version: number;
  from_state: HoldState | 'NEW';
  to_state: HoldState;
  reason: string | null;
  actor: string;
  /** A `RecordedDecision`, where the move is one. */
  inputs: NullableJsonb<RecordedDecision>;
  at: Stamp;
}

export interface ExposureJournalTable {
  entry_id: Generated<bigint>;
  partner: string;
  kind: string;
  reference: string;
  delta_minor: bigint;
  exposure_minor: bigint;
  limit_minor: bigint | null;
  limit_mode: LimitMode | null;
  relationship_revision: number | null;
  at: Stamp;
}

export interface StockJournalTable {
  entry_id: Generated<bigint>;
  offer_id: string;
  kind: string;
  reference: string;
  used_delta: number;
  stock_delta: number;
  used: number;
  stock: number;
  at: Stamp;
}

export interface ImportedOfferTable {
  offer_id: Generated<string>;
  exporter: string;
  origin_offer_id: string;
  title: string;
  category_id: string;
  category_name: string;
  entity_id: string;
  entity_name: string;
  origin_unit_price_minor: bigint;
  origin_currency: string;
  fx_rate: string;
  commission_rate: string;
  unit_price_minor: bigint;
  currency: string;
  available: number;
  eligible: boolean;
  lifecycle_status: 'ENABLED' | 'DISABLED';
  relationship_revision: number;
  synced_at: Stamp;
}

export interface TradeTable {
  trade_id: string;
  account_id: string;
  exporter: string;
  offer_id: string;
  origin_offer_id: string;
  offer_title: string;
  offer_category: string;
  seller_name: string;
  quantity: number;
  origin_unit_price_minor: bigint;
  origin_currency: string;
  fx_rate: string;
  unit_price_minor: bigint;
  amount_minor: bigint;
  currency: string;
  commission_minor: bigint;
  policy_revision: number;
  relationship_revision: number;
  state: TradeState;
  reason: Maybe<RefusalCode>;
  version: number;
  parked_from: Maybe<ParkableState>;
  parked_reason: Maybe<ParkReason>;
  hold_id: Maybe<string>;
  given_hold_id: Maybe<string>;
  answered_price_minor: Maybe<bigint>;
  approval_deadline: Maybe<Date>;
  exporter_answer: NullableJsonb;
  override: NullableJsonb;
  buyer_masked: string;
  correlation_id: string;
  rerun_of: Maybe<string>;
  cancel_due: Generated<boolean>;
  created_at: Stamp;
  updated_at: Stamp;
}

export interface TradeTransitionTable {
  trade_id: string;
  version: number;
  from_state: TradeState | 'NEW';
  to_state: TradeState;
  step: TradeStep | 'request';
  reason: string | null;
  actor: string;
  /** A `RecordedDecision`, where the move is one. */
  inputs: NullableJsonb<RecordedDecision>;
  at: Stamp;
}

/** Database of one WL, which is exporter and importer at once. */
export interface EventKeyTable {
  kid: string;
  public_jwk: Jsonb;
  private_sealed: string;
  created_at: Stamp;
  /** When the Control Plane knew it; before, it signs nothing unless it is the only one. */
  registered_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  retired_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
}

export interface WlTables extends AuditTables, AuditHeadTables, SignalTables, SettlementTables {
  clock_offset: { id: boolean; offset_ms: bigint };
  outbox: OutboxTable;
  wl_policy: WlPolicyTable;
  relationship: RelationshipTable;
  applied_revision: AppliedRevisionTable;
  partner: PartnerTable;
  control_document: { name: string; document: Jsonb; stored_at: Stamp };
  control_token: {
    kind: 'WL' | 'PEER';
    audience: string;
    token_sealed: string;
    issued_at: Date;
    expires_at: Date;
  };
  control_secret: { name: string; secret_sealed: string; stored_at: Stamp };
  event_key: EventKeyTable;
  account: AccountTable;
  trader_account: {
    trader_id: string;
    name_sealed: string;
    email_sealed: string | null;
    phone_sealed: string | null;
  };
  balance: BalanceTable;
  ledger_transaction: LedgerTransactionTable;
  posting: PostingTable;
  category: { category_id: string; name: string };
  entity: { entity_id: string; name: string };
  offer: OfferTable;
  pair: PairTable;
  hold: HoldTable;
  hold_transition: HoldTransitionTable;
  exposure_journal: ExposureJournalTable;
  stock_journal: StockJournalTable;
  imported_offer: ImportedOfferTable;
  offer_sync: { exporter: string; synced_at: Stamp };
  trade: TradeTable;
  trade_transition: TradeTransitionTable;
  idempotency_key: {
    route: string;
    account: string;
    key: string;
    fingerprint: string;
    subject_id: string;
    created_at: Stamp;
  };
}
