import { sql, type Kysely, type Selectable } from 'kysely';
import type { TradeTransitionTable, WlTables } from '../schema.ts';

/** A trade that some workflow should be working on. */
export interface OpenTrade {
  readonly tradeId: string;
  readonly exporter: string;
  readonly state: string;
}

/**
 * Written into the statement: as a parameter, which may be any state, no plan that is kept could use
 * the index of open trades, and each look would read all that ever were.
 */
export const IS_OPEN = sql<boolean>`state NOT IN ('CONFIRMED', 'REJECTED', 'COMPENSATED', 'REVERSED')`;

/**
 * Trades that are not final, or still owe the exporter a cancel, and have not moved for a while:
 * those a crash may have left without a workflow. The oldest first.
 */
export async function listOpenTrades(
  db: Kysely<WlTables>,
  { idleSeconds, limit }: { readonly idleSeconds: number; readonly limit: number },
): Promise<OpenTrade[]> {
  return db
    .selectFrom('trade')
    .select(['trade_id as tradeId', 'exporter', 'state'])
    .where((where) => where.or([IS_OPEN, where('cancel_due', '=', true)]))
    .where('updated_at', '<', sql<Date>`clock() - ${idleSeconds}::integer * interval '1 second'`)
    .orderBy('created_at')
    .limit(limit)
    .execute();
}

/** Purchases that still stand as they were requested, of that age. The oldest first. */
export async function listUnstarted(
  db: Kysely<WlTables>,
  {
    fromMs,
    toMs,
    limit,
  }: { readonly fromMs: number; readonly toMs: number; readonly limit: number },
): Promise<Omit<OpenTrade, 'state'>[]> {
  const before = (ms: number) => sql<Date>`clock() - ${ms}::integer * interval '1 millisecond'`;
  return db
    .selectFrom('trade')
    .select(['trade_id as tradeId', 'exporter'])
    .where('state', '=', sql.lit('REQUESTED'))
    .where('created_at', '<=', before(fromMs))
    .where('created_at', '>', before(toMs))
    .orderBy('created_at')
    .limit(limit)
    .execute();
}

/** Every transition of a trade, in the order of its versions. */
export async function readTransitions(
  db: Kysely<WlTables>,
  tradeId: string,
): Promise<Selectable<TradeTransitionTable>[]> {
  return db
    .selectFrom('trade_transition')
    .selectAll()
    .where('trade_id', '=', tradeId)
    .orderBy('version')
    .execute();
}

/**
 * Keys of trades that have been final for a day are forgotten (RULES.md 7), as many as one statement
 * may take; answers how many.
 */
export async function forgetOldKeys(
  db: Kysely<WlTables>,
  { keepHours, limit }: { readonly keepHours: number; readonly limit: number },
): Promise<number> {
  const gone = await sql`
    DELETE FROM idempotency_key WHERE ctid = ANY(ARRAY(
      SELECT idempotency_key.ctid FROM idempotency_key JOIN trade
          ON trade.trade_id::text = idempotency_key.subject_id
       WHERE trade.state IN ('CONFIRMED', 'REJECTED', 'COMPENSATED', 'REVERSED')
         AND trade.updated_at < clock() - ${keepHours}::integer * interval '1 hour'
       LIMIT ${limit}::integer))`.execute(db);
  return Number(gone.numAffectedRows ?? 0n);
}
