import type { Stamp } from './columns.ts';

export interface SignedHeadTable {
  seq: bigint;
  hash: string;
  kid: string;
  signature: string;
  signed_at: Stamp;
}
