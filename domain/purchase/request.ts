import type { WlPolicy } from '../policy/relationship.ts';
import type { RefusalCode } from '../shared/codes.ts';
import type { Rate } from '../shared/fx.ts';
import type { Minor } from '../shared/money.ts';
import { QUANTITY_MAX } from './admission.ts';
import { costOf, type Cost } from './terms.ts';

/** What a buyer has: X$ in the importer's currency, and BRL for the commission; minor units. */
export interface Purse {
  readonly funds: Minor;
  readonly fees: Minor;
}

/** What an importer knows, under the account's lock, when a purchase is requested (RULES.md 4). */
export interface RequestFacts extends Purse {
  readonly account: { readonly active: boolean; readonly mayBuy: boolean };
  /** Absent: never pulled. */
  readonly policy: WlPolicy | undefined;
  readonly signalDisabled: boolean;
  /** True where the buyer brings a hold that was taken before. */
  readonly givenHold: boolean;
  readonly quantity: number;
  readonly offer: {
    readonly originUnitPrice: Minor;
    readonly fxRate: Rate;
    /** Importer's currency, minor units; 0 where the price rounds to nothing. */
    readonly unitPrice: Minor;
    readonly commissionRate: Rate;
    readonly relationshipRevision: number;
  };
  /** What the buyer saw, importer's minor units; absent where it was not said. */
  readonly expectedUnitPrice: Minor | undefined;
  /** When the cool-down of an earlier purchase ends, epoch milliseconds; absent without one. */
  readonly coolDownUntil: number | undefined;
  /** The database's clock, epoch milliseconds. */
  readonly now: number;
}

/** The importer's own checks, in order; the exporter's come with the preflight (RULES.md 4). */
export function refuseRequest(facts: RequestFacts): RefusalCode | undefined {
  const { account, policy, quantity, offer, expectedUnitPrice: expected } = facts;
  if (!account.active || !account.mayBuy) return 'ACCOUNT_NOT_ALLOWED';
  if (policy === undefined || !policy.importEnabled) return 'IMPORT_DISABLED';
  if (!policy.features.import || !policy.features.purchase) return 'FEATURE_DISABLED';
  // A hold that was taken before the signal may still confirm (RULES.md 2).
  if (facts.signalDisabled && !facts.givenHold) return 'SIGNAL_DISABLED';
  if (quantity < 1 || quantity > QUANTITY_MAX) return 'QUANTITY_INVALID';
  // A price that rounds to zero would give the offer away (RULES.md 1).
  if (offer.unitPrice === 0n) return 'OFFER_DISABLED';
  if (expected !== undefined && expected !== offer.unitPrice) return 'PRICE_CHANGED';
  const { coolDownUntil } = facts;
  if (coolDownUntil !== undefined && facts.now < coolDownUntil) return 'COOL_DOWN';
  return refuseFund({ ...facts, ...requestCost(facts) });
}

/**
 * What the purchase costs the buyer. A quantity that nobody may order is priced as one unit: it is
 * refused anyway, and a trade row has to say something.
 */
export function requestCost({ offer, quantity }: Pick<RequestFacts, 'offer' | 'quantity'>): Cost {
  const whole = quantity >= 1 && quantity <= QUANTITY_MAX ? quantity : 1;
  return costOf(offer.unitPrice, whole, offer.commissionRate);
}

/** What is compared when a purchase is requested, and once more when it is funded. */
export interface FundFacts extends Purse, Cost {}

/** INSUFFICIENT_FUNDS where either currency is short of what is reserved together (RULES.md 1). */
export function refuseFund(facts: FundFacts): RefusalCode | undefined {
  const short = facts.funds < facts.amount || facts.fees < facts.commission;
  return short ? 'INSUFFICIENT_FUNDS' : undefined;
}
