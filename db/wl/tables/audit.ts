import type { ColumnType } from 'kysely';

export interface AuditHeadSeenTable {
  seq: bigint;
  hash: string;
  signature: string;
  kid: string;
  /** Filled by the database's clock(). */
  seen_at: ColumnType<Date, Date | undefined, never>;
}

export interface AuditHeadTables {
  audit_head_seen: AuditHeadSeenTable;
}
