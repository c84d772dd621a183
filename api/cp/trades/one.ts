import type { Kysely } from 'kysely';
import type { CpSchema } from '../../../db/cp/schema.ts';
import { findTrades, type NamedTrade } from '../../../db/cp/trades/read.ts';
import { Problem } from '../../http/problem.ts';
import { foundOrProblem } from '../deps.ts';

/**
 * The trade of an id; ids are the importers' own, so that two of them may use the same one.
 * NOT_FOUND, or CONFLICT where the query has to say which is meant.
 */
export async function oneTrade(
  db: Kysely<CpSchema>,
  { id }: { readonly id: string },
  which: { readonly importer?: string | undefined; readonly exporter?: string | undefined },
): Promise<NamedTrade> {
  const [row, ...others] = await findTrades(db, { ...which, tradeId: id });
  if (others.length > 0) {
    const detail = 'More than one trade has this id: name the importer, and the exporter.';
    throw new Problem('CONFLICT', { detail });
  }
  return foundOrProblem(row);
}
