import { sql, type Kysely } from 'kysely';
import { inTransaction } from '../../pool.ts';
import type { WlTables } from '../schema.ts';
import { expireIfDue, lockHold } from './row.ts';

/** One call tidies at most this many, so that a preflight which waits for it stays short. */
const EXPIRE_BATCH = 50;

/** Which due holds: of one offer, of one importer, or, for the schedule, all of them. */
export type DueFilter =
  { readonly offerId: string } | { readonly requester: string } | { readonly all: true };

/**
 * Written into the statement, and the clock in a subselect: only so a plan that is kept can use the
 * index of open holds, and stop where they are not due yet.
 */
const IS_OPEN = sql<boolean>`state IN ('HELD', 'PENDING_APPROVAL')`;

/** Expires due holds, one transaction each: two callers never wait for each other's rows. */
export async function expireDue(db: Kysely<WlTables>, filter: DueFilter): Promise<number> {
  const due = await db
    .selectFrom('hold')
    .select(['requester', 'hold_id'])
    .where(IS_OPEN)
    .where('expires_at', '<=', sql<Date>`(SELECT clock())`)
    .$if('offerId' in filter, (query) =>
      query.where('offer_id', '=', 'offerId' in filter ? filter.offerId : ''),
    )
    .$if('requester' in filter, (query) =>
      query.where('requester', '=', 'requester' in filter ? filter.requester : ''),
    )
    .orderBy('expires_at')
    .limit(EXPIRE_BATCH)
    .execute();
  let expired = 0;
  for (const { requester, hold_id: holdId } of due) {
    const row = await inTransaction(db, async (tx) => {
      const locked = await lockHold(tx, { requester, holdId });
      return locked && expireIfDue(tx, locked);
    });
    expired += Number(row?.state === 'EXPIRED');
  }
  return expired;
}
