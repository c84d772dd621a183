import { sql } from 'kysely';
import type { Ground } from './ground.ts';

/** Between the lock of a hold and the row that tells of its capture no other lock is waited for. */
const ONE_TRANSACTION_SECONDS = 1;

/**
 * RULES.md 10, number 3, by a second clock. A capture is dated by the instant by which it was judged,
 * which a wrong one shows nowhere; its transition is dated when the row was held.
 */
export async function judgeCaptures({ databases }: Pick<Ground, 'databases'>): Promise<string[]> {
  const { rows } = await sql<{ id: string; at: Date; until: Date }>`
    SELECT hold_id::text AS id, at, expires_at AS until
      FROM hold_transition JOIN hold USING (hold_id)
     WHERE to_state = 'CAPTURED'
       AND at >= expires_at + ${ONE_TRANSACTION_SECONDS}::integer * interval '1 second'`.execute(
    databases.exporter.db,
  );
  return rows.map(
    ({ id, at, until }) =>
      `3 hold ${id}: captured at ${at.toISOString()}, expired at ${until.toISOString()}`,
  );
}
