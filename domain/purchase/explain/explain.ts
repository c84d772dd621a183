import type { RefusalCode } from '../../shared/codes.ts';
import { formatMinor, minor, type Minor } from '../../shared/money.ts';
import { refuseCapture, refuseConfirm, type Asking } from '../confirm.ts';
import { preflightAmount, refusePreflight } from '../preflight.ts';
import { readAsking, readConfirm, readFund, readPreflight, readRequest } from '../record.ts';
import type { DecisionStep, RecordedDecision } from '../recorded.ts';
import { refuseFund, refuseRequest } from '../request.ts';
import { judgeHold } from '../verdict.ts';
import { APPROVAL_RULES, EXPIRY_RULES, refuseLate, refuseWaiting } from './approval-rules.ts';
import type { Change, Fix, Inputs, Rules } from './change.ts';
import {
  CAPTURE_RULES,
  CONFIRM_RULES,
  TERMS_RULES,
  type Captured,
  type TermsFacts,
} from './hold-rules.ts';
import { PREFLIGHT_RULES } from './preflight-rules.ts';
import { FUND_RULES, REQUEST_RULES } from './request-rules.ts';

/** Revisions that were in force when it was decided; absent where the decision looks at none. */
export interface DecidedUnder {
  readonly policy?: number;
  readonly relationship?: number;
}

/** One way by which the decision would have passed: the first change, and what else it takes. */
export interface WayOut {
  readonly change: Change;
  /** Where another rule refuses next. */
  readonly further: readonly Change[];
}

/** Why nothing that is recorded, had it been other, would have let the purchase pass. */
export const WHY_NOT = {
  OFFER_NOT_FOUND: 'OFFER_IS_GONE',
  EXPORT_DISABLED: 'POLICY_WAS_NEVER_PULLED',
  IMPORT_DISABLED: 'POLICY_WAS_NEVER_PULLED',
  CANCELLED: 'IT_WAS_CANCELLED',
  EXPORTER_UNAVAILABLE: 'THE_EXPORTER_GAVE_NO_ANSWER',
  ENGINE_UNAVAILABLE: 'THE_ENGINE_WAS_AWAY',
} as const satisfies Partial<Record<RefusalCode, string>>;

/** The others: no decision tells of it, no change helps, or today's rules decide otherwise. */
const OTHER_WHY_NOT = ['NOT_RECORDED', 'STILL_REFUSED', 'DECIDES_OTHERWISE_NOW'] as const;

export const WHY_NOTS = [...new Set(Object.values(WHY_NOT)), ...OTHER_WHY_NOT];
export type WhyNot = (typeof WHY_NOTS)[number];

export interface Explanation {
  readonly code: RefusalCode;
  /** Absent where no decision was recorded. */
  readonly step?: DecisionStep | 'terms';
  /** The condition that failed, in the words of `inputs`. */
  readonly rule: string;
  readonly revision: DecidedUnder;
  readonly inputs: Inputs;
  /** Ways out that were decided again and passed; the smallest first. */
  readonly waysOut: readonly WayOut[];
  /** Present where there is no way out. */
  readonly whyNot?: WhyNot;
  /** The function that decided, and decides again; each way out was put through it. */
  readonly provenBy: string;
}

interface Decider<F> {
  readonly step: DecisionStep | 'terms';
  readonly name: string;
  readonly decide: (facts: F) => RefusalCode | undefined;
  readonly rules: Rules<F>;
  readonly revision: (facts: F) => DecidedUnder;
}

/**
 * More changes than there are rules can't be needed: each heals its rule for good. A chain that is
 * longer goes in circles, and is no way out.
 */
const MAX_CHANGES = 24;

/**
 * Why a recorded decision refused, and what would have let it pass, found by making the change that
 * a rule names and deciding again by the same function, until it passes. Undefined where the
 * decision did not refuse. Amounts are decimal strings, exporter's currency unless one is named.
 * Of the trade's decisions `before` it, the capture tells why it had to wait for a person.
 */
export function explainDecision(
  recorded: RecordedDecision,
  before: readonly RecordedDecision[] = [],
): Explanation | undefined {
  switch (recorded.step) {
    case 'request': {
      const { facts } = recorded;
      const read = readRequest(facts);
      return explain(REQUEST, { ...read, currency: facts.offer.currency });
    }
    case 'fund':
      return explain(FUND, { ...readFund(recorded.facts), currency: recorded.facts.currency });
    case 'preflight':
      return explain(PREFLIGHT, readPreflight(recorded.facts));
    case 'confirm':
      return explain(CONFIRM, readConfirm(recorded.facts));
    case 'capture':
      return explain(CAPTURE, {
        relationship: recorded.facts.relationship,
        neededLimit: neededLimit(before),
      });
    case 'approval': {
      const { decision, relationship } = recorded.facts;
      return explain(APPROVAL, { decision, relationship, asking: askingOf(before) });
    }
    case 'expiry':
      return explain(EXPIRY, { ...recorded.facts, asking: askingOf(before) });
  }
}

/** Exposure and amount of the hold, where its preflight was recorded; 0 where it was not. */
function neededLimit(decisions: readonly RecordedDecision[]): Minor {
  const held = decisions.findLast(({ step }) => step === 'preflight');
  if (held?.step !== 'preflight') return minor(0n);
  const facts = readPreflight(held.facts);
  return minor(facts.exposure + (preflightAmount(facts) ?? 0n));
}

function askingOf(decisions: readonly RecordedDecision[]): Asking | undefined {
  const captured = decisions.findLast(({ step }) => step === 'capture');
  return captured?.step === 'capture' ? readAsking(captured.facts) : undefined;
}

/**
 * Why an importer refused a hold that the exporter gave: by its own frozen terms (RULES.md 1).
 * Undefined where the two agree.
 */
export function explainTerms(facts: TermsFacts): Explanation | undefined {
  return explain(TERMS, facts);
}

/** What is said of a refusal that no decision recorded: nobody answered, or somebody cancelled. */
export function explainUnrecorded(code: RefusalCode): Explanation {
  return {
    ...{ code, rule: 'the purchase is answered', revision: {}, inputs: {} },
    ...{ waysOut: [], whyNot: whyNot(code) ?? 'NOT_RECORDED', provenBy: '' },
  };
}

const REQUEST: Decider<Parameters<typeof refuseRequest>[0] & { readonly currency: string }> = {
  ...{ step: 'request', name: 'refuseRequest', decide: refuseRequest, rules: REQUEST_RULES },
  revision: ({ policy, offer }) => under(policy?.revision, offer.relationshipRevision),
};
const FUND: Decider<Parameters<typeof refuseFund>[0] & { readonly currency: string }> = {
  ...{ step: 'fund', name: 'refuseFund', decide: refuseFund, rules: FUND_RULES },
  revision: () => ({}),
};
const PREFLIGHT: Decider<Parameters<typeof refusePreflight>[0]> = {
  ...{ step: 'preflight', name: 'refusePreflight', decide: refusePreflight },
  rules: PREFLIGHT_RULES,
  revision: ({ policy, relationship }) => under(policy?.revision, relationship?.revision),
};
const CONFIRM: Decider<Parameters<typeof refuseConfirm>[0]> = {
  ...{ step: 'confirm', name: 'refuseConfirm', decide: refuseConfirm, rules: CONFIRM_RULES },
  revision: () => ({}),
};
const CAPTURE: Decider<Captured> = {
  ...{ step: 'capture', name: 'refuseCapture', decide: refuseCapture, rules: CAPTURE_RULES },
  revision: ({ relationship }) => under(undefined, relationship?.revision),
};
const APPROVAL: Decider<Parameters<typeof refuseWaiting>[0]> = {
  ...{ step: 'approval', name: 'refuseWaiting', decide: refuseWaiting, rules: APPROVAL_RULES },
  revision: ({ relationship }) => under(undefined, relationship?.revision),
};
const EXPIRY: Decider<Parameters<typeof refuseLate>[0]> = {
  ...{ step: 'expiry', name: 'refuseLate', decide: refuseLate, rules: EXPIRY_RULES },
  revision: () => ({}),
};
const TERMS: Decider<TermsFacts> = {
  ...{ step: 'terms', name: 'judgeHold', decide: refuseTerms, rules: TERMS_RULES },
  revision: ({ terms }) => under(undefined, terms.relationshipRevision),
};

function refuseTerms({ terms, held }: TermsFacts): RefusalCode | undefined {
  const verdict = judgeHold(terms, {
    ...{ status: 'HELD', holdId: 'held', tradeId: terms.tradeId },
    quantity: held.quantity,
    unitPrice: formatMinor(held.originUnitPrice),
    currency: held.originCurrency,
    fxRate: held.fxRate,
    relationshipRevision: held.relationshipRevision,
  });
  return verdict.kind === 'DIFFERS' ? 'PRICE_CHANGED' : undefined;
}

function under(policy: number | undefined, relationship: number | undefined): DecidedUnder {
  return {
    ...(policy !== undefined && { policy }),
    ...(relationship !== undefined && { relationship }),
  };
}

function explain<F>(decider: Decider<F>, facts: F): Explanation | undefined {
  const { step, name, decide, rules, revision } = decider;
  const code = decide(facts);
  if (code === undefined) return undefined;
  const rule = rules[code];
  const fixes = rule?.fixes(facts) ?? [];
  const waysOut = fixes.flatMap((fix) => wayOut(decider, fix) ?? []);
  return {
    ...{ code, step, rule: rule?.says ?? '', revision: revision(facts) },
    inputs: rule?.inputs(facts) ?? {},
    waysOut,
    ...(waysOut.length === 0 && {
      whyNot: fixes.length > 0 ? 'STILL_REFUSED' : (whyNot(code) ?? 'NOT_RECORDED'),
    }),
    provenBy: name,
  };
}

/** Makes the change and decides again; where another rule refuses next, heals that one, too. */
function wayOut<F>({ decide, rules }: Decider<F>, first: Fix<F>): WayOut | undefined {
  const further: Change[] = [];
  let facts = first.after;
  for (;;) {
    const code = decide(facts);
    if (code === undefined) return { change: first.change, further };
    const next = rules[code]?.fixes(facts)[0];
    if (next === undefined || further.length >= MAX_CHANGES) return undefined;
    further.push(next.change);
    facts = next.after;
  }
}

function whyNot(code: RefusalCode): WhyNot | undefined {
  return (WHY_NOT as Partial<Record<RefusalCode, WhyNot>>)[code];
}
