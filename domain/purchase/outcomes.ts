import { REQUEST_CODES, type Code, type RefusalCode } from '../shared/codes.ts';
import type { ParkReason, TradeState } from './trade.ts';

/**
 * Where an outcome arises. `request`: in front of the workflow, by the API's own transaction; such a
 * purchase has no workflow. `preflight`, `fund`, `confirm`: the steps. `learn`: asking what became of
 * a confirm without a clear answer. `approval`: a person's decision, or its deadline. `override`: two
 * persons at the importer. `reversal`: the reversal's own workflow.
 */
export const OUTCOME_SOURCES = [
  'request',
  'preflight',
  'fund',
  'confirm',
  'learn',
  'approval',
  'override',
  'reversal',
] as const;
export type OutcomeSource = (typeof OUTCOME_SOURCES)[number];

/** The states in which a trade rests: final, or parked for a person. */
export type OutcomeState = Extract<
  TradeState,
  'CONFIRMED' | 'REJECTED' | 'COMPENSATED' | 'REVERSED' | 'NEEDS_ATTENTION'
>;

export interface Outcome {
  readonly state: OutcomeState;
  /** Of a refusal, or of parking; null where there is nothing to explain. */
  readonly reason: RefusalCode | ParkReason | null;
  readonly from: OutcomeSource;
}

/** Refusals by the importer's own transaction: no workflow, nothing charged (RULES.md 4). */
const AT_REQUEST: readonly RefusalCode[] = [
  'ACCOUNT_NOT_ALLOWED',
  'IMPORT_DISABLED',
  'FEATURE_DISABLED',
  'SIGNAL_DISABLED',
  'QUANTITY_INVALID',
  'OFFER_DISABLED',
  'PRICE_CHANGED',
  'COOL_DOWN',
  'INSUFFICIENT_FUNDS',
  'ENGINE_UNAVAILABLE',
];

/**
 * Refusals before anything is funded. The exporter's, in the order in which it looks for them
 * (RULES.md 2); of a given hold; and the first step's own: a partner that gives no answer, and a
 * request that waited for too long.
 */
const AT_PREFLIGHT: readonly RefusalCode[] = [
  'RELATIONSHIP_MISSING',
  'RELATIONSHIP_BLOCKED',
  'RELATIONSHIP_PAUSED',
  'SIGNAL_DISABLED',
  'EXPORT_DISABLED',
  'FEATURE_DISABLED',
  'NOT_VISIBLE',
  'OFFER_NOT_FOUND',
  'OFFER_DISABLED',
  'EXPORT_DELAYED',
  'EXPORT_POLICY_DENIED',
  'PRICE_CHANGED',
  'OUT_OF_STOCK',
  'HOLDS_TOO_MANY',
  'VELOCITY_EXCEEDED',
  'LIMIT_EXCEEDED',
  'HOLD_EXPIRED',
  'HOLD_TAKEN',
  'CANCELLED',
  'EXPORTER_UNAVAILABLE',
  'ENGINE_UNAVAILABLE',
];

/** Refusals of a confirm; the buyer gets everything back (RULES.md 2). */
const AT_CONFIRM: readonly RefusalCode[] = [
  'HOLD_EXPIRED',
  'HOLD_TAKEN',
  'RELATIONSHIP_BLOCKED',
  'RELATIONSHIP_MISSING',
  'CANCELLED',
];

const AT_APPROVAL: readonly RefusalCode[] = [
  'MANUAL_REJECT',
  'APPROVAL_EXPIRED',
  'RELATIONSHIP_BLOCKED',
  'CANCELLED',
];

const PARKED: readonly (readonly [ParkReason, readonly OutcomeSource[]])[] = [
  ['TERMS_DIFFER', ['confirm', 'learn']],
  ['UNRESOLVED', ['learn']],
  ['ANSWER_INVALID', ['confirm', 'learn']],
  ['REVERSED_UNEXPECTEDLY', ['learn']],
];

const confirmed = (from: OutcomeSource): Outcome => ({ state: 'CONFIRMED', reason: null, from });
const rejected =
  (from: OutcomeSource) =>
  (reason: RefusalCode): Outcome => ({ state: 'REJECTED', reason, from });
const compensated =
  (from: OutcomeSource) =>
  (reason: RefusalCode): Outcome => ({ state: 'COMPENSATED', reason, from });

/**
 * Which reason fits which final or parked state, and where it arises (RULES.md 2). What is refused
 * at a confirm may also be learned, where the answer was lost.
 */
export const OUTCOMES: readonly Outcome[] = [
  ...(['confirm', 'learn', 'approval', 'override'] as const).map(confirmed),
  ...AT_REQUEST.map(rejected('request')),
  ...AT_PREFLIGHT.map(rejected('preflight')),
  rejected('fund')('INSUFFICIENT_FUNDS'),
  ...AT_CONFIRM.map(compensated('confirm')),
  ...AT_CONFIRM.map(compensated('learn')),
  ...AT_APPROVAL.map(compensated('approval')),
  compensated('override')('CANCELLED'),
  { state: 'REVERSED', reason: null, from: 'reversal' },
  ...PARKED.flatMap(([reason, sources]) =>
    sources.map((from): Outcome => ({ state: 'NEEDS_ATTENTION', reason, from })),
  ),
];

/** Codes of RULES.md 8 that no trade ends with: they say that a request itself was wrong. */
export const WITHOUT_A_TRADE: readonly Code[] = REQUEST_CODES;

/** `<STATE>.<REASON>`, or `<STATE>.none`: the name under which an outcome's history is kept. */
export function outcomeName({ state, reason }: Pick<Outcome, 'state' | 'reason'>): string {
  return `${state}.${reason ?? 'none'}`;
}

/** False for what is decided before a workflow starts. */
export function hasWorkflow({ from }: Outcome): boolean {
  return from !== 'request';
}
