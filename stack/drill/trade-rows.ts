import { sql, type Kysely } from 'kysely';
import type { WlTables } from '../../db/wl/schema.ts';
import { isPurchaseOver } from '../../domain/purchase/trade.ts';
import type { TradeState } from '../../domain/purchase/trade.ts';
import { sleep } from './stage.ts';

export interface OpenTrade {
  readonly tradeId: string;
  readonly state: TradeState;
  readonly version: number;
}

/** A killed database is back within this; longer is a finding. */
const READ_WITHIN_MS = 60_000;
const READ_AGAIN_MS = 100;
/** Ids a statement. */
const PAGE = 1_000;

/** The importer's trades that are not final, as its rows say. */
export async function readOpenTrades(db: Kysely<WlTables>): Promise<OpenTrade[]> {
  const { rows } = await sql<OpenTrade>`
    SELECT trade_id::text AS "tradeId", state, version FROM trade
     WHERE state NOT IN ('CONFIRMED', 'REJECTED', 'COMPENSATED', 'REVERSED')
     ORDER BY created_at`.execute(db);
  return rows;
}

/** The same read until it succeeds: the database itself may be what was killed. */
export async function eventually<T>(read: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + READ_WITHIN_MS;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(READ_AGAIN_MS);
    }
  }
}

/**
 * The trades that stood open at a past moment, with the state of that moment: the transitions are
 * append-only and carry the database's time, which is this machine's.
 */
export async function openAt(db: Kysely<WlTables>, at: Date): Promise<OpenTrade[]> {
  const moment = at.toISOString();
  const { rows } = await sql<OpenTrade>`
    SELECT trade_id::text AS "tradeId", stood.to_state AS state, stood.version
      FROM trade CROSS JOIN LATERAL (
        SELECT to_state, version FROM trade_transition AS moved
         WHERE moved.trade_id = trade.trade_id AND moved.at <= ${moment}::timestamptz
         ORDER BY version DESC LIMIT 1) AS stood
     WHERE trade.updated_at > ${moment}::timestamptz
        OR trade.state NOT IN ('CONFIRMED', 'REJECTED', 'COMPENSATED', 'REVERSED')`.execute(db);
  return rows.filter(({ state }) => !isPurchaseOver(state));
}

export async function readStates(
  db: Kysely<WlTables>,
  tradeIds: readonly string[],
): Promise<Map<string, TradeState>> {
  const states = new Map<string, TradeState>();
  for (let from = 0; from < tradeIds.length; from += PAGE) {
    const rows = await db
      .selectFrom('trade')
      .select(['trade_id', 'state'])
      .where('trade_id', 'in', tradeIds.slice(from, from + PAGE))
      .execute();
    for (const row of rows) states.set(row.trade_id, row.state);
  }
  return states;
}

export function countStates(trades: readonly Pick<OpenTrade, 'state'>[]): Map<TradeState, number> {
  const counts = new Map<TradeState, number>();
  for (const { state } of trades) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

export function describeStates(trades: readonly Pick<OpenTrade, 'state'>[]): string {
  const counts = [...countStates(trades)].map(([state, count]) => `${count} ${state}`);
  return counts.join(', ') || 'none';
}
