import type { WlPolicy } from '../../policy/relationship.ts';
import { convertUnitPrice, formatRate, parseFactor, type Rate } from '../../shared/fx.ts';
import { invariant } from '../../shared/invariant.ts';
import { COMMISSION_CURRENCY, formatMinor, minor } from '../../shared/money.ts';
import { QUANTITY_MAX } from '../admission.ts';
import {
  refuseFund,
  requestCost,
  type FundFacts,
  type Purse,
  type RequestFacts,
} from '../request.ts';
import { written, type Change, type Fix, type Inputs, type Rules } from './change.ts';
import { quantityFix } from './shared-fixes.ts';

/** A request's facts beside the currency of its amounts. */
export interface PricedRequest extends RequestFacts {
  readonly currency: string;
}

export interface PricedFund extends FundFacts {
  readonly currency: string;
}

type Facts = PricedRequest;

function governed(facts: Facts, change: (policy: WlPolicy) => Partial<WlPolicy>): Facts {
  const { policy } = facts;
  invariant(policy !== undefined, 'a policy was looked at');
  return { ...facts, policy: { ...policy, ...change(policy) } };
}

const setPolicy = (field: string): Change => ({
  ...{ kind: 'SET_IMPORTER_POLICY', field, from: false, to: true },
});

const ACCOUNT_AND_POLICY_RULES: Rules<Facts> = {
  ACCOUNT_NOT_ALLOWED: {
    says: "account.status = 'ACTIVE' and account.buyOffer",
    inputs: ({ account }) => ({ active: account.active, buyOffer: account.mayBuy }),
    fixes: (facts) => {
      const { account } = facts;
      return account.active
        ? [
            {
              change: { kind: 'SET_ACCOUNT', field: 'buyOffer', from: false, to: true },
              after: { ...facts, account: { ...account, mayBuy: true } },
            },
          ]
        : [
            {
              change: { kind: 'SET_ACCOUNT', field: 'status', to: 'ACTIVE' },
              after: { ...facts, account: { ...account, active: true } },
            },
          ];
    },
  },
  IMPORT_DISABLED: {
    says: 'importEnabled',
    inputs: ({ policy }) => ({ importEnabled: policy?.importEnabled ?? null }),
    fixes: (facts) =>
      facts.policy === undefined
        ? []
        : [
            {
              change: setPolicy('importEnabled'),
              after: governed(facts, () => ({ importEnabled: true })),
            },
          ],
  },
  FEATURE_DISABLED: {
    says: 'features.import and features.purchase',
    inputs: ({ policy }) => ({
      'features.import': policy?.features.import ?? null,
      'features.purchase': policy?.features.purchase ?? null,
    }),
    fixes: (facts) => {
      const feature = facts.policy?.features.import === false ? 'import' : 'purchase';
      return [
        {
          change: setPolicy(`features.${feature}`),
          after: governed(facts, ({ features }) => ({
            features: { ...features, [feature]: true },
          })),
        },
      ];
    },
  },
  SIGNAL_DISABLED: {
    says: 'no signal has stopped the pair',
    inputs: ({ signalDisabled }) => ({ signalDisabled }),
    fixes: (facts) => [
      { change: { kind: 'ENABLE_PAIR' }, after: { ...facts, signalDisabled: false } },
    ],
  },
};

const TERMS_RULES: Rules<Facts> = {
  QUANTITY_INVALID: {
    says: '1 <= quantity <= maximum',
    inputs: ({ quantity }) => ({ quantity, maximum: QUANTITY_MAX }),
    fixes: (facts) => [quantityFix(facts, facts.quantity < 1 ? 1 : QUANTITY_MAX)],
  },
  OFFER_DISABLED: {
    says: 'unitPrice > 0.00 after rounding',
    inputs: ({ offer }) => ({
      originUnitPrice: formatMinor(offer.originUnitPrice),
      fxRate: formatRate(offer.fxRate),
      unitPrice: formatMinor(offer.unitPrice),
    }),
    fixes: (facts) => [rateFix(facts), originPriceFix(facts)],
  },
  PRICE_CHANGED: {
    says: 'expectedUnitPrice = unitPrice',
    inputs: ({ offer, expectedUnitPrice }) => ({
      expectedUnitPrice: formatMinor(expectedUnitPrice ?? 0n),
      unitPrice: formatMinor(offer.unitPrice),
    }),
    fixes: (facts) => [
      {
        change: {
          ...{ kind: 'ACCEPT_PRICE', field: 'expectedUnitPrice', currency: facts.currency },
          from: formatMinor(facts.expectedUnitPrice ?? 0n),
          to: formatMinor(facts.offer.unitPrice),
        },
        after: { ...facts, expectedUnitPrice: facts.offer.unitPrice },
      },
    ],
  },
  COOL_DOWN: {
    says: 'now >= end of the cool-down of the earlier purchase',
    inputs: ({ now, coolDownUntil }) => ({
      now: written(now),
      coolDownUntil: written(coolDownUntil ?? 0),
    }),
    fixes: (facts) => {
      const { coolDownUntil } = facts;
      invariant(coolDownUntil !== undefined, 'a cool-down was looked at');
      const to = written(coolDownUntil);
      return [{ change: { kind: 'WAIT_UNTIL', to }, after: { ...facts, now: coolDownUntil } }];
    },
  },
  INSUFFICIENT_FUNDS: {
    says: 'funds >= amount and fees >= commission',
    inputs: (facts) => purseInputs({ ...facts, ...requestCost(facts) }),
    fixes: (facts) => {
      const [credit] = creditFixes(facts, requestCost(facts), facts.currency);
      const quantity = affordable(facts);
      return [
        ...(credit === undefined ? [] : [credit]),
        ...(quantity > 0 ? [quantityFix(facts, quantity)] : []),
      ];
    },
  },
};

/** Every refusal of a request, in the order in which it is looked for (RULES.md 4). */
export const REQUEST_RULES: Rules<Facts> = { ...ACCOUNT_AND_POLICY_RULES, ...TERMS_RULES };

/** The same comparison again, when the money is taken. */
export const FUND_RULES: Rules<PricedFund> = {
  INSUFFICIENT_FUNDS: {
    says: 'funds >= amount and fees >= commission',
    inputs: purseInputs,
    fixes: (facts) => creditFixes(facts, facts, facts.currency),
  },
};

function purseInputs(facts: FundFacts & { readonly currency: string }): Inputs {
  return {
    currency: facts.currency,
    funds: formatMinor(facts.funds),
    amount: formatMinor(facts.amount),
    commissionCurrency: COMMISSION_CURRENCY,
    fees: formatMinor(facts.fees),
    commission: formatMinor(facts.commission),
  };
}

/** What is short of one currency; where both are, deciding again meets the other one. */
function creditFixes<F extends Purse>(
  facts: F,
  cost: Pick<FundFacts, 'amount' | 'commission'>,
  currency: string,
): readonly Fix<F>[] {
  const credit = (by: bigint, into: string, after: F): Fix<F> => ({
    change: { kind: 'CREDIT_ACCOUNT', by: formatMinor(by), currency: into },
    after,
  });
  if (facts.funds < cost.amount) {
    return [credit(cost.amount - facts.funds, currency, { ...facts, funds: cost.amount })];
  }
  const short = cost.commission - facts.fees;
  return [credit(short, COMMISSION_CURRENCY, { ...facts, fees: cost.commission })];
}

/** The most units that the purse pays for, commission and all; 0 where not even one. */
function affordable(facts: Facts): number {
  let [least, most] = [0, facts.quantity - 1];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    const cost = requestCost({ ...facts, quantity: middle });
    if (refuseFund({ ...facts, ...cost }) === undefined) least = middle;
    else most = middle - 1;
  }
  return least;
}

const RATE_DIVISOR = 2n;

/** Half a minor unit is what rounds up to one: the least rate at which the price does. */
function rateFix(facts: Facts): Fix<Facts> {
  const { offer } = facts;
  const fxRate = ceilDivide(ONE / RATE_DIVISOR, offer.originUnitPrice) as Rate;
  return {
    change: {
      ...{ kind: 'SET_RELATIONSHIP', field: 'fxRate' },
      ...{ from: formatRate(offer.fxRate), to: formatRate(fxRate) },
    },
    after: repriced(facts, { ...offer, fxRate }),
  };
}

function originPriceFix(facts: Facts): Fix<Facts> {
  const { offer } = facts;
  const originUnitPrice = minor(ceilDivide(ONE / RATE_DIVISOR, offer.fxRate));
  return {
    change: {
      ...{ kind: 'SET_OFFER', field: 'unitPrice' },
      ...{ from: formatMinor(offer.originUnitPrice), to: formatMinor(originUnitPrice) },
    },
    after: repriced(facts, { ...offer, originUnitPrice }),
  };
}

function repriced(facts: Facts, offer: Facts['offer']): Facts {
  const unitPrice = convertUnitPrice(offer.originUnitPrice, offer.fxRate);
  return { ...facts, offer: { ...offer, unitPrice } };
}

const ONE = factorOf('1');

function factorOf(text: string): Rate {
  const read = parseFactor(text);
  invariant(read.ok, 'a constant factor is one');
  return read.value;
}

function ceilDivide(numerator: bigint, denominator: bigint): bigint {
  invariant(denominator > 0n, 'prices and rates are above zero');
  return (numerator + denominator - 1n) / denominator;
}
