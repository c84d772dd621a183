import type { ColumnType } from 'kysely';
import type { SettlementRole } from '../../../domain/imbalance/settlement.ts';

export interface SettlementTable {
  settlement_id: string;
  number: bigint;
  partner: string;
  role: SettlementRole;
  amount_minor: bigint;
  currency: string;
  /** Exact decimal text. */
  fx_rate: string;
  own_minor: bigint;
  own_currency: string;
  applied_at: ColumnType<Date, Date | undefined, Date>;
}

export interface SettlementTables {
  settlement: SettlementTable;
}
