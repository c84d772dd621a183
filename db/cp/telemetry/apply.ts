import type { EventType } from '../../../domain/telemetry/events.ts';
import { TRADE_EVENT_TYPES, type TradeEventType } from '../../../domain/telemetry/trade-view.ts';
import { recordCertificateExpiring } from '../certificate-expiring.ts';
import type { CpTransaction } from '../schema.ts';
import { recordSignalApplied } from '../signals/applied.ts';
import { applyTradeEvents } from '../trades/apply.ts';
import { confirmTraderAccount } from '../trader-account.ts';
import type { Projector, StoredEvent } from './stored-event.ts';

export type { Projector, StoredEvent } from './stored-event.ts';

const PROJECTORS: { readonly [T in EventType]?: Projector<T> } = {
  'certificate.expiring': recordCertificateExpiring,
  'signal.applied': recordSignalApplied,
  'trader.account.confirmed': confirmTraderAccount,
};

/** Applies one event; types without a projector are kept as evidence only. */
export async function applyEvent(tx: CpTransaction, event: StoredEvent): Promise<void> {
  // The table's rows were checked against their types; a row and its event go together.
  const project = PROJECTORS[event.type] as Projector<EventType> | undefined;
  await project?.(tx, event);
}

/**
 * Applies the accepted events of one request, oldest first, so that every process does alike. Those
 * that tell of trades go together and first: they lock pairs, which come before audit rows.
 */
export async function applyEvents(
  tx: CpTransaction,
  events: readonly StoredEvent[],
): Promise<void> {
  const ordered = events.toSorted(byTime);
  await applyTradeEvents(tx, ordered.filter(isOfTrade));
  for (const event of ordered) await applyEvent(tx, event);
}

const OF_TRADES: ReadonlySet<EventType> = new Set(TRADE_EVENT_TYPES);

function isOfTrade(event: StoredEvent): event is StoredEvent<TradeEventType> {
  return OF_TRADES.has(event.type);
}

function byTime(a: StoredEvent, b: StoredEvent): number {
  const apart = a.occurredAt.getTime() - b.occurredAt.getTime();
  if (apart !== 0) return apart;
  return a.eventId < b.eventId ? -1 : 1;
}
