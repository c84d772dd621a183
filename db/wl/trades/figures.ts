import type { Kysely } from 'kysely';
import type { TradeState } from '../../../domain/purchase/trade.ts';
import type { WlTables } from '../schema.ts';
import { IS_OPEN } from './read.ts';

const OPEN: readonly TradeState[] = [
  'REQUESTED',
  'FUNDED',
  'AWAITING_APPROVAL',
  'UNCERTAIN',
  'NEEDS_ATTENTION',
  'REVERSING',
];

/** How many purchases stand in each state that is no outcome; zero is answered, too. */
export async function openPurchases(db: Kysely<WlTables>): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('trade')
    .select(({ fn }) => ['state', fn.countAll<bigint>().as('count')])
    // The condition of the index `trade_open`, so that years of outcomes are not read.
    .where(IS_OPEN)
    .groupBy('state')
    .execute();
  const counts = new Map(rows.map(({ state, count }) => [state, Number(count)]));
  return new Map(OPEN.map((state) => [state, counts.get(state) ?? 0]));
}
