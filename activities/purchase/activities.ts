import type { Kysely } from 'kysely';
import { formatMinor } from '../../domain/shared/money.ts';
import { judgeAnswer, judgeHold } from '../../domain/purchase/verdict.ts';
import { appendAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/pool.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { confirmOverride, finishCancel, requestOverride } from '../../db/wl/trades/override.ts';
import { readTrade, type TradeRow } from '../../db/wl/trades/row.ts';
import {
  awaitApproval,
  fundTrade,
  markUncertain,
  parkTrade,
  refundTrade,
  rejectTrade,
  settleTrade,
} from '../../db/wl/trades/steps.ts';
import { runningTrace, withCorrelation } from '../../runtime/correlation.ts';
import type { Logger } from '../../runtime/log.ts';
import type {
  Learned,
  PurchaseActivities,
  Reservation,
  TradeSnapshot,
} from '../../workflows/purchase/contract.ts';
import type { ExporterClient, ExporterReply } from '../clients/exporter.ts';
import { snapshotOf, termsOf } from './snapshot.ts';

export interface PurchaseDeps {
  readonly db: Kysely<WlTables>;
  readonly exporter: ExporterClient;
  readonly wlId: string;
  /** This WL's trader account, opaque to the partner. */
  readonly traderId: () => Promise<string>;
  /** An opaque reference of a buyer, the same for each of its purchases. */
  readonly buyerRef: (accountId: string) => string;
  /** Tells whoever waits for this trade that its row has moved. */
  readonly announce: (row: TradeRow) => void;
  readonly startPolicySync: () => Promise<void>;
  readonly clock: () => Date;
  readonly requestedMaxSeconds: number;
  readonly holdTtlSeconds: number;
  readonly log: Logger;
}

/** A hold that no answer told us of is gone at the latest after its time, twice over. */
const HOLD_TTL_MARGIN = 2;
const MS_PER_SECOND = 1_000;

/** The steps of a purchase (DESIGN.md 5); each is idempotent by trade id and step. */
export function createPurchaseActivities(deps: PurchaseDeps): PurchaseActivities {
  return { ...partnerSteps(deps), ...bookSteps(deps), ...manualSteps(deps) };
}

async function load({ db }: PurchaseDeps, tradeId: string): Promise<TradeRow> {
  const row = await readTrade(db, tradeId);
  if (row === undefined) throw new Error(`trade ${tradeId} has no row`);
  return row;
}

/** What the workflow is told of a row; whoever waits for it is told, too. */
function moved({ announce }: PurchaseDeps, row: TradeRow): TradeSnapshot {
  announce(row);
  return snapshotOf(row);
}

function correlated<T>(row: TradeRow, work: () => Promise<T>): Promise<T> {
  const { correlation_id: correlationId } = row;
  return withCorrelation({ correlationId, traceparent: runningTrace() }, work);
}

/** Steps that ask the exporter; what came of it is judged here and booked by the next step. */
function partnerSteps(
  deps: PurchaseDeps,
): Pick<PurchaseActivities, 'reserve' | 'confirm' | 'learn' | 'cancelHold' | 'askForPull'> {
  const { exporter } = deps;
  return {
    async reserve({ tradeId }) {
      const row = await load(deps, tradeId);
      const trade = snapshotOf(row);
      if (row.state !== 'REQUESTED') return { trade };
      const ageMs = deps.clock().getTime() - row.created_at.getTime();
      if (ageMs > deps.requestedMaxSeconds * MS_PER_SECOND) {
        const reason = 'ENGINE_UNAVAILABLE';
        return { trade, reservation: { kind: 'REFUSED', reason, cancelDue: true, pull: false } };
      }
      return { trade, reservation: await correlated(row, () => reserveAt(deps, row)) };
    },
    async confirm({ tradeId }) {
      const row = await load(deps, tradeId);
      if (row.state !== 'FUNDED' || row.hold_id === null) return { verdict: { kind: 'UNKNOWN' } };
      const body = {
        tradeId,
        holdId: row.hold_id,
        quantity: row.quantity,
        unitPrice: formatMinor(row.origin_unit_price_minor),
        clientBuyerMasked: row.buyer_masked,
      };
      return judge(row, await correlated(row, () => exporter.confirm(row.exporter, body)));
    },
    async learn({ tradeId, cancelNow }) {
      const row = await load(deps, tradeId);
      return correlated(row, () => learnFrom(deps, row, cancelNow));
    },
    async cancelHold({ tradeId }) {
      const row = await load(deps, tradeId);
      if (row.cancel_due) await correlated(row, () => cancelOrForget(deps, row));
    },
    askForPull: () => deps.startPolicySync(),
  };
}

/** Steps that move the trade row and the ledger, each in one fenced transaction. */
function bookSteps(
  deps: PurchaseDeps,
): Pick<
  PurchaseActivities,
  'fund' | 'reject' | 'settle' | 'refund' | 'awaitApproval' | 'markUncertain' | 'park'
> {
  const { db } = deps;
  const told = async (step: Promise<TradeRow>): Promise<TradeSnapshot> => moved(deps, await step);
  return {
    fund: (input) => told(fundTrade(db, input)),
    reject: ({ tradeId, ...rejection }) => told(rejectTrade(db, tradeId, rejection)),
    settle: ({ tradeId, answer }) => told(settleTrade(db, tradeId, answer)),
    refund: ({ tradeId, ...refund }) => told(refundTrade(db, tradeId, refund)),
    awaitApproval: ({ tradeId, answer }) => told(awaitApproval(db, tradeId, answer)),
    markUncertain: ({ tradeId }) => told(markUncertain(db, tradeId)),
    park: ({ tradeId, reason, answer }) => told(parkTrade(db, tradeId, reason, answer)),
  };
}

/** What people do to a parked trade. */
function manualSteps(
  deps: PurchaseDeps,
): Pick<PurchaseActivities, 'recordManual' | 'requestOverride' | 'confirmOverride'> {
  const { db, exporter } = deps;
  return {
    recordManual: ({ tradeId, actor, reason, action }) =>
      recordManual(deps, { tradeId, actor, reason, action }),
    async requestOverride({ tradeId, actor, reason, outcome }) {
      const { correlation_id: correlationId } = await load(deps, tradeId);
      const request = { tradeId, outcome, reason, requestedBy: actor, correlationId };
      return { ok: (await requestOverride(db, request)).ok };
    },
    async confirmOverride({ tradeId, actor }) {
      const before = await load(deps, tradeId);
      const given = before.given_hold_id ?? undefined;
      const reply = await exporter.cancel(before.exporter, tradeId, given);
      const confirmed = await confirmOverride(db, {
        tradeId,
        confirmedBy: actor,
        correlationId: before.correlation_id,
        ...(reply.kind === 'ANSWER' && { answer: reply.answer }),
      });
      const trade = moved(deps, await load(deps, tradeId));
      return { result: confirmed.ok ? 'OVERRIDDEN' : confirmed.code, trade };
    },
  };
}

async function reserveAt(deps: PurchaseDeps, row: TradeRow): Promise<Reservation> {
  const { exporter, log } = deps;
  const reply =
    row.given_hold_id === null
      ? await exporter.preflight(row.exporter, {
          tradeId: row.trade_id,
          requesterWlId: deps.wlId,
          requesterTraderId: await deps.traderId(),
          buyerRef: deps.buyerRef(row.account_id),
          originOfferId: row.origin_offer_id,
          expectedUnitPrice: formatMinor(row.origin_unit_price_minor),
          quantity: row.quantity,
          clientBuyerMasked: row.buyer_masked,
        })
      : await exporter.readHold(row.exporter, row.given_hold_id);
  if (reply.kind === 'UNCLEAR' && reply.status === 404 && row.given_hold_id !== null) {
    // The exporter knows no such hold of ours, now or ever: nothing can be confirmed with it.
    return { kind: 'REFUSED', reason: 'HOLD_EXPIRED', cancelDue: false, pull: false };
  }
  if (reply.kind !== 'ANSWER') {
    log.warn({ tradeId: row.trade_id, ...reply }, 'preflight without an answer');
    // Not called now says nothing of an earlier attempt, in this task or in one that died: a hold
    // may stand. A given hold that we could not even read is its maker's and stays untouched.
    const cancelDue = row.given_hold_id === null;
    return { kind: 'REFUSED', reason: 'EXPORTER_UNAVAILABLE', cancelDue, pull: false };
  }
  const verdict = judgeHold(termsOf(row), reply.answer);
  switch (verdict.kind) {
    case 'HELD':
      return verdict;
    case 'REFUSED':
      return { ...verdict, cancelDue: false, pull: false };
    case 'DIFFERS': {
      const { kind: _, pull, ...price } = verdict;
      return { kind: 'REFUSED', reason: 'PRICE_CHANGED', cancelDue: true, pull, ...price };
    }
    case 'OTHER_TRADE':
      if (row.given_hold_id !== null) {
        return { kind: 'REFUSED', reason: 'HOLD_TAKEN', cancelDue: false, pull: false };
      }
      return { kind: 'REFUSED', reason: 'EXPORTER_UNAVAILABLE', cancelDue: true, pull: false };
    case 'INVALID':
      return { kind: 'REFUSED', reason: 'EXPORTER_UNAVAILABLE', cancelDue: true, pull: false };
  }
}

function judge(row: TradeRow, reply: ExporterReply): Learned {
  if (reply.kind !== 'ANSWER') return { verdict: { kind: 'UNKNOWN' } };
  return { verdict: judgeAnswer(termsOf(row), reply.answer), answer: reply.answer };
}

/**
 * GET first: CONFIRMED, REJECTED, CANCELLED and REVERSED are facts, PENDING is one until the
 * deadline; HELD or 404 prove nothing. Then "cancel or tell me" (RULES.md 5).
 */
async function learnFrom(deps: PurchaseDeps, row: TradeRow, cancelNow: boolean): Promise<Learned> {
  const { exporter, log } = deps;
  const { trade_id: tradeId, exporter: partner } = row;
  const status = await exporter.status(partner, tradeId);
  if (status.kind === 'ANSWER') {
    const learned = judge(row, status);
    const due = (row.approval_deadline?.getTime() ?? Infinity) <= deps.clock().getTime();
    const proves =
      learned.verdict.kind === 'AWAIT' ? !due && !cancelNow : learned.verdict.kind !== 'UNKNOWN';
    if (proves) return learned;
  }
  // A waiting approval whose status can't be read is asked again, not cancelled before its time.
  const waits = row.state === 'AWAITING_APPROVAL' || row.parked_from === 'AWAITING_APPROVAL';
  const early = (row.approval_deadline?.getTime() ?? 0) > deps.clock().getTime();
  if (status.kind !== 'ANSWER' && waits && early && !cancelNow) {
    return status.kind === 'INVALID'
      ? { verdict: { kind: 'PARK', reason: 'ANSWER_INVALID' } }
      : { verdict: { kind: 'UNKNOWN' } };
  }
  const told = await exporter.cancel(partner, tradeId, row.given_hold_id ?? undefined);
  if (told.kind === 'INVALID') return { verdict: { kind: 'PARK', reason: 'ANSWER_INVALID' } };
  if (told.kind !== 'ANSWER') log.warn({ tradeId, ...told }, 'no clear answer yet');
  return judge(row, told);
}

/** Until acknowledged, or, for a trade that was never funded, until the hold's time is past. */
async function cancelOrForget(deps: PurchaseDeps, row: TradeRow): Promise<void> {
  const given = row.given_hold_id ?? undefined;
  const reply = await deps.exporter.cancel(row.exporter, row.trade_id, given);
  if (reply.kind === 'ANSWER') {
    const { status } = reply.answer;
    if (status === 'CONFIRMED') {
      deps.log.error({ tradeId: row.trade_id, state: row.state }, 'the exporter had captured');
    }
    return finishCancel(deps.db, row.trade_id, reply.answer);
  }
  const ageMs = deps.clock().getTime() - row.created_at.getTime();
  const gone = ageMs > HOLD_TTL_MARGIN * deps.holdTtlSeconds * MS_PER_SECOND;
  if (row.state === 'REJECTED' && gone) return finishCancel(deps.db, row.trade_id);
  throw new Error(`the exporter has not acknowledged the cancel yet: ${reply.detail}`);
}

async function recordManual(
  { db }: PurchaseDeps,
  manual: { tradeId: string; actor: string; reason: string; action: string },
): Promise<void> {
  const { tradeId, actor, reason, action } = manual;
  await inTransaction(db, async (tx) => {
    const row = await readTrade(tx, tradeId);
    await appendAudit(tx, {
      actor,
      source: 'support',
      action: `purchase.${action}`,
      subject: tradeId,
      before: { state: row?.state ?? null },
      after: { reason },
      correlationId: row?.correlation_id ?? '',
    });
  });
}
