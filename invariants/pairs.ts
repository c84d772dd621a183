import type { Party } from './invariant.ts';

/** A direction of trade between two of the WLs that are checked together. */
export interface Pair {
  readonly importer: Party;
  readonly exporter: Party;
}

/** Every direction between two different parties: each WL is exporter and importer at once. */
export function pairsOf(parties: readonly Party[]): Pair[] {
  return parties.flatMap((importer) =>
    parties
      .filter((exporter) => exporter.wlId !== importer.wlId)
      .map((exporter) => ({ importer, exporter })),
  );
}
