import type { Kysely, Selectable } from 'kysely';
import type { HoldTransitionTable, WlTables } from '../schema.ts';
import type { HoldRow } from './row.ts';

/** Rows of one trade id: more than one where two importers use it. */
export function findHolds(
  db: Kysely<WlTables>,
  { tradeId, requester }: { readonly tradeId: string; readonly requester?: string | undefined },
): Promise<HoldRow[]> {
  return db
    .selectFrom('hold')
    .selectAll()
    .where('trade_id', '=', tradeId)
    .$if(requester !== undefined, (query) => query.where('requester', '=', requester ?? ''))
    .orderBy('requester')
    .execute() as Promise<HoldRow[]>;
}

/** Every move of a row, in the order of its versions. */
export function readHoldTransitions(
  db: Kysely<WlTables>,
  holdId: string,
): Promise<Selectable<HoldTransitionTable>[]> {
  return db
    .selectFrom('hold_transition')
    .selectAll()
    .where('hold_id', '=', holdId)
    .orderBy('version')
    .execute();
}
