import { formatMinor, minor, type Minor } from '../../shared/money.ts';
import type { CaptureFacts, ConfirmFacts } from '../confirm.ts';
import type { Terms } from '../verdict.ts';
import type { Change, Inputs, Rule, Rules } from './change.ts';

/** A confirm that brings a hold of its own, on the terms that it asks for. */
const aHoldOfItsOwn = (facts: ConfirmFacts): ConfirmFacts => ({
  ...facts,
  hold: { ...facts.asked, own: true },
});

const confirmInputs = ({ hold, asked }: ConfirmFacts): Inputs => ({
  'hold.exists': hold !== undefined,
  'hold.own': hold?.own ?? null,
  'hold.quantity': hold?.quantity ?? null,
  'hold.unitPrice': hold === undefined ? null : formatMinor(hold.unitPrice),
  quantity: asked.quantity,
  unitPrice: formatMinor(asked.unitPrice),
});

const needsItsOwn = (says: string): Rule<ConfirmFacts> => ({
  says,
  inputs: confirmInputs,
  fixes: (facts) => [{ change: { kind: 'BUY_AGAIN' }, after: aHoldOfItsOwn(facts) }],
});

/** A confirm that does not fit its hold (`refuseConfirm`). */
export const CONFIRM_RULES: Rules<ConfirmFacts> = {
  HOLD_EXPIRED: needsItsOwn('the hold exists'),
  HOLD_TAKEN: needsItsOwn('the hold is of this trade'),
  QUANTITY_INVALID: {
    says: 'quantity = hold.quantity',
    inputs: confirmInputs,
    fixes: ({ hold, asked }) =>
      hold === undefined
        ? []
        : [
            {
              change: {
                ...{ kind: 'ORDER_QUANTITY', field: 'quantity' },
                ...{ from: asked.quantity, to: hold.quantity },
              },
              after: { hold, asked: { ...asked, quantity: hold.quantity } },
            },
          ],
  },
  PRICE_CHANGED: {
    says: 'unitPrice = hold.unitPrice',
    inputs: confirmInputs,
    fixes: ({ hold, asked }) =>
      hold === undefined
        ? []
        : [
            {
              change: {
                ...{ kind: 'ACCEPT_PRICE', field: 'unitPrice' },
                ...{ from: formatMinor(asked.unitPrice), to: formatMinor(hold.unitPrice) },
              },
              after: { hold, asked: { ...asked, unitPrice: hold.unitPrice } },
            },
          ],
  },
};

/** A relationship that refuses no capture. */
export const ACTIVE = { status: 'ACTIVE', revision: 0 } as const;
export const UNBLOCK: Change = {
  ...{ kind: 'SET_RELATIONSHIP', field: 'status', from: 'BLOCKED', to: 'ACTIVE' },
};

/** What a capture looked at; and the least limit under which the hold was taken, minor units. */
export interface Captured extends CaptureFacts {
  readonly neededLimit: Minor;
}

/** A hold that fits and is not captured all the same (`refuseCapture`). */
export const CAPTURE_RULES: Rules<Captured> = {
  RELATIONSHIP_MISSING: {
    says: 'a relationship exists',
    inputs: () => ({ relationship: null }),
    fixes: (facts) => [
      {
        change: {
          ...{ kind: 'CREATE_RELATIONSHIP', field: 'limitAmount' },
          to: formatMinor(facts.neededLimit),
        },
        after: { ...facts, relationship: ACTIVE },
      },
    ],
  },
  RELATIONSHIP_BLOCKED: {
    says: "status <> 'BLOCKED'",
    inputs: ({ relationship }) => ({ status: relationship?.status ?? null }),
    fixes: (facts) => [{ change: UNBLOCK, after: { ...facts, relationship: ACTIVE } }],
  },
};

/** What the importer froze, beside what the exporter held. */
export interface TermsFacts {
  readonly terms: Terms;
  readonly held: Terms;
}

/** The importer refuses a hold on other terms than its own (`judgeHold`, RULES.md 1). */
export const TERMS_RULES: Rules<TermsFacts> = {
  PRICE_CHANGED: {
    says: 'both sides have the price, the currency and the rate of one revision',
    inputs: ({ terms, held }) => ({
      unitPrice: formatMinor(terms.originUnitPrice),
      'held.unitPrice': formatMinor(held.originUnitPrice),
      fxRate: terms.fxRate,
      'held.fxRate': held.fxRate,
      relationshipRevision: terms.relationshipRevision,
      'held.relationshipRevision': held.relationshipRevision,
    }),
    fixes: ({ terms, held }) => [
      {
        change: {
          ...{ kind: 'ACCEPT_PRICE', field: 'unitPrice', currency: held.originCurrency },
          from: formatMinor(minor(terms.originUnitPrice)),
          to: formatMinor(held.originUnitPrice),
        },
        after: { terms: { ...held, tradeId: terms.tradeId }, held },
      },
    ],
  },
};
