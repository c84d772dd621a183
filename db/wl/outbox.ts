import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Json } from '../../domain/shared/canonical.ts';
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
