import { sql, type Kysely } from 'kysely';
import type { WlTables } from '../db/wl/schema.ts';

/**
 * Trades that a second person resolved against the exporter's answer, or without one: their money
 * stands in a suspense account of its own, so the books of both sides can't agree on them.
 */
export const OVERRIDDEN_TRADES = sql`SELECT trade_id FROM trade_transition WHERE step = 'override'`;

export const COUNT_OVERRIDDEN = sql<{ count: bigint }>`
  SELECT count(DISTINCT trade_id) AS count FROM trade_transition WHERE step = 'override'`;

/** Ids of the overridden trades with one exporter; few, because each takes two people. */
export async function listOverridden(db: Kysely<WlTables>, exporter: string): Promise<string[]> {
  const { rows } = await sql<{ tradeId: string }>`
    SELECT trade_id::text AS "tradeId" FROM trade
     WHERE exporter = ${exporter}::uuid AND trade_id IN (${OVERRIDDEN_TRADES})`.execute(db);
  return rows.map(({ tradeId }) => tradeId);
}
