import type { RefusalCode } from '../../shared/codes.ts';

/** Who makes a change: an operator with risk or operator role, a WL's back office, or the buyer. */
export type ChangeParty = 'control-plane' | 'exporter' | 'importer' | 'buyer';

/**
 * Kinds of change, each with who makes it. The console and `xwl` have a sentence for each, under
 * `explain.change.<kind>`.
 */
export const CHANGE_KINDS = {
  CREATE_RELATIONSHIP: 'control-plane',
  SET_RELATIONSHIP: 'control-plane',
  SET_EXPORT_POLICY: 'control-plane',
  ADD_TO_EXPORT_POLICY: 'control-plane',
  REMOVE_FROM_EXPORT_POLICY: 'control-plane',
  SET_EXPORTER_POLICY: 'control-plane',
  ADD_TO_VISIBILITY: 'control-plane',
  SET_IMPORTER_POLICY: 'control-plane',
  ENABLE_PAIR: 'control-plane',
  SETTLE: 'control-plane',
  SET_OFFER: 'exporter',
  RAISE_CAP: 'exporter',
  APPROVE: 'exporter',
  DECIDE_BEFORE: 'exporter',
  SET_ACCOUNT: 'importer',
  CREDIT_ACCOUNT: 'importer',
  END_HOLDS: 'importer',
  CONFIRM_BEFORE: 'importer',
  ORDER_QUANTITY: 'buyer',
  ACCEPT_PRICE: 'buyer',
  WAIT_UNTIL: 'buyer',
  BUY_AGAIN: 'buyer',
} as const satisfies Record<string, ChangeParty>;

export type ChangeKind = keyof typeof CHANGE_KINDS;

/** Amounts and rates are decimal strings, instants ISO 8601 UTC. */
export type Figure = string | number | boolean;

/** One change that somebody could make. `field` is named as the route that changes it names it. */
export interface Change {
  readonly kind: ChangeKind;
  readonly field?: string;
  readonly from?: Figure;
  readonly to?: Figure;
  /** How much it is raised or lowered by, as a positive figure. */
  readonly by?: Figure;
  readonly currency?: string;
}

/** A change, and the facts as they would have been had it been made. */
export interface Fix<F> {
  readonly change: Change;
  readonly after: F;
}

export type Inputs = Readonly<Record<string, Figure | null>>;

/** What is said of one refusal: the condition that failed, its figures, and the ways out. */
export interface Rule<F> {
  /** The condition that has to hold, in the words of `inputs`. */
  readonly says: string;
  readonly inputs: (facts: F) => Inputs;
  /** The smallest change first; none where nothing that is recorded could have been other. */
  readonly fixes: (facts: F) => readonly Fix<F>[];
}

export type Rules<F> = Readonly<Partial<Record<RefusalCode, Rule<F>>>>;

/** Writes an instant of recorded facts. */
export function written(instant: number): string {
  return new Date(instant).toISOString();
}
