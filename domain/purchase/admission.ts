import type { Relationship } from '../policy/relationship.ts';
import type { RefusalCode } from '../shared/codes.ts';
import { minor, multiply, type Minor } from '../shared/money.ts';

/** More units than any real order asks for; it keeps price times quantity far inside a bigint. */
export const QUANTITY_MAX = 10_000;

/** What the exporter knows, under its locks, when it decides on a preflight (RULES.md 2). */
export interface AdmissionFacts {
  readonly quantity: number;
  /** Exporter's currency, minor units: what the importer showed its buyer. */
  readonly expectedUnitPrice: Minor;
  readonly offer: { readonly unitPrice: Minor; readonly stock: number; readonly used: number };
  readonly openHolds: { readonly importer: number; readonly buyer: number };
  readonly caps: { readonly importer: number; readonly buyer: number };
  /** Held by this importer within the velocity window and not released since, minor units. */
  readonly windowAmount: Minor;
  readonly exposure: Minor;
  readonly relationship: Pick<Relationship, 'limit' | 'limitMode' | 'velocity'>;
}

/** Codes that expired holds may still stand behind: those are tidied before the refusal is final. */
export const CAPACITY_REFUSALS: ReadonlySet<RefusalCode> = new Set([
  'OUT_OF_STOCK',
  'HOLDS_TOO_MANY',
  'VELOCITY_EXCEEDED',
  'LIMIT_EXCEEDED',
]);

/**
 * The second half of a preflight's checks, in the one order of RULES.md 2: quantity, price, stock,
 * hold caps, velocity, limit. Undefined admits the hold. A HARD limit or
 * velocity refuses one minor unit above it; SOFT refuses neither (RULES.md 3). `refuseExport` is the first half.
 */
export function refuseAdmission(facts: AdmissionFacts): RefusalCode | undefined {
  const { quantity, offer, openHolds, caps, relationship } = facts;
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > QUANTITY_MAX) {
    return 'QUANTITY_INVALID';
  }
  if (facts.expectedUnitPrice !== offer.unitPrice) return 'PRICE_CHANGED';
  if (offer.used + quantity > offer.stock) return 'OUT_OF_STOCK';
  if (openHolds.importer >= caps.importer || openHolds.buyer >= caps.buyer) return 'HOLDS_TOO_MANY';
  const amount = multiply(offer.unitPrice, quantity);
  if (relationship.limitMode === 'SOFT') return undefined;
  const { velocity, limit } = relationship;
  if (velocity !== undefined && facts.windowAmount + amount > velocity.max) {
    return 'VELOCITY_EXCEEDED';
  }
  return facts.exposure + amount > limit ? 'LIMIT_EXCEEDED' : undefined;
}

/**
 * How a reversal's amount is taken from a seller (minor units): what the balance has, and the rest
 * as a claw-back, because a member's balance never goes below zero (RULES.md 6).
 */
export function splitClawback(
  balance: Minor,
  amount: Minor,
): { readonly fromSeller: Minor; readonly clawback: Minor } {
  const fromSeller = balance < amount ? balance : amount;
  return { fromSeller, clawback: minor(amount - fromSeller) };
}
