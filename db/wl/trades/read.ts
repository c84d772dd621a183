import { sql, type Kysely, type RawBuilder, type Selectable } from 'kysely';
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

/** Asked once and not for each row, so that it can bound the reading of an index. */
const ago = (interval: RawBuilder<unknown>) => sql<Date>`(SELECT clock() - ${interval})`;

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
    .where(sql<boolean>`(${IS_OPEN} OR cancel_due)`)
    .where('updated_at', '<', ago(sql`${idleSeconds}::integer * interval '1 second'`))
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
  const before = (ms: number) => ago(sql`${ms}::integer * interval '1 millisecond'`);
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

/** The condition of the index `idempotency_key_age`: a key may name an account, too. */
const IS_OF_TRADE = sql<boolean>`subject_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'`;

/**
 * Keys of trades that have been final for a day are forgotten (RULES.md 7), as many as one statement
 * may take; answers how many. A key is older than its trade's end: only old keys are looked at, and
 * their trades by their ids. Whoever reads the trades first reads years of them.
 */
export async function forgetOldKeys(
  db: Kysely<WlTables>,
  { keepHours, limit }: { readonly keepHours: number; readonly limit: number },
): Promise<number> {
  const gone = await sql`
    DELETE FROM idempotency_key WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM idempotency_key
       WHERE created_at < (SELECT clock() - ${keepHours}::integer * interval '1 hour')
         AND ${IS_OF_TRADE}
         AND (SELECT state IN ('CONFIRMED', 'REJECTED', 'COMPENSATED', 'REVERSED')
                 AND updated_at < clock() - ${keepHours}::integer * interval '1 hour'
                FROM trade WHERE trade_id = CASE WHEN ${IS_OF_TRADE} THEN subject_id::uuid END)
       ORDER BY created_at LIMIT ${limit}::integer))`.execute(db);
  return Number(gone.numAffectedRows ?? 0n);
}
