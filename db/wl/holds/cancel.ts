import { randomUUID } from 'node:crypto';
import { type Kysely, type Transaction } from 'kysely';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import { isOpenHold } from '../../../domain/purchase/hold.ts';
import { inTransaction, sqlState } from '../../pool.ts';
import type { WlTables } from '../schema.ts';
import type { ExporterSettings } from './preflight.ts';
import { answerOf, expireIfDue, lockHold, moveHoldRow, recordMove, type HoldRow } from './row.ts';

export interface CancelRequest {
  readonly requester: string;
  readonly tradeId: string;
  /** A hold made for a request id, which no trade has bound yet. */
  readonly holdId?: string | undefined;
  readonly correlationId: string;
}

const UNIQUE_VIOLATION = '23505';

/**
 * "Cancel or tell me" (RULES.md 5): what is not captured becomes CANCELLED for good, also for a
 * preflight or confirm that arrives later; else the row's state is the answer. An unknown trade id
 * is stored as CANCELLED for this caller.
 */
export async function cancelHold(
  db: Kysely<WlTables>,
  settings: ExporterSettings,
  request: CancelRequest,
): Promise<TraderAnswer> {
  const attempt = (): Promise<HoldRow> =>
    inTransaction(db, async (tx) => {
      const locked = await lockHold(tx, request);
      if (locked === undefined) return cancelUnknown(tx, settings, request);
      return cancelOpen(tx, await expireIfDue(tx, locked));
    });
  try {
    return answerOf(await attempt());
  } catch (error) {
    // A late preflight or confirm stored the row first: it is cancelled or told now.
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    return answerOf(await attempt());
  }
}

async function cancelOpen(tx: Transaction<WlTables>, row: HoldRow): Promise<HoldRow> {
  if (!isOpenHold(row.state)) return row;
  const actor = `wl:${row.requester}`;
  return moveHoldRow(tx, row, { to: 'CANCELLED', reason: 'CANCELLED', actor });
}

async function cancelUnknown(
  tx: Transaction<WlTables>,
  settings: ExporterSettings,
  request: CancelRequest,
): Promise<HoldRow> {
  const { requester, holdId } = request;
  const unbound = holdId === undefined ? undefined : await lockHold(tx, { requester, holdId });
  if (unbound?.row.trade_id === null) {
    const row = await tx
      .updateTable('hold')
      .set({ trade_id: request.tradeId })
      .where('hold_id', '=', unbound.row.hold_id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return cancelOpen(tx, await expireIfDue(tx, { row, now: unbound.now }));
  }
  const row = await tx
    .insertInto('hold')
    .values({
      hold_id: randomUUID(),
      requester,
      trade_id: request.tradeId,
      state: 'CANCELLED',
      reason: 'CANCELLED',
      version: 1,
      currency: settings.currency,
      correlation_id: request.correlationId,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordMove(tx, row, { from: 'NEW', actor: `wl:${requester}` });
  return row;
}
