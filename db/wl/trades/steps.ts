import { type Kysely, type Transaction } from 'kysely';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import { recordFund } from '../../../domain/purchase/record.ts';
import type { RecordedDecision } from '../../../domain/purchase/recorded.ts';
import { refuseFund, type FundFacts } from '../../../domain/purchase/request.ts';
import type { ParkableState, ParkReason } from '../../../domain/purchase/trade.ts';
import type { RefusalCode } from '../../../domain/shared/codes.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { COMMISSION_CURRENCY, minor } from '../../../domain/shared/money.ts';
import { inTransaction } from '../../pool.ts';
import { moveExposure } from '../holds/counters.ts';
import {
  COMMISSION,
  memberAccount,
  payableAccount,
  post,
  readBalance,
  SUSPENSE,
} from '../ledger.ts';
import type { WlTables } from '../schema.ts';
import { learnPrice } from './prices.ts';
import { lockTrade, mayMove, moveTradeRow, type TradeRow } from './row.ts';

/** Every step is fenced: it locks the row, and is a legal move from its state or changes nothing. */
async function fenced(
  db: Kysely<WlTables>,
  tradeId: string,
  step: (tx: Transaction<WlTables>, row: TradeRow) => Promise<TradeRow>,
): Promise<TradeRow> {
  return inTransaction(db, async (tx) => {
    const row = await lockTrade(tx, tradeId);
    invariant(row !== undefined, `trade ${tradeId} has a row`);
    return step(tx, row);
  });
}

const ACTOR = 'purchase';

/** Buyer to suspense, total and commission together; refused without a charge where funds lack. */
export async function fundTrade(
  db: Kysely<WlTables>,
  { tradeId, holdId }: { readonly tradeId: string; readonly holdId: string },
): Promise<TradeRow> {
  return fenced(db, tradeId, async (tx, row) => {
    if (!mayMove(row, 'fund')) return row;
    const member = memberAccount(row.account_id);
    // BRL before X$ by name: accounts are locked in one order everywhere.
    const fees = await readBalance(tx, member, COMMISSION_CURRENCY);
    const funds = await readBalance(tx, member, row.currency);
    const facts: FundFacts = {
      ...{ funds: minor(funds), fees: minor(fees) },
      ...{ amount: minor(row.amount_minor), commission: minor(row.commission_minor) },
    };
    const decision: RecordedDecision = { step: 'fund', facts: recordFund(facts, row.currency) };
    const reason = refuseFund(facts);
    if (reason !== undefined) return rejectRow(tx, row, { reason, cancelDue: true }, decision);
    await post(tx, {
      key: `${tradeId}:fund`,
      kind: 'FUND',
      tradeId,
      lines: [
        { account: member, currency: row.currency, amountMinor: -row.amount_minor },
        { account: member, currency: COMMISSION_CURRENCY, amountMinor: -row.commission_minor },
        { account: SUSPENSE, currency: row.currency, amountMinor: row.amount_minor },
        { account: SUSPENSE, currency: COMMISSION_CURRENCY, amountMinor: row.commission_minor },
      ],
    });
    const set = { hold_id: holdId };
    return moveTradeRow(tx, row, { step: 'fund', actor: ACTOR, set, decision });
  });
}

export interface Rejection {
  readonly reason: RefusalCode;
  /** The exporter's price in its currency, where a refusal carried one. */
  readonly unitPrice?: string | undefined;
  /** True where a hold may exist: it is cancelled until that is acknowledged or it has expired. */
  readonly cancelDue: boolean;
}

/** Nothing was charged. A refusal's price updates the imported offer at once (RULES.md 4). */
export async function rejectTrade(
  db: Kysely<WlTables>,
  tradeId: string,
  rejection: Rejection,
): Promise<TradeRow> {
  return fenced(db, tradeId, async (tx, row) =>
    mayMove(row, 'reject') ? rejectRow(tx, row, rejection) : row,
  );
}

async function rejectRow(
  tx: Transaction<WlTables>,
  row: TradeRow,
  { reason, unitPrice, cancelDue }: Rejection,
  decision?: RecordedDecision,
): Promise<TradeRow> {
  return moveTradeRow(tx, row, {
    step: 'reject',
    reason,
    actor: ACTOR,
    ...(decision !== undefined && { decision }),
    set: {
      reason,
      cancel_due: cancelDue,
      answered_price_minor: await learnPrice(tx, row, { reason, unitPrice }),
    },
  });
}

/** Suspense to payable and commission; the trade is CONFIRMED and our exposure sinks by it. */
export async function settleTrade(
  db: Kysely<WlTables>,
  tradeId: string,
  answer: TraderAnswer,
): Promise<TradeRow> {
  return fenced(db, tradeId, async (tx, parked) => {
    const row = await unparked(tx, parked);
    if (!mayMove(row, 'settle')) return row;
    const origin = row.origin_unit_price_minor * BigInt(row.quantity);
    await post(tx, {
      key: `${tradeId}:settle`,
      kind: 'SETTLE',
      tradeId,
      counterpart: row.exporter,
      lines: [
        { account: SUSPENSE, currency: row.currency, amountMinor: -row.amount_minor },
        { account: SUSPENSE, currency: COMMISSION_CURRENCY, amountMinor: -row.commission_minor },
        { account: COMMISSION, currency: COMMISSION_CURRENCY, amountMinor: row.commission_minor },
        {
          account: payableAccount(row.exporter),
          currency: row.currency,
          amountMinor: row.amount_minor,
          originMinor: origin,
          originCurrency: row.origin_currency,
        },
      ],
    });
    await moveExposure(tx, {
      partner: row.exporter,
      kind: 'IMPORT_SETTLED',
      reference: tradeId,
      deltaMinor: -row.amount_minor,
    });
    return moveTradeRow(tx, row, {
      step: 'settle',
      actor: ACTOR,
      set: { exporter_answer: JSON.stringify(answer), cancel_due: false },
    });
  });
}

/** Suspense back to the buyer, whole. Only a valid REJECTED or CANCELLED may lead here. */
export async function refundTrade(
  db: Kysely<WlTables>,
  tradeId: string,
  refund: {
    readonly reason: RefusalCode;
    readonly unitPrice?: string | undefined;
    readonly answer: TraderAnswer;
  },
): Promise<TradeRow> {
  return fenced(db, tradeId, async (tx, parked) => {
    const row = await unparked(tx, parked);
    if (!mayMove(row, 'refund')) return row;
    const answeredPrice = await learnPrice(tx, row, refund);
    await postRefund(tx, row, 'refund');
    return moveTradeRow(tx, row, {
      step: 'refund',
      reason: refund.reason,
      actor: ACTOR,
      set: {
        reason: refund.reason,
        exporter_answer: JSON.stringify(refund.answer),
        cancel_due: false,
        answered_price_minor: answeredPrice,
      },
    });
  });
}

/** The entries that return total and commission from suspense to the buyer. */
export async function postRefund(
  tx: Transaction<WlTables>,
  row: TradeRow,
  step: string,
): Promise<void> {
  const member = memberAccount(row.account_id);
  await post(tx, {
    key: `${row.trade_id}:${step}`,
    kind: 'REFUND',
    tradeId: row.trade_id,
    lines: [
      { account: SUSPENSE, currency: row.currency, amountMinor: -row.amount_minor },
      { account: SUSPENSE, currency: COMMISSION_CURRENCY, amountMinor: -row.commission_minor },
      { account: member, currency: row.currency, amountMinor: row.amount_minor },
      { account: member, currency: COMMISSION_CURRENCY, amountMinor: row.commission_minor },
    ],
  });
}

/** The exporter waits for a person; the deadline is its word, from the answer. */
export async function awaitApproval(
  db: Kysely<WlTables>,
  tradeId: string,
  answer: TraderAnswer,
): Promise<TradeRow> {
  return fenced(db, tradeId, async (tx, parked) => {
    const row = await unparked(tx, parked);
    if (!mayMove(row, 'await-approval')) return row;
    const deadline = answer.expiresAt === undefined ? null : new Date(answer.expiresAt);
    return moveTradeRow(tx, row, {
      step: 'await-approval',
      actor: ACTOR,
      set: { approval_deadline: deadline, exporter_answer: JSON.stringify(answer) },
    });
  });
}

/** No clear answer: neither settle nor refund is allowed until a fact is learned (RULES.md 5). */
export async function markUncertain(db: Kysely<WlTables>, tradeId: string): Promise<TradeRow> {
  return fenced(db, tradeId, async (tx, row) =>
    mayMove(row, 'mark-uncertain')
      ? moveTradeRow(tx, row, { step: 'mark-uncertain', actor: ACTOR })
      : row,
  );
}

/** A person must look; the workflow goes on trying meanwhile. The state it came from is kept. */
export async function parkTrade(
  db: Kysely<WlTables>,
  tradeId: string,
  reason: ParkReason,
  answer?: TraderAnswer,
): Promise<TradeRow> {
  return fenced(db, tradeId, async (tx, row) => {
    if (!mayMove(row, 'park')) return row;
    return moveTradeRow(tx, row, {
      step: 'park',
      reason,
      actor: ACTOR,
      set: {
        parked_from: row.state as ParkableState,
        parked_reason: reason,
        ...(answer !== undefined && { exporter_answer: JSON.stringify(answer) }),
      },
    });
  });
}

/** A late fact un-parks and moves on in one transaction, as two versions (RULES.md 5). */
export async function unparked(tx: Transaction<WlTables>, row: TradeRow): Promise<TradeRow> {
  if (row.state !== 'NEEDS_ATTENTION') return row;
  invariant(row.parked_from !== null, 'a parked trade keeps the state that it came from');
  return moveTradeRow(tx, row, {
    step: 'unpark',
    target: row.parked_from,
    actor: ACTOR,
    set: { parked_from: null, parked_reason: null, override: null },
  });
}
