import { formatMinor, minor } from '../../shared/money.ts';
import type { ApprovalFacts, CaptureFacts, ConfirmFacts, ExpiryFacts } from '../confirm.ts';
import type { Terms } from '../verdict.ts';
import { written, type Inputs, type Rule, type Rules } from './change.ts';

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

const ACTIVE = { status: 'ACTIVE', revision: 0 } as const;

/** A hold that fits and is not captured all the same (`refuseCapture`). */
export const CAPTURE_RULES: Rules<CaptureFacts> = {
  RELATIONSHIP_MISSING: {
    says: 'a relationship exists',
    inputs: () => ({ relationship: null }),
    fixes: () => [
      { change: { kind: 'CREATE_RELATIONSHIP', to: 'ACTIVE' }, after: { relationship: ACTIVE } },
    ],
  },
  RELATIONSHIP_BLOCKED: blockedRule((facts) => ({ ...facts, relationship: ACTIVE })),
};

/** Approving, and a person's no, which nothing but another person's yes would change. */
export const APPROVAL_RULES: Rules<ApprovalFacts> = {
  RELATIONSHIP_BLOCKED: blockedRule((facts) => ({ ...facts, relationship: ACTIVE })),
  MANUAL_REJECT: {
    says: 'the person who decided approved it',
    inputs: ({ decision }) => ({ decision }),
    fixes: () => [],
  },
};

function blockedRule<F extends CaptureFacts>(heal: (facts: F) => F): Rule<F> {
  return {
    says: "status <> 'BLOCKED'",
    inputs: ({ relationship }) => ({ status: relationship?.status ?? null }),
    fixes: (facts) => [
      {
        change: { kind: 'SET_RELATIONSHIP', field: 'status', from: 'BLOCKED', to: 'ACTIVE' },
        after: heal(facts),
      },
    ],
  };
}

const inTime = (kind: 'CONFIRM_BEFORE' | 'DECIDE_BEFORE'): Rule<ExpiryFacts> => ({
  says: 'now < expiresAt',
  inputs: ({ now, expiresAt }) => ({ now: written(now), expiresAt: written(expiresAt) }),
  fixes: (facts) => [
    {
      change: { kind, to: written(facts.expiresAt) },
      after: { ...facts, now: facts.expiresAt - 1 },
    },
  ],
});

/** Time that was up (`refuseExpired`). */
export const EXPIRY_RULES: Rules<ExpiryFacts> = {
  HOLD_EXPIRED: inTime('CONFIRM_BEFORE'),
  APPROVAL_EXPIRED: inTime('DECIDE_BEFORE'),
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
