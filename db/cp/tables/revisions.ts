import type { Nullable, NullableStamp, Stamp } from './columns.ts';

/** What a WL pulls; the revocation of a key is not in the document, so nobody reports it. */
export type RevisionKind = 'POLICY' | 'RELATIONSHIP' | 'WL' | 'CRL' | 'WEBHOOK_KEYS';

export interface RevisionAppliedTable {
  revision: string;
  wl_id: string;
  kind: RevisionKind;
  seq: bigint;
  correlation_id: string;
  committed_at: Stamp;
  applied_at: NullableStamp;
  drift_ms: Nullable<bigint>;
  stale_at: NullableStamp;
}

export interface RevisionTables {
  revision_applied: RevisionAppliedTable;
}
