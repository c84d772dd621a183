import { sql, type Kysely, type Selectable } from 'kysely';
import type { EVENT_SCHEMA_VERSION, SignedEvent } from '../../../domain/telemetry/events.ts';
import type { Json } from '../../../domain/shared/canonical.ts';
import type { CpSchema } from '../schema.ts';
import type { EventTable } from '../tables/telemetry.ts';

/** An event as it was signed, and when it came. */
export interface KeptEvent {
  readonly event: SignedEvent;
  readonly kid: string;
  readonly receivedAt: Date;
}

/** Events in the order of their coming, after `after`; the same event again tells where to go on. */
export async function eventsAfter(
  db: Kysely<CpSchema>,
  page: { readonly after?: KeptEvent | undefined; readonly limit: number },
): Promise<KeptEvent[]> {
  const { after, limit } = page;
  let query = db.selectFrom('event').selectAll();
  if (after !== undefined) {
    const { wlId, eventId } = after.event;
    query = query.where(
      sql<boolean>`(received_at, wl_id, event_id) >
        (${after.receivedAt}::timestamptz, ${wlId}::uuid, ${eventId}::uuid)`,
    );
  }
  const rows = await query
    .orderBy('received_at')
    .orderBy('wl_id')
    .orderBy('event_id')
    .limit(limit)
    .execute();
  return rows.map(keptEventOf);
}

/** The event that a row keeps; its signature is over exactly these members. */
export function keptEventOf(row: Selectable<EventTable>): KeptEvent {
  return {
    event: {
      eventId: row.event_id,
      type: row.type,
      schemaVersion: row.schema_version as typeof EVENT_SCHEMA_VERSION,
      occurredAt: row.occurred_at.toISOString(),
      wlId: row.wl_id,
      correlationId: row.correlation_id,
      data: row.data as Json,
      signature: row.signature,
    },
    kid: row.kid,
    receivedAt: row.received_at,
  };
}
