import { sql, type Kysely } from 'kysely';
import { invariant } from '../../domain/shared/invariant.ts';
import type { WlTables } from './schema.ts';

/** The database's clock, by which holds expire and export delays end (RULES.md 2). */
export async function readClock(db: Kysely<WlTables>): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`SELECT clock() AS at`.execute(db);
  invariant(rows[0] !== undefined, 'clock() answers one row');
  return rows[0].at;
}
