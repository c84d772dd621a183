import type { Defaulted, Nullable, NullableStamp, Stamp } from './columns.ts';

/** ISSUED here, SHOWN by its holder, or only NAMED by an operator who revoked it. */
export type CertificateOrigin = 'ISSUED' | 'SHOWN' | 'NAMED';

export interface CertificateTable {
  serial: string;
  /** The WL that its SAN names; null for the Control Plane's own. */
  wl_id: Nullable<string>;
  origin: CertificateOrigin;
  state: Defaulted<'VALID' | 'REVOKED'>;
  thumbprint: Nullable<string>;
  key_fingerprint: Nullable<string>;
  hosts: Nullable<string[]>;
  pem: Nullable<string>;
  not_before: NullableStamp;
  not_after: NullableStamp;
  recorded_by: string;
  recorded_at: Stamp;
  revoked_at: NullableStamp;
  revoked_by: Nullable<string>;
  revoked_reason: Nullable<string>;
}

export interface RevocationListTable {
  id: boolean;
  number: bigint;
  pem: Nullable<string>;
  change_seq: bigint;
  updated_at: Stamp;
}

export interface CertificateTables {
  certificate: CertificateTable;
  revocation_list: RevocationListTable;
}
