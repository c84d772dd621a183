import type { EventData, EventType } from '../../../domain/telemetry/events.ts';
import type { CpTransaction } from '../schema.ts';

/** An event that has been verified and stored, in the transaction that is under way. */
export interface StoredEvent<T extends EventType = EventType> {
  readonly eventId: string;
  readonly type: T;
  readonly occurredAt: Date;
  readonly receivedAt: Date;
  /** Who says it: the subject of the token, and the owner of the key that signed. */
  readonly wlId: string;
  readonly correlationId: string;
  readonly data: EventData[T];
}

/**
 * What an event changes here. It runs once an event id, but events come in any order and the same
 * fact may come as several: a projector compares versions and changes nothing when it knows more.
 * It throws only where the database fails, because a throw sends the whole batch back.
 */
export type Projector<T extends EventType> = (
  tx: CpTransaction,
  event: StoredEvent<T>,
) => Promise<void>;
