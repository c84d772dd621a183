import { commissionOf, type Rate } from '../shared/fx.ts';
import { multiply, type Minor } from '../shared/money.ts';

/** What a purchase costs the buyer, frozen when it is requested (RULES.md 1). */
export interface Cost {
  /** Importer's currency, minor units. */
  readonly amount: Minor;
  /** BRL, minor units; reserved with the amount, earned only at settle. */
  readonly commission: Minor;
}

/** The rounded unit price times the quantity, and the commission on that total (RULES.md 1). */
export function costOf(unitPrice: Minor, quantity: number, commissionRate: Rate): Cost {
  const amount = multiply(unitPrice, quantity);
  return { amount, commission: commissionOf(amount, commissionRate) };
}
