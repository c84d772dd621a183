import type { EventType } from '../../../domain/telemetry/events.ts';
import type { CpTransaction } from '../schema.ts';
import { confirmTraderAccount } from '../trader-account.ts';
import type { Projector, StoredEvent } from './stored-event.ts';

export type { Projector, StoredEvent } from './stored-event.ts';

const PROJECTORS: { readonly [T in EventType]?: Projector<T> } = {
  'trader.account.confirmed': confirmTraderAccount,
};

/** Applies one event; types without a projector are kept as evidence only. */
export async function applyEvent(tx: CpTransaction, event: StoredEvent): Promise<void> {
  // The table's rows were checked against their types; a row and its event go together.
  const project = PROJECTORS[event.type] as Projector<EventType> | undefined;
  await project?.(tx, event);
}

/** Applies the accepted events of one request, oldest first, so that every process does alike. */
export async function applyEvents(
  tx: CpTransaction,
  events: readonly StoredEvent[],
): Promise<void> {
  for (const event of events.toSorted(byTime)) await applyEvent(tx, event);
}

function byTime(a: StoredEvent, b: StoredEvent): number {
  const apart = a.occurredAt.getTime() - b.occurredAt.getTime();
  if (apart !== 0) return apart;
  return a.eventId < b.eventId ? -1 : 1;
}
