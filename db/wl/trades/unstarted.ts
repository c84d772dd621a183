import type { Kysely } from 'kysely';
import { inTransaction } from '../../pool.ts';
import type { WlTables } from '../schema.ts';
import { lockTrade, moveTradeRow, type TradeRow } from './row.ts';

/**
 * Takes back a purchase whose workflow could not be started for sure (RULES.md 4): where the row is
 * still REQUESTED it is REJECTED, and the same transaction frees its key, so that the buyer may try
 * again. Where the row has moved on, the workflow lives and the row is returned as it stands.
 * Undefined: the request was never committed.
 */
export async function rejectUnstarted(
  db: Kysely<WlTables>,
  tradeId: string,
): Promise<{ readonly taken: boolean; readonly trade: TradeRow } | undefined> {
  return inTransaction(db, async (tx) => {
    const row = await lockTrade(tx, tradeId);
    if (row === undefined) return undefined;
    if (row.state !== 'REQUESTED') return { taken: false, trade: row };
    const reason = 'ENGINE_UNAVAILABLE';
    const trade = await moveTradeRow(tx, row, {
      step: 'reject',
      reason,
      actor: 'api',
      // A start that was unknown may have reached a preflight: the hold is cancelled by the sweep.
      set: { reason, cancel_due: true },
    });
    await tx.deleteFrom('idempotency_key').where('subject_id', '=', tradeId).execute();
    return { taken: true, trade };
  });
}
