import type { RefusalCode } from '../shared/codes.ts';
import type { TraderStatus } from './hold.ts';

/**
 * What the exporter answers to every trader call (CONTRACTS.md, "The trader answer"). Amounts are
 * decimal strings in the exporter's currency, instants ISO 8601.
 */
export interface TraderAnswer {
  readonly status: TraderStatus;
  readonly reason?: RefusalCode;
  readonly tradeId?: string;
  readonly holdId?: string;
  readonly quantity?: number;
  readonly unitPrice?: string;
  readonly currency: string;
  readonly fxRate?: string;
  readonly policyRevision?: number;
  readonly relationshipRevision?: number;
  readonly expiresAt?: string;
  readonly confirmedAt?: string;
}
