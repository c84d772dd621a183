import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import { isPurchaseOver } from '../../domain/purchase/trade.ts';
import type { Verdict } from '../../domain/purchase/verdict.ts';
import { PARKED, REASON, TRADE_STATUS } from '../shared/search-attributes.ts';
import { stepsOf } from '../shared/steps.ts';
import type {
  PurchaseActivities,
  PurchaseInput,
  PurchaseProgress,
  PurchaseResult,
  TradeSnapshot,
} from './contract.ts';
import { createDesk, progressQuery, type Command, type Desk } from './desk.ts';

const steps = stepsOf<PurchaseActivities>({
  reserve: 'Hold at the exporter',
  fund: 'Debit the buyer',
  reject: 'Refuse, nothing was charged',
  confirm: 'Confirm at the exporter',
  settle: 'Settle',
  refund: 'Refund the buyer',
  awaitApproval: 'Wait for an approval',
  markUncertain: 'No clear answer',
  park: 'Park for a person',
  learn: 'Learn what the exporter did',
  cancelHold: 'Cancel the hold',
  askForPull: 'Pull policies',
  recordManual: 'Record a manual action',
  requestOverride: 'Note an override',
  confirmOverride: 'Apply an override',
});

/** An approval's poll is a fallback for a lost decision; the deadline itself is always met. */
const APPROVAL_POLL_MS = 60_000;
/** Long waits continue as new well before the server's warning at 10,240 events. */
const HISTORY_EVENTS_MAX = 4_000;

/**
 * One purchase (DESIGN.md 5): a loop over the trade row's state. What must be undone is read from
 * the row, never from memory, so a restarted run is the same code. Cancelling the workflow does
 * nothing: `abandon` is the way to end a purchase that hangs.
 */
export async function purchase(input: PurchaseInput): Promise<PurchaseResult> {
  return CancellationScope.nonCancellable(() => new Purchase(input).run());
}

class Purchase {
  readonly input: PurchaseInput;
  readonly desk: Desk;
  trade: TradeSnapshot = { state: 'REQUESTED', version: 0, cancelDue: false };
  progress: PurchaseProgress = { step: 'reserve', state: 'REQUESTED', attempts: 0 };
  learningSinceMs: number | undefined;
  published = 'REQUESTED||false';

  constructor(input: PurchaseInput) {
    this.input = input;
    this.learningSinceMs = input.learningSinceMs;
    this.desk = createDesk(() => this.trade);
    setHandler(progressQuery, () => ({ ...this.progress, state: this.trade.state }));
  }

  async run(): Promise<PurchaseResult> {
    await this.reserve();
    while (!isPurchaseOver(this.trade.state)) {
      await this.advance();
      await this.continueWhenLong();
    }
    this.publish();
    if (this.trade.cancelDue) await this.do('cancelHold', () => steps.cancelHold(this.ref));
    await this.desk.close(this.trade);
    await condition(allHandlersFinished);
    const { state, reason } = this.trade;
    return { state, ...(reason !== undefined && { reason }) };
  }

  /** The first step of every run reads the row: a run that finds it moved on holds nothing. */
  async reserve(): Promise<void> {
    const { trade, reservation } = await this.do('reserve', () => steps.reserve(this.ref));
    this.trade = trade;
    if (reservation === undefined) return;
    if (reservation.kind === 'HELD') {
      const { holdId } = reservation;
      this.trade = await this.do('fund', () => steps.fund({ ...this.ref, holdId }));
      return;
    }
    const { reason, unitPrice, cancelDue } = reservation;
    this.trade = await this.do('reject', () =>
      steps.reject({
        ...this.ref,
        reason,
        cancelDue,
        ...(unitPrice !== undefined && { unitPrice }),
      }),
    );
    if (reservation.pull) await this.do('askForPull', () => steps.askForPull(undefined));
  }

  async advance(): Promise<void> {
    switch (this.trade.state) {
      case 'REQUESTED':
        return this.reserve();
      case 'FUNDED': {
        const { verdict, answer } = await this.do('confirm', () => steps.confirm(this.ref));
        return this.apply(verdict, answer);
      }
      case 'AWAITING_APPROVAL':
        return this.awaitDecision();
      default:
        return this.learnUntilClear();
    }
  }

  /** A decision wakes, the poll replaces a lost one, and at the deadline the exporter is asked. */
  async awaitDecision(): Promise<void> {
    const deadline = this.trade.approvalDeadlineMs ?? Date.now() + APPROVAL_POLL_MS;
    this.publish('the approval of the exporter');
    const command = await this.desk.wait(
      Math.max(0, Math.min(APPROVAL_POLL_MS, deadline - Date.now())),
    );
    if (command !== undefined) return this.obey(command);
    await this.learn(false);
    if (this.trade.state === 'AWAITING_APPROVAL' && Date.now() >= deadline) {
      this.trade = await this.do('markUncertain', () => steps.markUncertain(this.ref));
    }
  }

  /** Retries without end; after a while, or where retrying can't help, parks and keeps trying. */
  async learnUntilClear(): Promise<void> {
    const { learnBackoffMs, learnBackoffMaxMs, parkAfterMs } = this.input.timing;
    this.learningSinceMs ??= Date.now();
    let backoffMs = learnBackoffMs;
    while (this.isUnclear() && !this.isLong()) {
      await this.learn(false);
      if (!this.isUnclear()) break;
      if (this.trade.state === 'UNCERTAIN' && Date.now() - this.learningSinceMs >= parkAfterMs) {
        this.trade = await this.do('park', () => steps.park({ ...this.ref, reason: 'UNRESOLVED' }));
      }
      this.publish('a clear answer of the exporter');
      // Deterministic in the sandbox; half to all of the backoff, so that trades don't march in step.
      const command = await this.desk.wait(backoffMs * (0.5 + Math.random() / 2));
      if (command !== undefined) await this.obey(command);
      backoffMs = Math.min(backoffMs * 2, learnBackoffMaxMs);
    }
    if (!this.isUnclear()) this.learningSinceMs = undefined;
  }

  isUnclear(): boolean {
    return this.trade.state === 'UNCERTAIN' || this.trade.state === 'NEEDS_ATTENTION';
  }

  async learn(cancelNow: boolean): Promise<void> {
    const { verdict, answer } = await this.do('learn', () =>
      steps.learn({ ...this.ref, cancelNow }),
    );
    await this.apply(verdict, answer);
  }

  async apply(verdict: Verdict, answer: TraderAnswer | undefined): Promise<void> {
    const known = answer === undefined ? {} : { answer };
    if (verdict.kind === 'PARK') {
      const { reason } = verdict;
      this.trade = await this.do('park', () => steps.park({ ...this.ref, reason, ...known }));
    } else if (verdict.kind === 'UNKNOWN' || answer === undefined) {
      if (this.trade.state !== 'FUNDED') return;
      this.trade = await this.do('markUncertain', () => steps.markUncertain(this.ref));
    } else if (verdict.kind === 'SETTLE') {
      this.trade = await this.do('settle', () => steps.settle({ ...this.ref, answer }));
    } else if (verdict.kind === 'AWAIT') {
      this.trade = await this.do('awaitApproval', () =>
        steps.awaitApproval({ ...this.ref, answer }),
      );
    } else {
      const { reason, unitPrice } = verdict;
      this.trade = await this.do('refund', () =>
        steps.refund({
          ...this.ref,
          reason,
          answer,
          ...(unitPrice !== undefined && { unitPrice }),
        }),
      );
    }
  }

  /** Manual actions run here, between steps: two chains of local steps must not race. */
  async obey(command: Command): Promise<void> {
    const { kind } = command;
    if (kind === 'WAKE') return this.learn(false);
    const { actor, reason } = command;
    await this.do('recordManual', () =>
      steps.recordManual({ ...this.ref, actor, reason, action: kind.toLowerCase() }),
    );
    // Abandon and resolve may only adopt what the exporter says to a cancel (RULES.md 5).
    await this.learn(kind !== 'RETRY');
    const { state } = this.trade;
    if (state !== 'NEEDS_ATTENTION') {
      return command.answer({ result: isPurchaseOver(state) ? 'RESOLVED' : 'UNPARKED', state });
    }
    if (kind === 'RESOLVE') {
      const { outcome } = command;
      const noted = await this.do('requestOverride', () =>
        steps.requestOverride({ ...this.ref, actor, reason, outcome }),
      );
      const result = noted.ok ? 'NEEDS_SECOND_PERSON' : 'CONFLICT';
      return command.answer({ result, state: this.trade.state });
    }
    if (kind === 'CONFIRM_RESOLUTION') {
      const { result, trade } = await this.do('confirmOverride', () =>
        steps.confirmOverride({ ...this.ref, actor, reason }),
      );
      this.trade = trade;
      return command.answer({ result, state: trade.state });
    }
    command.answer({ result: 'STILL_PARKED', state: this.trade.state });
  }

  get ref(): { tradeId: string } {
    return { tradeId: this.input.tradeId };
  }

  async do<T>(step: string, work: () => Promise<T>): Promise<T> {
    const attempts = step === this.progress.step ? this.progress.attempts + 1 : 1;
    this.progress = { step, state: this.trade.state, attempts };
    return work();
  }

  /** Shows state and wait in the UI, once each time they change: an upsert is an event. */
  publish(waitingFor?: string): void {
    const { state, parkedReason } = this.trade;
    const reason = this.trade.reason ?? parkedReason;
    const parked = state === 'NEEDS_ATTENTION';
    this.progress = {
      ...this.progress,
      state,
      ...(waitingFor !== undefined && { waitingFor }),
      ...(reason !== undefined && { reason }),
    };
    setCurrentDetails(
      [`**${state}**`, reason, waitingFor && `waiting for ${waitingFor}`]
        .filter(Boolean)
        .join(' · '),
    );
    const stamp = `${state}|${reason ?? ''}|${parked}`;
    if (stamp === this.published) return;
    this.published = stamp;
    upsertSearchAttributes([
      { key: TRADE_STATUS, value: state },
      { key: PARKED, value: parked },
      ...(reason === undefined ? [] : [{ key: REASON, value: reason }]),
    ]);
  }

  isLong(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return continueAsNewSuggested || historyLength > HISTORY_EVENTS_MAX;
  }

  async continueWhenLong(): Promise<void> {
    if (!this.isLong() || isPurchaseOver(this.trade.state)) return;
    await condition(() => allHandlersFinished() || this.desk.isBusy());
    if (this.desk.isBusy()) return;
    const { learningSinceMs } = this;
    await continueAsNew<typeof purchase>({
      ...this.input,
      ...(learningSinceMs !== undefined && { learningSinceMs }),
    });
  }
}
