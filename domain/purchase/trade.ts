import { ok, refuse, type Result } from '../shared/result.ts';

/** States of the importer's trade row (RULES.md 4). */
export const TRADE_STATES = [
  'REQUESTED',
  'FUNDED',
  'AWAITING_APPROVAL',
  'UNCERTAIN',
  'NEEDS_ATTENTION',
  'CONFIRMED',
  'REJECTED',
  'COMPENSATED',
  'REVERSING',
  'REVERSED',
] as const;
export type TradeState = (typeof TRADE_STATES)[number];

/** What members and partners are told (RULES.md 4, "Public"). */
export type PublicStatus = 'PENDING' | 'CONFIRMED' | 'REJECTED' | 'REVERSED';

export const PARK_REASONS = [
  'TERMS_DIFFER',
  'UNRESOLVED',
  'ANSWER_INVALID',
  'REVERSED_UNEXPECTEDLY',
] as const;
export type ParkReason = (typeof PARK_REASONS)[number];

/** The states a trade can be parked from, and returns to when it is un-parked. */
export const PARKABLE_STATES = ['FUNDED', 'AWAITING_APPROVAL', 'UNCERTAIN'] as const;
export type ParkableState = (typeof PARKABLE_STATES)[number];

/** Steps that move a trade; the append-only transition row names one of them. */
export const TRADE_STEPS = [
  'fund',
  'reject',
  'settle',
  'refund',
  'await-approval',
  'mark-uncertain',
  'park',
  'unpark',
  'override',
  'begin-reversal',
  'finish-reversal',
] as const;
export type TradeStep = (typeof TRADE_STEPS)[number];

/**
 * The one transition table of RULES.md 4: for each state, the steps that are legal and where they
 * lead. NEEDS_ATTENTION leaves to the state that it came from, or by a confirmed override.
 */
const TRANSITIONS: Record<TradeState, Partial<Record<TradeStep, readonly TradeState[]>>> = {
  REQUESTED: { fund: ['FUNDED'], reject: ['REJECTED'] },
  FUNDED: {
    settle: ['CONFIRMED'],
    refund: ['COMPENSATED'],
    'await-approval': ['AWAITING_APPROVAL'],
    'mark-uncertain': ['UNCERTAIN'],
    park: ['NEEDS_ATTENTION'],
  },
  AWAITING_APPROVAL: {
    settle: ['CONFIRMED'],
    refund: ['COMPENSATED'],
    'mark-uncertain': ['UNCERTAIN'],
    park: ['NEEDS_ATTENTION'],
  },
  UNCERTAIN: {
    settle: ['CONFIRMED'],
    refund: ['COMPENSATED'],
    'await-approval': ['AWAITING_APPROVAL'],
    park: ['NEEDS_ATTENTION'],
  },
  NEEDS_ATTENTION: { unpark: PARKABLE_STATES, override: ['CONFIRMED', 'COMPENSATED'] },
  CONFIRMED: { 'begin-reversal': ['REVERSING'] },
  REJECTED: {},
  COMPENSATED: {},
  REVERSING: { 'finish-reversal': ['REVERSED'] },
  REVERSED: {},
};

/**
 * The state that `step` leads to from `from`, or CONFLICT where the table has no such move: then a
 * step changes nothing and returns what the row says (RULES.md 4). `unpark` needs the kept state and
 * `override` the chosen outcome as `target`; other steps have one target.
 */
export function moveTrade(
  from: TradeState,
  step: TradeStep,
  target?: TradeState,
): Result<TradeState, 'CONFLICT'> {
  const targets = TRANSITIONS[from][step] ?? [];
  const only = targets.length === 1 ? targets[0] : undefined;
  const chosen = target ?? only;
  return chosen !== undefined && targets.includes(chosen) ? ok(chosen) : refuse('CONFLICT');
}

/** True for the transition pairs of the table; the checker of invariant 6 reads rows with it. */
export function isLegalMove(from: TradeState, step: TradeStep, to: TradeState): boolean {
  return TRANSITIONS[from][step]?.includes(to) ?? false;
}

const PUBLIC_STATUS: Record<TradeState, PublicStatus> = {
  REQUESTED: 'PENDING',
  FUNDED: 'PENDING',
  AWAITING_APPROVAL: 'PENDING',
  UNCERTAIN: 'PENDING',
  NEEDS_ATTENTION: 'PENDING',
  CONFIRMED: 'CONFIRMED',
  REVERSING: 'CONFIRMED',
  REJECTED: 'REJECTED',
  COMPENSATED: 'REJECTED',
  REVERSED: 'REVERSED',
};

/** The public status of a trade state (RULES.md 4). */
export function publicStatus(state: TradeState): PublicStatus {
  return PUBLIC_STATUS[state];
}

/** True where a purchase workflow has nothing left to do. REVERSING belongs to its own workflow. */
export function isPurchaseOver(state: TradeState): boolean {
  return PUBLIC_STATUS[state] !== 'PENDING';
}

/** True where money of the buyer stands in suspense (RULES.md 10, invariant 2). */
export function isInSuspense(state: TradeState): boolean {
  return PUBLIC_STATUS[state] === 'PENDING' && state !== 'REQUESTED';
}
