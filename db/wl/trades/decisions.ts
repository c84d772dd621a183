import { sql, type Kysely } from 'kysely';
import type { RecordedRequest } from '../../../domain/purchase/recorded.ts';
import type { PairPage } from '../holds/decisions.ts';
import type { WlTables } from '../schema.ts';
import type { TradeRow } from './row.ts';

export interface DecidedTrade {
  readonly tradeId: string;
  readonly createdAt: Date;
  /** `createdAt` with microseconds, for the next page. */
  readonly at: string;
  readonly state: TradeRow['state'];
  readonly reason: TradeRow['reason'];
  readonly request: RecordedRequest | null;
}

/** Trades with one exporter, the one that was requested last first. */
export async function listTradeDecisions(
  db: Kysely<WlTables>,
  { partner, since, until, limit, after }: PairPage,
): Promise<DecidedTrade[]> {
  const rows = await db
    .selectFrom('trade')
    .leftJoin('trade_transition as made', (join) =>
      join.onRef('made.trade_id', '=', 'trade.trade_id').on('made.version', '=', 1),
    )
    .select([
      'trade.trade_id as tradeId',
      'trade.created_at as createdAt',
      sql<string>`trade.created_at::text`.as('at'),
      'trade.state',
      'trade.reason',
      'made.inputs',
    ])
    .where('trade.exporter', '=', partner)
    .where('trade.created_at', '>=', since)
    .where('trade.created_at', '<', until)
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(trade.created_at, trade.trade_id)
          < (${after?.at ?? ''}::timestamptz, ${after?.id ?? ''}::uuid)`,
      ),
    )
    .orderBy('trade.created_at', 'desc')
    .orderBy('trade.trade_id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ inputs, ...row }) => ({
    ...row,
    request: inputs?.step === 'request' ? inputs.facts : null,
  }));
}
