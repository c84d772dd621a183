import type { Kysely } from 'kysely';
import { COMMISSION_CURRENCY } from '../../../domain/shared/money.ts';
import { ok, refuse, type Result } from '../../../domain/shared/result.ts';
import { appendAudit } from '../../audit.ts';
import { inTransaction } from '../../pool.ts';
import { moveExposure } from '../holds/counters.ts';
import { COMMISSION, memberAccount, payableAccount, post } from '../ledger.ts';
import type { WlTables } from '../schema.ts';
import { lockTrade, mayMove, moveTradeRow, type TradeRow } from './row.ts';

export interface ReversalRequest {
  readonly tradeId: string;
  readonly reason: string;
  readonly actor: string;
  readonly correlationId: string;
  readonly key: { readonly value: string; readonly fingerprint: string; readonly route: string };
}

/**
 * Begins a reversal, only from CONFIRMED (RULES.md 6). From here our import no longer lowers our
 * exposure towards the exporter. A repeat of the key, or of the wish, gets the row as it stands.
 */
export async function beginReversal(
  db: Kysely<WlTables>,
  request: ReversalRequest,
): Promise<Result<TradeRow, 'NOT_FOUND' | 'CONFLICT' | 'IDEMPOTENCY_MISMATCH'>> {
  const { tradeId, actor, key } = request;
  return inTransaction(db, async (tx) => {
    await tx
      .insertInto('idempotency_key')
      .values({
        route: key.route,
        account: actor,
        key: key.value,
        fingerprint: key.fingerprint,
        subject_id: tradeId,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const claimed = await tx
      .selectFrom('idempotency_key')
      .select('fingerprint')
      .where('route', '=', key.route)
      .where('account', '=', actor)
      .where('key', '=', key.value)
      .executeTakeFirstOrThrow();
    if (claimed.fingerprint !== key.fingerprint) return refuse('IDEMPOTENCY_MISMATCH');
    const row = await lockTrade(tx, tradeId);
    if (row === undefined) return refuse('NOT_FOUND');
    if (row.state === 'REVERSING' || row.state === 'REVERSED') return ok(row);
    // What two people overrode stands in an account of its own, not in payable and commission.
    if (!mayMove(row, 'begin-reversal') || row.override !== null) return refuse('CONFLICT');
    await moveExposure(tx, {
      partner: row.exporter,
      kind: 'IMPORT_REVERSING',
      reference: tradeId,
      deltaMinor: row.amount_minor,
    });
    const moved = await moveTradeRow(tx, row, { step: 'begin-reversal', actor });
    await appendAudit(tx, {
      actor,
      source: 'reversal',
      action: 'purchase.reverse',
      subject: tradeId,
      before: { state: row.state },
      after: { state: moved.state, reason: request.reason },
      correlationId: request.correlationId,
    });
    return ok(moved);
  });
}

/** Why a reversal was begun, as its audit row says. */
export async function readReversalReason(
  db: Kysely<WlTables>,
  tradeId: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('audit')
    .select('after')
    .where('action', '=', 'purchase.reverse')
    .where('subject', '=', tradeId)
    .orderBy('seq', 'desc')
    .executeTakeFirst();
  return (row?.after as { readonly reason?: string } | undefined)?.reason;
}

/** The importer's reversing entries, commission included, once the exporter has reversed. */
export async function finishReversal(db: Kysely<WlTables>, tradeId: string): Promise<TradeRow> {
  return inTransaction(db, async (tx) => {
    const row = await lockTrade(tx, tradeId);
    if (row === undefined) throw new Error(`trade ${tradeId} has no row`);
    if (!mayMove(row, 'finish-reversal')) return row;
    const member = memberAccount(row.account_id);
    const origin = row.origin_unit_price_minor * BigInt(row.quantity);
    await post(tx, {
      key: `${tradeId}:reverse`,
      kind: 'REVERSAL',
      tradeId,
      counterpart: row.exporter,
      lines: [
        {
          account: payableAccount(row.exporter),
          currency: row.currency,
          amountMinor: -row.amount_minor,
          originMinor: -origin,
          originCurrency: row.origin_currency,
        },
        { account: COMMISSION, currency: COMMISSION_CURRENCY, amountMinor: -row.commission_minor },
        { account: member, currency: row.currency, amountMinor: row.amount_minor },
        { account: member, currency: COMMISSION_CURRENCY, amountMinor: row.commission_minor },
      ],
    });
    return moveTradeRow(tx, row, { step: 'finish-reversal', actor: 'reversal' });
  });
}
