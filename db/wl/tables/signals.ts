import type { ColumnType, Generated } from 'kysely';
import type { SignalAnswer } from '../../../domain/imbalance/signal.ts';
import type { SignalAction } from '../../../domain/imbalance/verdict.ts';

/** Filled by the database's clock() unless given. */
type Stamp = ColumnType<Date, Date | undefined, Date>;

export interface SignalPairTable {
  src: string;
  dst: string;
  sequence: Generated<bigint>;
  disabled: Generated<boolean>;
  signal_id: ColumnType<string | null, string | undefined, string>;
  updated_at: Stamp;
}

export interface SignalTable {
  id: string;
  src: string;
  dst: string;
  sequence: bigint;
  action: SignalAction;
  reason: string;
  exposure_minor: bigint;
  limit_minor: bigint;
  status: SignalAnswer['status'];
  offers_changed: number;
  correlation_id: string;
  created_at: Date;
  received_at: Date;
  applied_at: Date;
}

/** A signal that is in force before every offer is; a superseded one is done with the newer. */
export interface SignalWorkTable extends Omit<
  SignalTable,
  'status' | 'offers_changed' | 'applied_at' | 'received_at'
> {
  received_at: Stamp;
  after_offer: Generated<string>;
  offers_changed: Generated<number>;
  done_at: ColumnType<Date | null, undefined, Date>;
  acked_at: ColumnType<Date | null, undefined, Date>;
}

export interface SignalTables {
  signal_work: SignalWorkTable;
  signal_pair: SignalPairTable;
  signal: SignalTable;
}
