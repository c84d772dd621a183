import { type Kysely, type Transaction } from 'kysely';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import { ok, refuse, type Result } from '../../../domain/shared/result.ts';
import { COMMISSION_CURRENCY } from '../../../domain/shared/money.ts';
import { appendAudit } from '../../audit.ts';
import { inTransaction } from '../../pool.ts';
import { OVERRIDE_SUSPENSE, payableAccount, post, SUSPENSE } from '../ledger.ts';
import type { WlTables } from '../schema.ts';
import { postRefund } from './steps.ts';
import { lockTrade, mayMove, moveTradeRow, type TradeRow } from './row.ts';

export type OverrideOutcome = 'CONFIRMED' | 'COMPENSATED';

/** A resolution that the exporter's answer does not bear out: it waits for a second person. */
export interface Override {
  readonly outcome: OverrideOutcome;
  readonly reason: string;
  readonly requestedBy: string;
}

export interface OverrideRequest extends Override {
  readonly tradeId: string;
  readonly correlationId: string;
}

/** Notes a wish to override a parked trade. It changes no money until another person confirms. */
export async function requestOverride(
  db: Kysely<WlTables>,
  request: OverrideRequest,
): Promise<Result<TradeRow, 'CONFLICT'>> {
  const { tradeId, outcome, reason, requestedBy, correlationId } = request;
  return inTransaction(db, async (tx) => {
    const row = await lockTrade(tx, tradeId);
    if (row?.state !== 'NEEDS_ATTENTION') return refuse('CONFLICT');
    const updated = await tx
      .updateTable('trade')
      .set({ override: JSON.stringify({ outcome, reason, requestedBy }) })
      .where('trade_id', '=', tradeId)
      .returningAll()
      .executeTakeFirstOrThrow();
    await appendAudit(tx, {
      actor: requestedBy,
      source: 'support',
      action: 'purchase.override.request',
      subject: tradeId,
      before: { state: row.state },
      after: { outcome, reason },
      correlationId,
    });
    return ok(updated);
  });
}

export interface OverrideConfirmation {
  readonly tradeId: string;
  readonly confirmedBy: string;
  readonly correlationId: string;
  /** The exporter's last word, where it has one. */
  readonly answer?: TraderAnswer | undefined;
}

/**
 * Applies a noted override on a second person's word (RULES.md 5): what the exporter's books don't
 * bear out is posted to a suspense account of its own, and the cancel goes on until answered.
 */
export async function confirmOverride(
  db: Kysely<WlTables>,
  confirmation: OverrideConfirmation,
): Promise<Result<TradeRow, 'CONFLICT' | 'SAME_PERSON'>> {
  const { tradeId, confirmedBy, correlationId, answer } = confirmation;
  return inTransaction(db, async (tx) => {
    const row = await lockTrade(tx, tradeId);
    const override = row?.override as Override | null | undefined;
    if (row === undefined || override == null || !mayMove(row, 'override', override.outcome)) {
      return refuse('CONFLICT');
    }
    if (override.requestedBy === confirmedBy) return refuse('SAME_PERSON');
    await postOverride(tx, row, override.outcome, answer);
    const moved = await moveTradeRow(tx, row, {
      step: 'override',
      target: override.outcome,
      actor: confirmedBy,
      set: {
        parked_from: null,
        parked_reason: null,
        cancel_due: answer === undefined,
        reason: override.outcome === 'COMPENSATED' ? 'CANCELLED' : null,
        override: JSON.stringify({ ...override, confirmedBy }),
      },
    });
    await appendAudit(tx, {
      actor: confirmedBy,
      source: 'support',
      action: 'purchase.override.confirm',
      subject: tradeId,
      before: { state: row.state, requestedBy: override.requestedBy },
      after: { state: moved.state, exporter: answer?.status ?? 'UNKNOWN' },
      correlationId,
    });
    return ok(moved);
  });
}

async function postOverride(
  tx: Transaction<WlTables>,
  row: TradeRow,
  outcome: OverrideOutcome,
  answer: TraderAnswer | undefined,
): Promise<void> {
  const { trade_id: tradeId, currency, amount_minor: amount, commission_minor: commission } = row;
  if (outcome === 'CONFIRMED') {
    await post(tx, {
      key: `${tradeId}:override`,
      kind: 'OVERRIDE_CONFIRMED',
      tradeId,
      counterpart: row.exporter,
      lines: [
        { account: SUSPENSE, currency, amountMinor: -amount },
        { account: SUSPENSE, currency: COMMISSION_CURRENCY, amountMinor: -commission },
        { account: OVERRIDE_SUSPENSE, currency, amountMinor: amount },
        { account: OVERRIDE_SUSPENSE, currency: COMMISSION_CURRENCY, amountMinor: commission },
      ],
    });
    return;
  }
  await postRefund(tx, row, 'override-refund');
  if (answer?.status === 'CONFIRMED') await postDebt(tx, row);
}

/** The buyer has the money back, and the exporter still counts on being paid: that debt is ours. */
async function postDebt(tx: Transaction<WlTables>, row: TradeRow): Promise<void> {
  const { trade_id: tradeId, currency, amount_minor: amount } = row;
  await post(tx, {
    key: `${tradeId}:override`,
    kind: 'OVERRIDE_COMPENSATED',
    tradeId,
    counterpart: row.exporter,
    lines: [
      { account: OVERRIDE_SUSPENSE, currency, amountMinor: -amount },
      {
        account: payableAccount(row.exporter),
        currency,
        amountMinor: amount,
        originMinor: row.origin_unit_price_minor * BigInt(row.quantity),
        originCurrency: row.origin_currency,
      },
    ],
  });
}

/**
 * Nothing is left to cancel: the exporter has acknowledged, or the hold's time is past. Where it had
 * captured what we gave back on two people's word, the debt is booked now (RULES.md 5).
 */
export async function finishCancel(
  db: Kysely<WlTables>,
  tradeId: string,
  answer?: TraderAnswer,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const row = await lockTrade(tx, tradeId);
    if (row?.cancel_due !== true) return;
    if (row.state === 'COMPENSATED' && answer?.status === 'CONFIRMED') await postDebt(tx, row);
    await tx
      .updateTable('trade')
      .set({ cancel_due: false })
      .where('trade_id', '=', tradeId)
      .execute();
  });
}
