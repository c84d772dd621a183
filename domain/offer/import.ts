import type { Relationship, WlPolicy } from '../policy/relationship.ts';
import { convertUnitPrice, type Rate } from '../shared/fx.ts';
import { minor, type Minor } from '../shared/money.ts';

/** What an importer knows when it puts a price on a partner's offer. */
export interface ImportFacts {
  /** Exporter's minor units. */
  readonly originUnitPrice: Minor;
  /** True while the exporter lists the offer for us. */
  readonly listed: boolean;
  /** Exporter to this WL; absent where none is in force any more. */
  readonly relationship: Relationship | undefined;
  /** This WL's own policy; absent until the first pull. */
  readonly policy: WlPolicy | undefined;
  /** True while an imbalance signal has stopped the pair. */
  readonly signalDisabled: boolean;
}

export interface ImportTerms {
  /** Importer's minor units. */
  readonly unitPrice: Minor;
  readonly eligible: boolean;
}

/**
 * Local price of an imported offer and whether it may be bought here: listed by its exporter, the
 * relationship active and not stopped by a signal, import switched on, and a price that does not
 * round to zero (RULES.md 1 and 3).
 */
export function importTerms(facts: ImportFacts): ImportTerms {
  const { originUnitPrice, listed, relationship, policy, signalDisabled } = facts;
  const unitPrice =
    relationship === undefined ? minor(0n) : convertUnitPrice(originUnitPrice, relationship.fxRate);
  const open = listed && relationship?.status === 'ACTIVE' && !signalDisabled;
  return { unitPrice, eligible: open && mayImport(policy) && unitPrice > 0n };
}

/** True when the base policy and the feature both let this WL import. */
export function mayImport(policy: WlPolicy | undefined): boolean {
  return policy !== undefined && policy.importEnabled && policy.features.import;
}

/** Price of an offer whose exporter has just named another one, at the rate of the row. */
export function repriceAt(originUnitPrice: Minor, rate: Rate, eligible: boolean): ImportTerms {
  const unitPrice = convertUnitPrice(originUnitPrice, rate);
  return { unitPrice, eligible: eligible && unitPrice > 0n };
}
