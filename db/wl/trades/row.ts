import { sql, type Kysely, type RawBuilder, type Selectable, type Transaction } from 'kysely';
import {
  moveTrade,
  type ParkReason,
  type TradeState,
  type TradeStep,
} from '../../../domain/purchase/trade.ts';
import type { RecordedDecision } from '../../../domain/purchase/recorded.ts';
import type { RefusalCode } from '../../../domain/shared/codes.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import type { TradeTable, WlTables } from '../schema.ts';
import { writeImporterEvent } from './events.ts';

export type TradeRow = Selectable<TradeTable>;

/** Locks the trade row: the fence of every step (RULES.md 4). */
export async function lockTrade(
  tx: Transaction<WlTables>,
  tradeId: string,
): Promise<TradeRow | undefined> {
  return tx
    .selectFrom('trade')
    .selectAll()
    .where('trade_id', '=', tradeId)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** The row as it stands, without a lock. */
export async function readTrade(
  db: Kysely<WlTables>,
  tradeId: string,
): Promise<TradeRow | undefined> {
  return db.selectFrom('trade').selectAll().where('trade_id', '=', tradeId).executeTakeFirst();
}

export interface TradeMove {
  readonly step: TradeStep;
  /** Needed where the step has more than one way out: unpark and override. */
  readonly target?: TradeState;
  readonly reason?: RefusalCode | ParkReason;
  readonly actor: string;
  /** What was looked at, where the move is a decision. */
  readonly decision?: RecordedDecision;
  readonly set?: {
    readonly reason?: RefusalCode | null;
    readonly hold_id?: string;
    readonly answered_price_minor?: bigint | null;
    readonly approval_deadline?: Date | null;
    readonly exporter_answer?: string;
    readonly override?: string | null;
    readonly parked_from?: TradeRow['parked_from'];
    readonly parked_reason?: ParkReason | null;
    readonly cancel_due?: boolean;
  };
}

/** True where the table of states lets this step move the row; else the step changes nothing. */
export function mayMove(row: TradeRow, step: TradeStep, target?: TradeState): boolean {
  return moveTrade(row.state, step, target).ok;
}

/** Moves a locked row, with its transition and its event. The caller asked `mayMove` first. */
export async function moveTradeRow(
  tx: Transaction<WlTables>,
  row: TradeRow,
  move: TradeMove,
): Promise<TradeRow> {
  const to = moveTrade(row.state, move.step, move.target);
  invariant(to.ok, `step ${move.step} does not lead out of ${row.state}`);
  const version = row.version + 1;
  const stamp: RawBuilder<Date> = sql<Date>`clock()`;
  const moved = await tx
    .with('moved', (query) =>
      query
        .updateTable('trade')
        .set({ ...move.set, state: to.value, version, updated_at: stamp })
        .where('trade_id', '=', row.trade_id)
        .returningAll(),
    )
    .with('recorded', (query) =>
      query.insertInto('trade_transition').values({
        trade_id: row.trade_id,
        version,
        from_state: row.state,
        to_state: to.value,
        step: move.step,
        reason: move.reason ?? null,
        actor: move.actor,
        ...(move.decision !== undefined && { inputs: JSON.stringify(move.decision) }),
      }),
    )
    .selectFrom('moved')
    .selectAll()
    .executeTakeFirstOrThrow();
  await writeImporterEvent(tx, moved, move.step);
  return moved;
}
