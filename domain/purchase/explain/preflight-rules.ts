import { isVisibleTo, type Relationship, type WlPolicy } from '../../policy/relationship.ts';
import { invariant } from '../../shared/invariant.ts';
import { formatMinor, minor, type Minor } from '../../shared/money.ts';
import { QUANTITY_MAX } from '../admission.ts';
import { preflightAmount, type PreflightFacts } from '../preflight.ts';
import { written, type Fix, type Inputs, type Rules } from './change.ts';
import { EXPORT_POLICY_RULE } from './export-policy-rule.ts';
import { newRelationship, quantityFix } from './shared-fixes.ts';

type Facts = PreflightFacts;
type PreflightFix = Fix<Facts>;
const MS_PER_SECOND = 1_000;

/** A field of the relationship, in force; the refusals that use it have found one. */
function related(facts: Facts, change: Partial<Relationship>): Facts {
  const { relationship } = facts;
  invariant(relationship !== undefined, 'a rule of the relationship was looked at');
  return { ...facts, relationship: { ...relationship, ...change } };
}

function governed(facts: Facts, change: (policy: WlPolicy) => Partial<WlPolicy>): Facts {
  const { policy } = facts;
  invariant(policy !== undefined, 'a policy was looked at');
  return { ...facts, policy: { ...policy, ...change(policy) } };
}

function offered(facts: Facts, change: Partial<NonNullable<Facts['offer']>>): Facts {
  const { offer } = facts;
  invariant(offer !== undefined, 'an offer was looked at');
  return { ...facts, offer: { ...offer, ...change } };
}

const statusRule = {
  says: "status = 'ACTIVE'",
  inputs: ({ relationship }: Facts): Inputs => ({ status: relationship?.status ?? null }),
  fixes: (facts: Facts): readonly PreflightFix[] => [
    {
      change: {
        kind: 'SET_RELATIONSHIP',
        field: 'status',
        from: facts.relationship?.status ?? '',
        to: 'ACTIVE',
      },
      after: related(facts, { status: 'ACTIVE' }),
    },
  ],
};

/** Amount of the decision, exporter's minor units; capacity is looked at with an offer only. */
function amountOf(facts: Facts): Minor {
  const amount = preflightAmount(facts);
  invariant(amount !== undefined, 'an amount was looked at');
  return amount;
}

/** As many units as this much money buys, where that is any at all and fewer than were asked. */
function fewer(facts: Facts, headroom: bigint): readonly PreflightFix[] {
  const { offer } = facts;
  if (offer === undefined || offer.unitPrice <= 0n || headroom < offer.unitPrice) return [];
  const quantity = Number(headroom / offer.unitPrice);
  return quantity < facts.quantity ? [quantityFix(facts, quantity)] : [];
}

function raise(facts: Facts, field: 'limitAmount' | 'velocity.maxAmount'): PreflightFix {
  const { relationship, exposure, windowAmount } = facts;
  invariant(relationship !== undefined, 'a limit was looked at');
  const isLimit = field === 'limitAmount';
  const { velocity } = relationship;
  const from = isLimit ? relationship.limit : (velocity?.max ?? minor(0n));
  const to = minor((isLimit ? exposure : windowAmount) + amountOf(facts));
  const windowSeconds = velocity?.windowSeconds ?? 0;
  return {
    change: {
      kind: 'SET_RELATIONSHIP',
      field,
      from: formatMinor(from),
      to: formatMinor(to),
      by: formatMinor(to - from),
    },
    after: related(facts, isLimit ? { limit: to } : { velocity: { max: to, windowSeconds } }),
  };
}

/** Who may buy of the exporter at all (`refusePartner`). */
const PARTNER_RULES: Rules<Facts> = {
  RELATIONSHIP_MISSING: {
    says: 'a relationship exists',
    inputs: ({ partner }) => ({ importer: partner, relationship: null }),
    fixes: (facts) => {
      const limit = minor(facts.exposure + (preflightAmount(facts) ?? 0n));
      return [
        {
          change: { kind: 'CREATE_RELATIONSHIP', field: 'limitAmount', to: formatMinor(limit) },
          after: { ...facts, relationship: newRelationship(facts.partner, limit) },
        },
      ];
    },
  },
  RELATIONSHIP_BLOCKED: statusRule,
  RELATIONSHIP_PAUSED: statusRule,
  SIGNAL_DISABLED: {
    says: 'no signal has stopped the pair',
    inputs: ({ signalDisabled }) => ({ signalDisabled }),
    fixes: (facts) => [
      { change: { kind: 'ENABLE_PAIR' }, after: { ...facts, signalDisabled: false } },
    ],
  },
  EXPORT_DISABLED: {
    says: 'exportEnabled',
    inputs: ({ policy }) => ({ exportEnabled: policy?.exportEnabled ?? null }),
    fixes: (facts) =>
      facts.policy === undefined
        ? []
        : [
            {
              change: setPolicy('exportEnabled'),
              after: governed(facts, () => ({ exportEnabled: true })),
            },
          ],
  },
  FEATURE_DISABLED: {
    says: 'features.export',
    inputs: ({ policy }) => ({ 'features.export': policy?.features.export ?? null }),
    fixes: (facts) => [
      {
        change: setPolicy('features.export'),
        after: governed(facts, ({ features }) => ({ features: { ...features, export: true } })),
      },
    ],
  },
  NOT_VISIBLE: {
    says: 'visibilityEnabled and (visibilityWls is empty or contains importer)',
    inputs: ({ policy, partner }) => ({
      importer: partner,
      visibilityEnabled: policy?.visibilityEnabled ?? null,
      listed: policy !== undefined && isVisibleTo({ ...policy, visibilityEnabled: true }, partner),
    }),
    fixes: (facts) => [
      facts.policy?.visibilityEnabled === false
        ? {
            change: setPolicy('visibilityEnabled'),
            after: governed(facts, () => ({ visibilityEnabled: true })),
          }
        : {
            change: { kind: 'ADD_TO_VISIBILITY', field: 'visibilityWls', to: facts.partner },
            after: governed(facts, ({ visibilityWls }) => ({
              visibilityWls: [...visibilityWls, facts.partner],
            })),
          },
    ],
  },
};

function setPolicy(field: string): PreflightFix['change'] {
  return { kind: 'SET_EXPORTER_POLICY', field, from: false, to: true };
}

/** Whether this offer is for the partner (`refuseExport`). */
const OFFER_RULES: Rules<Facts> = {
  OFFER_NOT_FOUND: {
    says: 'the offer exists at the exporter',
    inputs: () => ({ offer: null }),
    // Nobody can bring an offer back under its id.
    fixes: () => [],
  },
  OFFER_DISABLED: {
    says: "offer.status = 'ENABLED'",
    inputs: ({ offer }) => ({ 'offer.status': offer?.status ?? null }),
    fixes: (facts) => [
      {
        change: { kind: 'SET_OFFER', field: 'status', from: 'DISABLED', to: 'ENABLED' },
        after: offered(facts, { status: 'ENABLED' }),
      },
    ],
  },
  EXPORT_DELAYED: {
    says: 'now >= offer.createdAt + exportDelaySeconds',
    inputs: ({ offer, policy, now }) => ({
      now: written(now),
      'offer.createdAt': written(offer?.createdAt ?? 0),
      exportDelaySeconds: policy?.exportDelaySeconds ?? null,
    }),
    fixes: (facts) => {
      const { offer, policy, now } = facts;
      invariant(offer !== undefined && policy !== undefined, 'a delay was looked at');
      const until = offer.createdAt + policy.exportDelaySeconds * MS_PER_SECOND;
      const age = Math.max(0, Math.floor((now - offer.createdAt) / MS_PER_SECOND));
      return [
        { change: { kind: 'WAIT_UNTIL', to: written(until) }, after: { ...facts, now: until } },
        {
          change: {
            kind: 'SET_EXPORTER_POLICY',
            field: 'exportDelaySeconds',
            from: policy.exportDelaySeconds,
            to: age,
          },
          after: governed(facts, () => ({ exportDelaySeconds: age })),
        },
      ];
    },
  },
  EXPORT_POLICY_DENIED: EXPORT_POLICY_RULE,
};

/** Quantity, price, stock and caps, then velocity and limit (`refuseAdmission`). */
const ADMISSION_RULES: Rules<Facts> = {
  QUANTITY_INVALID: {
    says: '1 <= quantity <= maximum',
    inputs: ({ quantity }) => ({ quantity, maximum: QUANTITY_MAX }),
    fixes: (facts) => [quantityFix(facts, facts.quantity < 1 ? 1 : QUANTITY_MAX)],
  },
  PRICE_CHANGED: {
    says: 'expectedUnitPrice = offer.unitPrice',
    inputs: ({ offer, expectedUnitPrice }) => ({
      expectedUnitPrice: formatMinor(expectedUnitPrice),
      'offer.unitPrice': formatMinor(offer?.unitPrice ?? 0n),
    }),
    fixes: (facts) => {
      const { offer, expectedUnitPrice: expected } = facts;
      invariant(offer !== undefined, 'a price was looked at');
      const [from, to] = [formatMinor(expected), formatMinor(offer.unitPrice)];
      return [
        {
          change: { kind: 'ACCEPT_PRICE', field: 'expectedUnitPrice', from, to },
          after: { ...facts, expectedUnitPrice: offer.unitPrice },
        },
        {
          change: { kind: 'SET_OFFER', field: 'unitPrice', from: to, to: from },
          after: offered(facts, { unitPrice: expected }),
        },
      ];
    },
  },
  OUT_OF_STOCK: {
    says: 'quantity <= available',
    inputs: ({ offer, quantity }) => ({ quantity, available: availableOf(offer) }),
    fixes: (facts) => {
      const { offer, quantity } = facts;
      const available = availableOf(offer);
      invariant(offer !== undefined, 'a stock was looked at');
      return [
        {
          change: {
            ...{ kind: 'SET_OFFER', field: 'available', from: available },
            ...{ to: quantity, by: quantity - available },
          },
          after: offered(facts, { stock: offer.used + quantity }),
        },
        ...(available > 0 ? [quantityFix(facts, available)] : []),
      ];
    },
  },
  HOLDS_TOO_MANY: {
    says: 'open holds < cap, of the importer and of the buyer',
    inputs: ({ openHolds, caps }) => ({
      'openHolds.importer': openHolds.importer,
      'caps.importer': caps.importer,
      'openHolds.buyer': openHolds.buyer,
      'caps.buyer': caps.buyer,
    }),
    fixes: (facts) => {
      const { openHolds, caps } = facts;
      const whose = openHolds.importer >= caps.importer ? 'importer' : 'buyer';
      const by = openHolds[whose] - caps[whose] + 1;
      const field = whose === 'importer' ? 'HOLDS_PER_IMPORTER' : 'HOLDS_PER_BUYER';
      return [
        {
          change: { kind: 'END_HOLDS', field: whose, from: openHolds[whose], by },
          after: { ...facts, openHolds: { ...openHolds, [whose]: caps[whose] - 1 } },
        },
        {
          change: { kind: 'RAISE_CAP', field, from: caps[whose], to: openHolds[whose] + 1, by },
          after: { ...facts, caps: { ...caps, [whose]: openHolds[whose] + 1 } },
        },
      ];
    },
  },
  VELOCITY_EXCEEDED: {
    says: 'windowAmount + amount <= velocity.maxAmount',
    inputs: (facts) => ({
      windowAmount: formatMinor(facts.windowAmount),
      amount: formatMinor(amountOf(facts)),
      'velocity.maxAmount': formatMinor(facts.relationship?.velocity?.max ?? 0n),
      'velocity.windowSeconds': facts.relationship?.velocity?.windowSeconds ?? null,
    }),
    fixes: (facts) => [
      raise(facts, 'velocity.maxAmount'),
      ...fewer(facts, (facts.relationship?.velocity?.max ?? 0n) - facts.windowAmount),
    ],
  },
  LIMIT_EXCEEDED: {
    says: 'exposure + amount <= limitAmount',
    inputs: (facts) => ({
      exposure: formatMinor(facts.exposure),
      amount: formatMinor(amountOf(facts)),
      limitAmount: formatMinor(facts.relationship?.limit ?? 0n),
    }),
    fixes: (facts) => {
      const headroom = minor((facts.relationship?.limit ?? 0n) - facts.exposure);
      const missing = minor(amountOf(facts) - headroom);
      return [
        raise(facts, 'limitAmount'),
        ...fewer(facts, headroom),
        {
          change: { kind: 'SETTLE', by: formatMinor(missing) },
          after: { ...facts, exposure: minor(facts.exposure - missing) },
        },
      ];
    },
  },
};

function availableOf(offer: Facts['offer']): number {
  return offer === undefined ? 0 : offer.stock - offer.used;
}

/** Every refusal of a preflight, in the order in which it is looked for (RULES.md 2). */
export const PREFLIGHT_RULES: Rules<Facts> = {
  ...PARTNER_RULES,
  ...OFFER_RULES,
  ...ADMISSION_RULES,
};
