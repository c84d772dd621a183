import type { Json } from '../shared/canonical.ts';
import type { RefusalCode } from '../shared/codes.ts';
import type { ParkableState, ParkReason, PublicStatus } from '../purchase/trade.ts';
import type { TraderStatus } from '../purchase/hold.ts';

/** The data of a TRADER_PURCHASE event (CONTRACTS.md); amounts are decimal strings. */
export interface TraderPurchaseData {
  readonly tradeId: string;
  readonly role: 'IMPORTER' | 'EXPORTER';
  readonly counterpartWlId: string;
  /** Version of the reporting side's row; the highest one wins, in whatever order they arrive. */
  readonly version: number;
  readonly status: PublicStatus | TraderStatus;
  readonly reason?: RefusalCode;
  readonly quantity: number;
  readonly unitPrice: string;
  readonly currency: string;
  readonly amount: string;
  readonly fxRate: string;
  readonly importedUnitPrice?: string;
  readonly importedCurrency?: string;
  readonly importedAmount?: string;
  readonly offer: { readonly id: string; readonly title: string; readonly category: string };
  readonly buyerMasked: string;
  readonly sellerName: string;
  readonly holdId?: string;
  readonly policyRevision: number;
  readonly relationshipRevision: number;
  readonly workflowId: string;
  readonly latencyMs: number;
  /** Of an exporter's PENDING: until when a person may decide, ISO 8601 UTC. */
  readonly approvalDeadline?: string;
  /** Of an importer's parked purchase: why a person must look, and where it goes on from. */
  readonly parkedReason?: ParkReason;
  readonly parkedFrom?: ParkableState;
}

/** What a WL applied of what it pulled; a policy's `src` and `dst` are the WL itself. */
export interface PolicyAppliedData {
  readonly kind: 'POLICY' | 'RELATIONSHIP';
  readonly src: string;
  readonly dst: string;
  readonly revision: number;
}

/** A WL has not been able to pull for too long. */
export interface PolicyStaleData {
  readonly wlId: string;
  /** Of the last good pull, ISO 8601 UTC. */
  readonly pulledAt: string;
}

/** A WL's certificate is due and can't be renewed by its own processes. */
export interface CertificateExpiringData {
  readonly wlId: string;
  /** Of the one that is shown, upper-case hexadecimal. */
  readonly serial: string;
  /** ISO 8601 UTC. */
  readonly notAfter: string;
  readonly reason: 'NOT_WRITABLE' | 'NOT_USABLE' | 'REFUSED';
}

/** A WL trades under this opaque account id. */
export interface TraderAccountData {
  readonly wlId: string;
  readonly traderId: string;
}

/** What a WL did on a signal, with the stamps of its own clock (ISO 8601 UTC). */
export interface SignalAppliedData {
  readonly signalId: string;
  /** Of the pair's signals; a JSON number or the same in digits. */
  readonly sequence: number | string;
  readonly src: string;
  readonly dst: string;
  readonly action: 'DISABLE' | 'ENABLE' | 'TEST';
  readonly status: 'APPLIED' | 'STALE';
  readonly receivedAt: string;
  readonly appliedAt: string;
  /** When the last offer of the pair was actually off; absent or null where none was. */
  readonly offersOffAt?: string | null;
  readonly offersChanged: number;
}

/** The data of each type of event (CONTRACTS.md, last section). */
export interface EventData {
  readonly TRADER_PURCHASE: TraderPurchaseData;
  readonly 'trader.account.confirmed': TraderAccountData;
  readonly 'offer.attempted': TraderPurchaseData;
  readonly 'hold.opened': TraderPurchaseData;
  readonly 'hold.closed': TraderPurchaseData;
  readonly 'limit.refused': TraderPurchaseData;
  readonly 'policy.applied': PolicyAppliedData;
  readonly 'policy.stale': PolicyStaleData;
  readonly 'certificate.expiring': CertificateExpiringData;
  readonly 'signal.applied': SignalAppliedData;
  readonly 'purchase.parked': TraderPurchaseData;
  readonly 'purchase.unparked': TraderPurchaseData;
}

export type EventType = keyof EventData;

export const EVENT_TYPES = [
  'TRADER_PURCHASE',
  'trader.account.confirmed',
  'offer.attempted',
  'hold.opened',
  'hold.closed',
  'limit.refused',
  'policy.applied',
  'policy.stale',
  'certificate.expiring',
  'signal.applied',
  'purchase.parked',
  'purchase.unparked',
] as const satisfies readonly EventType[];

export const EVENT_SCHEMA_VERSION = 1;

/** An event as it is signed: RFC 8785 text of exactly these members. `occurredAt` has milliseconds. */
export interface UnsignedEvent {
  readonly eventId: string;
  readonly type: EventType;
  readonly schemaVersion: typeof EVENT_SCHEMA_VERSION;
  readonly occurredAt: string;
  readonly wlId: string;
  readonly correlationId: string;
  readonly data: Json;
}

/** An event as it travels; the signature is a compact JWS with detached content. */
export interface SignedEvent extends UnsignedEvent {
  readonly signature: string;
}

/** What becomes of an event at the Control Plane; all three count as delivered. */
export const EVENT_RESULTS = ['ACCEPTED', 'DUPLICATE', 'QUARANTINED'] as const;
export type EventResult = (typeof EVENT_RESULTS)[number];

/** Why an event was refused and kept aside; `docs/telemetry.md` says what to do about each. */
export const QUARANTINE_REASONS = [
  'TOO_LARGE',
  'WL_MISMATCH',
  'TYPE_UNKNOWN',
  'CORRELATION_MISSING',
  'SCHEMA_INVALID',
  'TIME_IMPLAUSIBLE',
  'KEY_UNKNOWN',
  'SIGNATURE_INVALID',
] as const;
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

// A clock that is further ahead is wrong, not skewed.
const FUTURE_MAX_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
/** Ids of events are remembered for longer than this, so that no repeat is ever taken for new. */
export const EVENT_AGE_MAX_DAYS = 90;

/** True for an instant that an event received at `receivedAt` can honestly name. */
export function isPlausible(occurredAt: Date, receivedAt: Date): boolean {
  const ageMs = receivedAt.getTime() - occurredAt.getTime();
  return ageMs >= -FUTURE_MAX_MS && ageMs <= EVENT_AGE_MAX_DAYS * DAY_MS;
}

/** A key under which a WL signs, and while it did. */
export interface KeyPeriod {
  readonly registeredAt: Date;
  /** Absent while it is registered. */
  readonly replacedAt?: Date | undefined;
}

/**
 * True where the key vouches for the event: it was known when the event came in, and not yet
 * replaced when the event happened. What waited at the WL for its registration counts too.
 */
export function isKeyOfItsTime(
  { registeredAt, replacedAt }: KeyPeriod,
  event: { readonly occurredAt: Date; readonly receivedAt: Date },
): boolean {
  if (registeredAt > event.receivedAt) return false;
  return replacedAt === undefined || event.occurredAt <= replacedAt;
}
