/** What each side of a trade has reported, as far as the balance asks; amounts in minor units. */
export interface ReportedTrade {
  readonly importer?: {
    /** CLOSED: rejected or reversed. */
    readonly state: 'PENDING' | 'CONFIRMED' | 'CLOSED';
    /** What the importer's buyer pays, in the importer's currency. */
    readonly paidMinor: bigint;
  };
  readonly exporter?: {
    /** OPEN: held, or waiting for approval. CLOSED: refused, cancelled, expired or reversed. */
    readonly state: 'OPEN' | 'CAPTURED' | 'CLOSED';
    /** In the exporter's currency. */
    readonly amountMinor: bigint;
  };
}

/** What one trade adds to the two pairs that it touches, in minor units. */
export interface Contribution {
  /** To the exports of exporter → importer, in the exporter's currency. */
  readonly exports: bigint;
  /** To the open holds of exporter → importer, in the exporter's currency. */
  readonly reserved: bigint;
  /** To the imports of importer → exporter, in the importer's currency. */
  readonly imports: bigint;
}

export const NO_CONTRIBUTION: Contribution = { exports: 0n, reserved: 0n, imports: 0n };

/**
 * What a trade adds to the balance, from its two reports alone, so that the order of events does
 * not matter (RULES.md 3; CONTRACTS.md, events). It counts once both sides have reported it
 * CONFIRMED; a hold counts once the importer has reported that trade too, so that nobody is
 * disabled by a trade that the partner never saw. A capture stays reserved while the importer has
 * not settled it yet: headroom that is used up must not look free in between. Either side's final
 * no takes it out; where the other one differs, reconciliation says so. Never refuses.
 */
export function contributionOf({ importer, exporter }: ReportedTrade): Contribution {
  if (importer === undefined || exporter === undefined) return NO_CONTRIBUTION;
  if (importer.state === 'CLOSED' || exporter.state === 'CLOSED') return NO_CONTRIBUTION;
  const { amountMinor } = exporter;
  return importer.state === 'CONFIRMED' && exporter.state === 'CAPTURED'
    ? { exports: amountMinor, reserved: 0n, imports: importer.paidMinor }
    : { ...NO_CONTRIBUTION, reserved: amountMinor };
}
