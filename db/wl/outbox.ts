import { randomUUIDv7 } from 'node:crypto';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { Json } from '../../domain/shared/canonical.ts';
import type { EventResult, EventType } from '../../domain/telemetry/events.ts';
import type { WlTables } from './schema.ts';

/** Something that the Control Plane is told, at least once (CONTRACTS.md, events). */
export interface OutboxEvent {
  readonly type: string;
  readonly correlationId: string;
  /** Ids, amounts as decimal strings and masked forms only. */
  readonly data: Json;
}

/** Writes an event with the fact that it tells of; the relay sends it later. Answers its id. */
export async function addEvent(tx: Transaction<WlTables>, event: OutboxEvent): Promise<string> {
  const eventId = randomUUIDv7();
  await tx
    .insertInto('outbox')
    .values({
      event_id: eventId,
      type: event.type,
      correlation_id: event.correlationId,
      data: JSON.stringify(event.data),
    })
    .execute();
  return eventId;
}

export interface OutboxRow {
  readonly event_id: string;
  readonly type: EventType;
  readonly occurred_at: Date;
  readonly correlation_id: string;
  readonly data: Json;
}

/** UNSENDABLE: no request can carry it. */
export type SentResult = EventResult | 'UNSENDABLE';

/**
 * The oldest events that have not been delivered. Rows are chosen by that alone: an id or a time
 * that commits late would be skipped behind a mark of how far the relay has come.
 */
export async function nextUnsent(db: Kysely<WlTables>, limit: number): Promise<OutboxRow[]> {
  const rows = await db
    .selectFrom('outbox')
    .select(['event_id', 'type', 'occurred_at', 'correlation_id', 'data'])
    .where('sent_at', 'is', null)
    .orderBy('occurred_at')
    .orderBy('event_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, type: row.type as EventType, data: row.data as Json }));
}

/** Notes what the Control Plane said; the first answer stands. */
export async function markSent(
  db: Kysely<WlTables>,
  outcomes: readonly { readonly eventId: string; readonly result: SentResult }[],
): Promise<void> {
  await sql`
    UPDATE outbox SET sent_at = clock(), result = told.result
      FROM jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb)
        AS told ("eventId" uuid, result text)
     WHERE outbox.event_id = told."eventId" AND outbox.sent_at IS NULL`.execute(db);
}

/** How many events wait, and for how many seconds the oldest has. */
export async function outboxLag(
  db: Kysely<WlTables>,
): Promise<{ readonly unsent: number; readonly lagSeconds: number }> {
  const { rows } = await sql<{ unsent: bigint; lag_seconds: number }>`
    SELECT count(*) AS unsent,
           coalesce(extract(epoch FROM clock() - min(occurred_at)), 0)::float8 AS lag_seconds
      FROM outbox WHERE sent_at IS NULL`.execute(db);
  const row = rows[0];
  return { unsent: Number(row?.unsent ?? 0), lagSeconds: row?.lag_seconds ?? 0 };
}

/**
 * Forgets delivered events of long ago, as many as one statement may take; answers how many. The
 * clock stands in a subselect: compared with a volatile function, the whole index is read; and rows
 * are named by their place, because a join by their ids may read the whole table.
 */
export async function forgetSent(
  db: Kysely<WlTables>,
  { days, limit }: { readonly days: number; readonly limit: number },
): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM outbox WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM outbox
       WHERE sent_at < (SELECT clock() - ${days}::integer * interval '1 day')
         AND result IN ('ACCEPTED', 'DUPLICATE')
       ORDER BY sent_at LIMIT ${limit}::integer))`.execute(db);
  return Number(numAffectedRows ?? 0n);
}
