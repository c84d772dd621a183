import { sql, type Kysely } from 'kysely';
import { EVENT_AGE_MAX_DAYS } from '../../domain/telemetry/events.ts';
import type { CpSchema } from './schema.ts';

interface Aged {
  readonly table: 'event_seen' | 'telemetry_quarantine' | 'issued_token' | 'work_order';
  /** The column whose instant counts; rows without one stay. */
  readonly column: string;
  readonly days: number;
}

/** What is forgotten row by row, and when. Audit, trades, signals and settlements never are. */
export const AGED: readonly Aged[] = [
  // Longer than an event may be old: a repeat that is no longer known is too old to be accepted.
  { table: 'event_seen', column: 'received_at', days: EVENT_AGE_MAX_DAYS + 10 },
  // A quarter to find out what was wrong.
  { table: 'telemetry_quarantine', column: 'last_at', days: 90 },
  // Past its expiry a token only tells what a compromised key had touched.
  { table: 'issued_token', column: 'expires_at', days: 90 },
  // The engine's own retention is shorter; nobody asks for a done order.
  { table: 'work_order', column: 'done_at', days: 30 },
];

/**
 * Forgets some of the oldest rows; answers how many. The clock stands in a subselect: compared with
 * a volatile function, all rows are read where there is nothing to forget.
 */
export async function forgetAged(
  db: Kysely<CpSchema>,
  { table, column, days }: Aged,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM ${sql.table(table)} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM ${sql.table(table)}
       WHERE ${sql.ref(column)} < (SELECT clock() - ${days}::integer * interval '1 day')
       ORDER BY ${sql.ref(column)} LIMIT ${limit}::integer))`.execute(db);
  return Number(numAffectedRows ?? 0n);
}

/** Drops the days of events that are older than so many days; answers how many there were. */
export async function dropEventDays(db: Kysely<CpSchema>, keepDays: number): Promise<number> {
  const { rows } = await sql<{ dropped: number }>`
    SELECT drop_event_days((clock() AT TIME ZONE 'UTC')::date - ${keepDays}::integer) AS dropped
  `.execute(db);
  return rows[0]?.dropped ?? 0;
}
