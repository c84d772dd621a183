import type { EvidenceParts } from '../../domain/audit/evidence.ts';

/** Something that is not as it has to be: which check said so, about what, and why. */
export interface Finding {
  readonly check:
    | 'format'
    | 'hash'
    | 'signature'
    | 'trade'
    | 'event'
    | 'revision'
    | 'audit'
    | 'version'
    | 'amount';
  readonly subject: string;
  readonly detail: string;
}

export interface Findings {
  looked(check: Finding['check'], times?: number): void;
  add(check: Finding['check'], subject: string, detail: string): void;
}

/** A bundle whose form has been read. */
export interface VerifiedBundle {
  readonly trade: {
    readonly importer: string;
    readonly exporter: string;
    readonly tradeId: string;
  };
  readonly parts: EvidenceParts;
}
