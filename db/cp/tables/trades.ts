import type { ColumnType } from 'kysely';
import type { TraderStatus } from '../../../domain/purchase/hold.ts';
import type { PublicStatus } from '../../../domain/purchase/trade.ts';
import type { TradeStatus } from '../../../domain/telemetry/trade-view.ts';
import type { Defaulted, Nullable, NullableJsonb, NullableStamp, Stamp } from './columns.ts';

export type PairMoveKind = 'EXPORT' | 'IMPORT' | 'SETTLEMENT_RECEIVED' | 'SETTLEMENT_PAID';

export interface PairJournalTable {
  /** GENERATED ALWAYS: never written. */
  id: ColumnType<bigint, undefined, never>;
  src: string;
  dst: string;
  kind: PairMoveKind;
  reference: string;
  exports_delta: bigint;
  imports_delta: bigint;
  reserved_delta: bigint;
  settlements_received_delta: bigint;
  settlements_paid_delta: bigint;
  exports_minor: bigint;
  imports_minor: bigint;
  reserved_minor: bigint;
  settlements_received_minor: bigint;
  settlements_paid_minor: bigint;
  occurred_at: Date;
  recorded_at: Stamp;
}

/** The journal's moves of one day that were recorded on one day, summed; written with them. */
export interface PairDayTable {
  src: string;
  dst: string;
  /** Its first instant, in UTC: of the day they happened on, and of the one that knew it. */
  day: Date;
  recorded_day: Date;
  exports_delta: bigint;
  imports_delta: bigint;
  reserved_delta: bigint;
  settlements_received_delta: bigint;
  settlements_paid_delta: bigint;
}

export interface TradeTable {
  importer: string;
  exporter: string;
  trade_id: string;
  importer_version: Nullable<number>;
  importer_status: Nullable<PublicStatus>;
  importer_document: NullableJsonb;
  importer_event_id: Nullable<string>;
  importer_occurred_at: NullableStamp;
  exporter_version: Nullable<number>;
  exporter_status: Nullable<TraderStatus>;
  exporter_document: NullableJsonb;
  exporter_event_id: Nullable<string>;
  exporter_occurred_at: NullableStamp;
  status: TradeStatus;
  reason: Nullable<string>;
  parked: Defaulted<boolean>;
  decided_on_stale: Defaulted<boolean>;
  search: string;
  counted_exports_minor: Defaulted<bigint>;
  counted_imports_minor: Defaulted<bigint>;
  counted_reserved_minor: Defaulted<bigint>;
  disagreement: Defaulted<string[]>;
  disagrees_since: NullableStamp;
  attempted_at: NullableStamp;
  confirmed_at: NullableStamp;
  latency_ms: Nullable<number>;
  exporter_latency_ms: Nullable<number>;
  needed_approval: Defaulted<boolean>;
  started_at: Date;
  created_at: Stamp;
  updated_at: Stamp;
}

/** Trades that began on one day, by what they are now; kept by a trigger of `trade`. */
export interface TradeDayTable {
  /** Its first instant, in UTC. */
  day: Date;
  exporter: string;
  importer: string;
  status: TradeStatus;
  /** Of those refused, else empty. */
  refusal: string;
  /** Of those sold, else empty: the month of the capture, and the currency. */
  month: string;
  currency: string;
  trades: bigint;
  amount: string;
}

export interface TradeMismatchTable {
  id: Defaulted<string>;
  importer: string;
  exporter: string;
  trade_id: string;
  disagreement: string[];
  importer_document: NullableJsonb;
  exporter_document: NullableJsonb;
  since: Date;
  raised_at: Stamp;
  resolved_at: NullableStamp;
}

export interface TradeTables {
  pair_journal: PairJournalTable;
  pair_day: PairDayTable;
  trade: TradeTable;
  trade_day: TradeDayTable;
  trade_mismatch: TradeMismatchTable;
}
