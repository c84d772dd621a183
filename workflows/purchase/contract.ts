import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import type { ParkableState, ParkReason, TradeState } from '../../domain/purchase/trade.ts';
import type { Verdict } from '../../domain/purchase/verdict.ts';
import type { RefusalCode } from '../../domain/shared/codes.ts';

/** Names that the API, the sweep, the workers and the console meet at (DESIGN.md 5). */
export const PURCHASE_WORKFLOW = 'purchase';
export const PURCHASE_QUEUE = 'purchase';
export const PURCHASE_PROGRESS_QUERY = 'progress';
export const DECISION_SIGNAL = 'decision';
export const RETRY_STEP_UPDATE = 'retryStep';
export const ABANDON_UPDATE = 'abandon';
export const RESOLVE_UPDATE = 'resolveManually';
export const CONFIRM_RESOLUTION_UPDATE = 'confirmResolution';

/**
 * How long a workflow task may be silent before a standby worker takes the purchase over; a killed
 * worker was noticed in 0.65-1.1 s with one second, in over 4 s with five (RULES.md 9).
 */
export const PURCHASE_TASK_TIMEOUT_MS = 1_000;

/** `purchase/<tradeId>`: one workflow a trade, found by its id (DESIGN.md 5). */
export function purchaseWorkflowId(tradeId: string): string {
  return `purchase/${tradeId}`;
}

/** Milliseconds; from the WL's configuration, because workflows read no environment (RULES.md 9). */
export interface PurchaseTiming {
  readonly learnBackoffMs: number;
  readonly learnBackoffMaxMs: number;
  readonly parkAfterMs: number;
}

export interface PurchaseInput {
  readonly tradeId: string;
  readonly importer: string;
  readonly exporter: string;
  readonly timing: PurchaseTiming;
  /** Since when this trade has been without a clear answer, over continued runs; epoch ms. */
  readonly learningSinceMs?: number;
}

export interface PurchaseResult {
  readonly state: TradeState;
  readonly reason?: RefusalCode;
}

/** What the row said after a step; a step that was no legal move returns it unchanged. */
export interface TradeSnapshot {
  readonly state: TradeState;
  readonly version: number;
  readonly reason?: RefusalCode;
  readonly parkedFrom?: ParkableState;
  readonly parkedReason?: ParkReason;
  /** Epoch ms; the exporter's word on when a waiting approval ends. */
  readonly approvalDeadlineMs?: number;
  /** A hold may stand at the exporter that nobody will confirm. */
  readonly cancelDue: boolean;
}

/** What a preflight came to; absent where the row had moved on already. */
export type Reservation =
  | { readonly kind: 'HELD'; readonly holdId: string }
  | {
      readonly kind: 'REFUSED';
      readonly reason: RefusalCode;
      readonly unitPrice?: string;
      readonly cancelDue: boolean;
      /** The exporter decided under a newer relationship revision than ours: pull now. */
      readonly pull: boolean;
    };

export interface Learned {
  readonly verdict: Verdict;
  readonly answer?: TraderAnswer;
}

export interface TradeRef {
  readonly tradeId: string;
}

export type ManualOutcome = 'CONFIRMED' | 'COMPENSATED';

export interface ManualAction {
  /** The operator's id, as in the audit. */
  readonly actor: string;
  readonly reason: string;
}

export interface ResolveRequest extends ManualAction {
  readonly outcome: ManualOutcome;
}

/** What a manual action came to: UNPARKED waits on, RESOLVED is final. */
export interface ManualResult {
  readonly result:
    | 'RESOLVED'
    | 'UNPARKED'
    | 'STILL_PARKED'
    | 'NEEDS_SECOND_PERSON'
    | 'SAME_PERSON'
    | 'CONFLICT'
    | 'OVERRIDDEN';
  readonly state: TradeState;
}

/** Answer of the `progress` query: step, state and what it waits for. */
export interface PurchaseProgress {
  readonly step: string;
  readonly state: TradeState;
  readonly waitingFor?: string;
  readonly attempts: number;
  readonly reason?: string;
}

/** The steps; each is idempotent by trade id and step, because a lost task runs them again. */
export interface PurchaseActivities {
  reserve(input: TradeRef): Promise<{ trade: TradeSnapshot; reservation?: Reservation }>;
  fund(input: TradeRef & { holdId: string }): Promise<TradeSnapshot>;
  reject(
    input: TradeRef & { reason: RefusalCode; unitPrice?: string; cancelDue: boolean },
  ): Promise<TradeSnapshot>;
  confirm(input: TradeRef): Promise<Learned>;
  settle(input: TradeRef & { answer: TraderAnswer }): Promise<TradeSnapshot>;
  refund(
    input: TradeRef & { reason: RefusalCode; unitPrice?: string; answer: TraderAnswer },
  ): Promise<TradeSnapshot>;
  awaitApproval(input: TradeRef & { answer: TraderAnswer }): Promise<TradeSnapshot>;
  markUncertain(input: TradeRef): Promise<TradeSnapshot>;
  park(input: TradeRef & { reason: ParkReason; answer?: TraderAnswer }): Promise<TradeSnapshot>;
  learn(input: TradeRef & { cancelNow: boolean }): Promise<Learned>;
  cancelHold(input: TradeRef): Promise<void>;
  askForPull(): Promise<void>;
  recordManual(input: TradeRef & ManualAction & { action: string }): Promise<void>;
  requestOverride(input: TradeRef & ResolveRequest): Promise<{ ok: boolean }>;
  confirmOverride(
    input: TradeRef & ManualAction,
  ): Promise<{ result: 'OVERRIDDEN' | 'SAME_PERSON' | 'CONFLICT'; trade: TradeSnapshot }>;
}
