import { sql, type Kysely, type Transaction } from 'kysely';
import { inTransaction } from '../../pool.ts';
import type { WlTables } from '../schema.ts';
import { lockTrade, moveTradeRow, type TradeRow } from './row.ts';

/**
 * Only the request that made a trade takes it back, within its own life: the buyer's deadline, and
 * a database that answers at its time-outs. Later the key is the trade's for good.
 */
const TAKE_BACK_WITHIN_SECONDS = 10;
/** A transaction that began to take it back in time has ended by then, one way or the other. */
const KEPT_AFTER_SECONDS = 15;

/**
 * Takes back a purchase whose workflow could not be started for sure (RULES.md 4): where the row is
 * still REQUESTED it is REJECTED, and the same transaction frees its key, so that the buyer may try
 * again. Where the row has moved on, the workflow lives and the row is returned as it stands; so it
 * is where the request has slept too long (a stopped process), and the sweep decides.
 * Undefined: the request was never committed.
 */
export async function rejectUnstarted(
  db: Kysely<WlTables>,
  tradeId: string,
): Promise<{ readonly taken: boolean; readonly trade: TradeRow } | undefined> {
  return inTransaction(db, async (tx) => {
    const row = await lockTrade(tx, tradeId);
    if (row === undefined) return undefined;
    if (row.state !== 'REQUESTED' || (await isOld(tx, tradeId))) {
      return { taken: false, trade: row };
    }
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

/**
 * False where the trade's key may come to name another one: the trade was taken back, or still may
 * be. A twin must not be told of it, because a repeat would name another trade (RULES.md 10, 8).
 */
export async function isKeptByKey(db: Kysely<WlTables>, tradeId: string): Promise<boolean> {
  const { rows } = await sql<{ kept: boolean }>`
    SELECT (state <> 'REQUESTED'
            OR created_at <= clock() - ${KEPT_AFTER_SECONDS}::integer * interval '1 second')
       AND EXISTS (SELECT 1 FROM idempotency_key WHERE subject_id = trade_id::text) AS kept
      FROM trade WHERE trade_id = ${tradeId}::uuid`.execute(db);
  return rows[0]?.kept ?? false;
}

async function isOld(tx: Transaction<WlTables>, tradeId: string): Promise<boolean> {
  const { rows } = await sql<{ old: boolean }>`
    SELECT created_at <= clock() - ${TAKE_BACK_WITHIN_SECONDS}::integer * interval '1 second' AS old
      FROM trade WHERE trade_id = ${tradeId}::uuid`.execute(tx);
  return rows[0]?.old ?? false;
}
