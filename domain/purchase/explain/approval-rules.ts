import { needsApproval } from '../../policy/relationship.ts';
import type { RefusalCode } from '../../shared/codes.ts';
import { formatMinor } from '../../shared/money.ts';
import {
  hadToWait,
  refuseApproval,
  refuseExpired,
  type ApprovalFacts,
  type Asking,
  type ExpiryFacts,
} from '../confirm.ts';
import { written, type Fix, type Inputs, type Rule, type Rules } from './change.ts';
import { ACTIVE, UNBLOCK } from './hold-rules.ts';

/** A decision, and what had made the purchase wait for it, where that was recorded. */
export type Waiting<F> = F & { readonly asking: Asking | undefined };

/** Why a purchase that waited was refused; undefined where it need not have waited. */
export function refuseWaiting({
  asking,
  ...facts
}: Waiting<ApprovalFacts>): RefusalCode | undefined {
  return hadToWait(asking) ? refuseApproval(facts) : undefined;
}

/** Why time ran out; undefined for a purchase that need not have waited for a person. */
export function refuseLate({ asking, ...facts }: Waiting<ExpiryFacts>): RefusalCode | undefined {
  return facts.state === 'HELD' || hadToWait(asking) ? refuseExpired(facts) : undefined;
}

/** Approving, and a person's no, which another yes or not having asked would have changed. */
export const APPROVAL_RULES: Rules<Waiting<ApprovalFacts>> = {
  RELATIONSHIP_BLOCKED: {
    says: "status <> 'BLOCKED'",
    inputs: ({ relationship, asking }) => ({
      status: relationship?.status ?? null,
      ...askingInputs(asking),
    }),
    fixes: (facts) => [
      { change: UNBLOCK, after: { ...facts, relationship: ACTIVE } },
      ...notAsked(facts),
    ],
  },
  MANUAL_REJECT: {
    says: "decision = 'APPROVE'",
    inputs: ({ decision, asking }) => ({ decision, ...askingInputs(asking) }),
    fixes: (facts) => [
      { change: { kind: 'APPROVE' }, after: { ...facts, decision: 'APPROVE' } },
      ...notAsked(facts),
    ],
  },
};

/** Time that was up (`refuseExpired`). */
export const EXPIRY_RULES: Rules<Waiting<ExpiryFacts>> = {
  HOLD_EXPIRED: inTime('CONFIRM_BEFORE'),
  APPROVAL_EXPIRED: inTime('DECIDE_BEFORE'),
};

function inTime(kind: 'CONFIRM_BEFORE' | 'DECIDE_BEFORE'): Rule<Waiting<ExpiryFacts>> {
  return {
    says: 'now < expiresAt',
    inputs: ({ now, expiresAt, asking }) => ({
      now: written(now),
      expiresAt: written(expiresAt),
      ...(kind === 'DECIDE_BEFORE' && askingInputs(asking)),
    }),
    fixes: (facts) => [
      {
        change: { kind, to: written(facts.expiresAt) },
        after: { ...facts, now: facts.expiresAt - 1 },
      },
      ...(kind === 'DECIDE_BEFORE' ? notAsked(facts) : []),
    ],
  };
}

function askingInputs(asking: Asking | undefined): Inputs {
  if (asking === undefined) return {};
  const { approval, amount } = asking;
  return {
    amount: formatMinor(amount),
    'approval.mode': approval.mode,
    'approval.aboveAmount': formatMinor(approval.above),
  };
}

/**
 * The least by which nobody would have been asked: ABOVE where its threshold admits the amount
 * already, else no approvals; of a threshold, the amount itself. None where it was not recorded.
 */
function notAsked<F>(facts: Waiting<F>): readonly Fix<Waiting<F>>[] {
  const { asking } = facts;
  if (asking === undefined || !hadToWait(asking)) return [];
  const { approval, amount } = asking;
  if (approval.mode === 'ABOVE') {
    return [
      {
        change: {
          ...{ kind: 'SET_RELATIONSHIP', field: 'approval.aboveAmount' },
          ...{ from: formatMinor(approval.above), to: formatMinor(amount) },
        },
        after: { ...facts, asking: { amount, approval: { ...approval, above: amount } } },
      },
    ];
  }
  const isCovered = !needsApproval({ ...approval, mode: 'ABOVE' }, amount);
  const mode = isCovered ? 'ABOVE' : 'AUTO';
  return [
    {
      change: { kind: 'SET_RELATIONSHIP', field: 'approval.mode', from: approval.mode, to: mode },
      after: { ...facts, asking: { amount, approval: { ...approval, mode } } },
    },
  ];
}
