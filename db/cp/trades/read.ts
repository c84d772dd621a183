import { sql, type AliasedRawBuilder, type Kysely, type Selectable } from 'kysely';
import type { TradeStatus } from '../../../domain/telemetry/trade-view.ts';
import type { CpSchema } from '../schema.ts';
import type { TradeMismatchTable } from '../tables/trades.ts';
import type { TradeKey, TradeRow } from './row.ts';

export interface TradeFilter {
  /** Either side. */
  readonly wl?: string | undefined;
  /** The other side of `wl`, or either side without it. */
  readonly partner?: string | undefined;
  readonly status?: TradeStatus | undefined;
  readonly reason?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Part of a trade's id, offer, seller or masked buyer; see SHORT_TEXT. */
  readonly text?: string | undefined;
  readonly stale?: boolean | undefined;
  readonly parked?: boolean | undefined;
  readonly mismatch?: boolean | undefined;
}

/** Where a page ended. */
export interface TradePosition {
  readonly startedAt: string;
  readonly importer: string;
  readonly exporter: string;
  readonly tradeId: string;
}

export interface NamedTrade extends TradeRow {
  readonly importer_name: string | null;
  readonly exporter_name: string | null;
}

/** Trades of a filter, newest first, after a position where given. */
export function listTrades(
  db: Kysely<CpSchema>,
  filter: TradeFilter,
  page: { readonly limit: number; readonly after?: TradePosition | undefined },
): Promise<NamedTrade[]> {
  const { after, limit } = page;
  let query = filtered(namedTrades(db, tradesSearched(filter)), filter);
  if (after !== undefined) {
    query = query.where(
      sql<boolean>`(trade.started_at, trade.importer, trade.exporter, trade.trade_id) <
        (${after.startedAt}::timestamptz, ${after.importer}::uuid, ${after.exporter}::uuid,
         ${after.tradeId})`,
    );
  }
  return query
    .orderBy('trade.started_at', 'desc')
    .orderBy('trade.importer', 'desc')
    .orderBy('trade.exporter', 'desc')
    .orderBy('trade.trade_id', 'desc')
    .limit(limit)
    .execute();
}

/** The trades of one id: more than one where two importers, or two exporters, use it. */
export function findTrades(
  db: Kysely<CpSchema>,
  asked: {
    readonly tradeId: string;
    readonly importer?: string | undefined;
    readonly exporter?: string | undefined;
  },
): Promise<NamedTrade[]> {
  const { tradeId, importer, exporter } = asked;
  let query = namedTrades(db).where('trade.trade_id', '=', tradeId);
  if (importer !== undefined) query = query.where('trade.importer', '=', importer);
  if (exporter !== undefined) query = query.where('trade.exporter', '=', exporter);
  return query.execute();
}

export type MismatchRow = Selectable<TradeMismatchTable>;

/** What was raised about a trade on which the sides went on disagreeing, newest first. */
export function mismatchesOf(db: Kysely<CpSchema>, key: TradeKey): Promise<MismatchRow[]> {
  return db
    .selectFrom('trade_mismatch')
    .selectAll()
    .where('importer', '=', key.importer)
    .where('exporter', '=', key.exporter)
    .where('trade_id', '=', key.tradeId)
    .orderBy('raised_at', 'desc')
    .execute();
}

function namedTrades(
  db: Kysely<CpSchema>,
  trades: AliasedTrades = sql<TradeRow>`trade`.as('trade'),
) {
  return db
    .selectFrom(trades)
    .leftJoin('wl as buying', 'buying.id', 'trade.importer')
    .leftJoin('wl as selling', 'selling.id', 'trade.exporter')
    .selectAll('trade')
    .select(['buying.name as importer_name', 'selling.name as exporter_name']);
}

type AliasedTrades = AliasedRawBuilder<TradeRow, 'trade'>;
type Trades = ReturnType<typeof namedTrades>;

function filtered(trades: Trades, filter: TradeFilter): Trades {
  const { wl, partner, status, reason, from, to, text, stale, parked, mismatch } = filter;
  let query = ofSides(trades, wl, partner);
  if (status !== undefined) query = query.where('trade.status', '=', status);
  if (reason !== undefined) query = query.where('trade.reason', '=', reason);
  if (from !== undefined) query = query.where('trade.started_at', '>=', from);
  if (to !== undefined) query = query.where('trade.started_at', '<', to);
  if (text !== undefined) query = query.where('trade.search', 'like', containing(text));
  if (stale !== undefined) query = query.where('trade.decided_on_stale', '=', stale);
  if (parked !== undefined) query = query.where('trade.parked', '=', parked);
  if (mismatch !== undefined) query = ofMismatch(query, mismatch);
  return query;
}

function ofSides(query: Trades, wl: string | undefined, partner: string | undefined): Trades {
  if (wl !== undefined && partner !== undefined) {
    return query.where((where) =>
      where.or([
        where.and({ 'trade.importer': wl, 'trade.exporter': partner }),
        where.and({ 'trade.importer': partner, 'trade.exporter': wl }),
      ]),
    );
  }
  const either = wl ?? partner;
  if (either === undefined) return query;
  return query.where((where) =>
    where.or([where('trade.importer', '=', either), where('trade.exporter', '=', either)]),
  );
}

/** What is shorter has no trigram to be found by, so that every row would have to be read. */
const SHORT_TEXT = 3;
/** So many of the newest trades are searched for a short text: a day of a busy market. */
const NEWEST = 5_000;

/** Never all of them for a short text: the planner would, since it expects few to match. */
function tradesSearched({ text }: TradeFilter): AliasedTrades {
  const all = sql<TradeRow>`trade`;
  if (text === undefined || text.length >= SHORT_TEXT) return all.as('trade');
  const newest = sql<TradeRow>`(SELECT * FROM trade ORDER BY started_at DESC LIMIT ${NEWEST})`;
  return newest.as('trade');
}

function ofMismatch(query: Trades, mismatch: boolean): Trades {
  const open = sql`SELECT FROM trade_mismatch AS raised
    WHERE raised.resolved_at IS NULL
      AND (raised.importer, raised.exporter, raised.trade_id) =
          (trade.importer, trade.exporter, trade.trade_id)`;
  return query.where(
    mismatch ? sql<boolean>`EXISTS (${open})` : sql<boolean>`NOT EXISTS (${open})`,
  );
}

/** `%` and `_` in what a person typed mean themselves. */
export function containing(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
}
