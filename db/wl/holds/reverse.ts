import type { Kysely } from 'kysely';
import { splitClawback } from '../../../domain/purchase/admission.ts';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import { minor } from '../../../domain/shared/money.ts';
import { appendAudit } from '../../audit.ts';
import { inTransaction } from '../../pool.ts';
import { clawbackAccount, post, readBalance, receivableAccount, sellerAccount } from '../ledger.ts';
import type { WlTables } from '../schema.ts';
import { sellerOf } from './confirm.ts';
import { answerOf, expireIfDue, lockHold, moveHoldRow } from './row.ts';

export interface ReverseRequest {
  readonly requester: string;
  readonly tradeId: string;
  readonly reason: string;
  readonly correlationId: string;
}

/**
 * Reverses a captured row once and never refuses one (RULES.md 6): stock and exposure back, the
 * seller debited, and what the seller lacks taken as a claw-back. Undefined: no such trade.
 */
export async function reverseHold(
  db: Kysely<WlTables>,
  request: ReverseRequest,
): Promise<TraderAnswer | undefined> {
  return inTransaction(db, async (tx) => {
    const locked = await lockHold(tx, request);
    if (locked === undefined) return undefined;
    const row = await expireIfDue(tx, locked);
    if (row.state !== 'CAPTURED') return answerOf(row);
    const actor = `wl:${request.requester}`;
    const reversed = await moveHoldRow(tx, row, { to: 'REVERSED', actor });
    const { currency } = row;
    const seller = await sellerOf(tx, row);
    const amount = minor(row.amount_minor ?? 0n);
    const balance = minor(await readBalance(tx, sellerAccount(seller), currency));
    const { fromSeller, clawback } = splitClawback(balance, amount);
    await post(tx, {
      key: `${row.hold_id}:reverse`,
      kind: 'CAPTURE_REVERSAL',
      counterpart: row.requester,
      lines: [
        { account: receivableAccount(row.requester), currency, amountMinor: amount },
        { account: sellerAccount(seller), currency, amountMinor: -fromSeller },
        { account: clawbackAccount(seller), currency, amountMinor: -clawback },
      ],
    });
    await appendAudit(tx, {
      actor,
      source: 'trader',
      action: 'purchase.reverse',
      subject: request.tradeId,
      before: { state: row.state },
      after: { state: reversed.state, reason: request.reason },
      correlationId: request.correlationId,
    });
    return answerOf(reversed);
  });
}
