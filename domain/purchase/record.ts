import type { ExportPolicy } from '../policy/export-policy.ts';
import { readPulledRelationship } from '../policy/pulled.ts';
import type { Relationship, WlPolicy } from '../policy/relationship.ts';
import { formatRate, parseFactor, type Rate } from '../shared/fx.ts';
import { invariant } from '../shared/invariant.ts';
import { formatMinor, parseMinor, type Minor } from '../shared/money.ts';
import type { Asking, CaptureFacts, ConfirmFacts, HeldTerms } from './confirm.ts';
import type { PreflightFacts } from './preflight.ts';
import type { FundFacts, RequestFacts } from './request.ts';
import {
  narrowList,
  narrowLists,
  type RecordedCapture,
  type RecordedConfirm,
  type RecordedFund,
  type RecordedPreflight,
  type RecordedRelationship,
  type RecordedRequest,
} from './recorded.ts';

/** Writes a preflight's facts in their recorded form; lists are narrowed to the offer. */
export function recordPreflight(facts: PreflightFacts, currency: string): RecordedPreflight {
  const { policy, relationship, offer, partner } = facts;
  return {
    partner,
    ...(policy !== undefined && { policy: narrowPolicy(policy, partner) }),
    ...(relationship !== undefined && { relationship: recordRelationship(relationship, offer) }),
    signalDisabled: facts.signalDisabled,
    ...(offer !== undefined && { offer: { ...offer, unitPrice: formatMinor(offer.unitPrice) } }),
    currency,
    quantity: facts.quantity,
    expectedUnitPrice: formatMinor(facts.expectedUnitPrice),
    openHolds: facts.openHolds,
    caps: facts.caps,
    windowAmount: formatMinor(facts.windowAmount),
    exposure: formatMinor(facts.exposure),
    now: facts.now,
  };
}

/** Reads a recorded preflight; a figure that is none breaks an invariant: we wrote it ourselves. */
export function readPreflight(recorded: RecordedPreflight): PreflightFacts {
  const { relationship, offer } = recorded;
  return {
    ...recorded,
    policy: recorded.policy,
    relationship: relationship && readRelationship(relationship),
    offer: offer && { ...offer, unitPrice: amount(offer.unitPrice) },
    expectedUnitPrice: amount(recorded.expectedUnitPrice),
    windowAmount: amount(recorded.windowAmount),
    exposure: amount(recorded.exposure),
  };
}

/** Writes the facts of a purchase request; currencies stand beside the amounts. */
export function recordRequest(
  facts: RequestFacts,
  currencies: { readonly currency: string; readonly originCurrency: string },
): RecordedRequest {
  const { policy, offer, expectedUnitPrice, coolDownUntil, funds, fees, ...rest } = facts;
  return {
    account: rest.account,
    // Whom this WL shows its own offers to says nothing about what it buys.
    ...(policy !== undefined && { policy: { ...policy, visibilityWls: [] } }),
    signalDisabled: rest.signalDisabled,
    givenHold: rest.givenHold,
    quantity: rest.quantity,
    offer: {
      originUnitPrice: formatMinor(offer.originUnitPrice),
      originCurrency: currencies.originCurrency,
      fxRate: formatRate(offer.fxRate),
      unitPrice: formatMinor(offer.unitPrice),
      currency: currencies.currency,
      commissionRate: formatRate(offer.commissionRate),
      relationshipRevision: offer.relationshipRevision,
    },
    ...(expectedUnitPrice !== undefined && { expectedUnitPrice: formatMinor(expectedUnitPrice) }),
    ...(coolDownUntil !== undefined && { coolDownUntil }),
    now: rest.now,
    funds: formatMinor(funds),
    fees: formatMinor(fees),
  };
}

/** Reads a recorded request. */
export function readRequest(recorded: RecordedRequest): RequestFacts {
  const { offer, expectedUnitPrice: expected } = recorded;
  return {
    ...recorded,
    policy: recorded.policy,
    offer: {
      originUnitPrice: amount(offer.originUnitPrice),
      fxRate: rate(offer.fxRate),
      unitPrice: amount(offer.unitPrice),
      commissionRate: rate(offer.commissionRate),
      relationshipRevision: offer.relationshipRevision,
    },
    expectedUnitPrice: expected === undefined ? undefined : amount(expected),
    coolDownUntil: recorded.coolDownUntil,
    funds: amount(recorded.funds),
    fees: amount(recorded.fees),
  };
}

/** Writes what funding compared. */
export function recordFund(facts: FundFacts, currency: string): RecordedFund {
  return {
    amount: formatMinor(facts.amount),
    commission: formatMinor(facts.commission),
    funds: formatMinor(facts.funds),
    fees: formatMinor(facts.fees),
    currency,
  };
}

/** Reads what funding compared. */
export function readFund(recorded: RecordedFund): FundFacts {
  return {
    amount: amount(recorded.amount),
    commission: amount(recorded.commission),
    funds: amount(recorded.funds),
    fees: amount(recorded.fees),
  };
}

/** Writes what a confirm compared. */
export function recordConfirm({ hold, asked }: ConfirmFacts): RecordedConfirm {
  return {
    ...(hold !== undefined && { hold: { ...written(hold), own: hold.own } }),
    asked: written(asked),
  };
}

/** Reads what a confirm compared. */
export function readConfirm({ hold, asked }: RecordedConfirm): ConfirmFacts {
  return {
    hold: hold && { ...hold, unitPrice: amount(hold.unitPrice) },
    asked: { ...asked, unitPrice: amount(asked.unitPrice) },
  };
}

/** Writes what a capture looked at, and what decided whether a person is asked. */
export function recordCapture({ relationship }: CaptureFacts, asking?: Asking): RecordedCapture {
  return {
    ...(relationship !== undefined && { relationship }),
    ...(asking !== undefined && {
      asking: {
        mode: asking.approval.mode,
        aboveAmount: formatMinor(asking.approval.above),
        amount: formatMinor(asking.amount),
      },
    }),
  };
}

/** Reads what decided whether a person is asked; undefined where it was not recorded. */
export function readAsking({ asking }: RecordedCapture): Asking | undefined {
  if (asking === undefined) return undefined;
  const { mode, aboveAmount } = asking;
  return { approval: { mode, above: amount(aboveAmount) }, amount: amount(asking.amount) };
}

function written({ quantity, unitPrice }: HeldTerms): RecordedConfirm['asked'] {
  return { quantity, unitPrice: formatMinor(unitPrice) };
}

function narrowPolicy(policy: WlPolicy, partner: string): WlPolicy {
  return { ...policy, visibilityWls: narrowList(policy.visibilityWls, partner) };
}

function recordRelationship(
  relationship: Relationship,
  offer: PreflightFacts['offer'],
): RecordedRelationship {
  const { velocity, exportPolicy, approval } = relationship;
  return {
    src: relationship.src,
    dst: relationship.dst,
    revision: relationship.revision,
    status: relationship.status,
    fxRate: formatRate(relationship.fxRate),
    limitAmount: formatMinor(relationship.limit),
    limitMode: relationship.limitMode,
    commissionRate: formatRate(relationship.commissionRate),
    approval: { mode: approval.mode, aboveAmount: formatMinor(approval.above) },
    ...(velocity !== undefined && {
      velocity: { maxAmount: formatMinor(velocity.max), windowSeconds: velocity.windowSeconds },
    }),
    ...(exportPolicy !== undefined && {
      export_policy: recordExportPolicy(exportPolicy, offer),
    }),
  };
}

function recordExportPolicy(policy: ExportPolicy, offer: PreflightFacts['offer']) {
  const { minCreatedAt } = policy;
  return {
    enabled: policy.enabled,
    ...(minCreatedAt !== undefined && { min_created_at: new Date(minCreatedAt).toISOString() }),
    ...narrowLists(policy, offer ?? { categoryId: '', entityId: '' }),
  };
}

function readRelationship(recorded: RecordedRelationship): Relationship {
  const read = readPulledRelationship(recorded);
  invariant(read.ok, 'a recorded relationship was written from one that is valid');
  return read.value;
}

function amount(text: string): Minor {
  const read = parseMinor(text);
  invariant(read.ok, 'a recorded amount was written from minor units');
  return read.value;
}

function rate(text: string): Rate {
  const read = parseFactor(text);
  invariant(read.ok, 'a recorded rate was written from one');
  return read.value;
}
