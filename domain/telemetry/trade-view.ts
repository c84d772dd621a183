import {
  contributionOf,
  type Contribution,
  type ReportedTrade,
} from '../imbalance/contribution.ts';
import type { TraderStatus } from '../purchase/hold.ts';
import type { PublicStatus } from '../purchase/trade.ts';
import { parseMinor } from '../shared/money.ts';
import type { EventType, TraderPurchaseData } from './events.ts';

/** What one side says of a trade: the document of its highest version. */
export interface SideView<Status extends string> {
  readonly version: number;
  readonly status: Status;
  readonly document: TraderPurchaseData;
  readonly eventId: string;
  readonly occurredAt: Date;
}

/** All that is known of one trade; the same events in any order, however often, give the same. */
export interface TradeView {
  readonly importer?: SideView<PublicStatus>;
  readonly exporter?: SideView<TraderStatus>;
  /** The importer's last word is that a person must look. */
  readonly parked: boolean;
  /** When the earliest thing told of it happened. */
  readonly startedAt: Date;
  /** When the buyer tried, by the importer. */
  readonly attemptedAt?: Date;
  /** When the exporter captured it. */
  readonly confirmedAt?: Date;
  /** From request to settled at the importer, and from hold to capture at the exporter. */
  readonly latencyMs?: number;
  readonly exporterLatencyMs?: number;
  /** A person at the exporter had to decide. */
  readonly neededApproval: boolean;
}

/** The types of events whose data is a trade's document (CONTRACTS.md, events). */
export const TRADE_EVENT_TYPES = [
  'TRADER_PURCHASE',
  'offer.attempted',
  'hold.opened',
  'hold.closed',
  'limit.refused',
  'purchase.parked',
  'purchase.unparked',
] as const satisfies readonly EventType[];
export type TradeEventType = (typeof TRADE_EVENT_TYPES)[number];

/** An event that tells of a trade, without who says it: the document names the role. */
export interface TradeEvent {
  readonly eventId: string;
  readonly type: TradeEventType;
  readonly occurredAt: Date;
  readonly data: TraderPurchaseData;
}

const IMPORTER_STATUSES: ReadonlySet<string> = new Set<PublicStatus>([
  'PENDING',
  'CONFIRMED',
  'REJECTED',
  'REVERSED',
]);
const EXPORTER_STATUSES: ReadonlySet<string> = new Set<TraderStatus>([
  'HELD',
  'PENDING',
  'CONFIRMED',
  'REJECTED',
  'CANCELLED',
  'REVERSED',
]);

/** What a database's integer holds; no honest version, revision or wait in ms comes near it. */
const INTEGER_MAX = 2_147_483_647;
// A parked purchase may wait for a person for months.
const WAIT_MAX_MS = 10 * 366 * 86_400_000;

/**
 * True where the document can be true: its status is one that its role can have, its numbers are in
 * reach. Another one tells nothing and is kept as evidence only.
 */
export function isTold(document: TraderPurchaseData): boolean {
  const { role, status, version, policyRevision, relationshipRevision, latencyMs } = document;
  const statuses = role === 'IMPORTER' ? IMPORTER_STATUSES : EXPORTER_STATUSES;
  const counters = [version, policyRevision, relationshipRevision];
  return (
    statuses.has(status) &&
    counters.every((counter) => counter <= INTEGER_MAX) &&
    latencyMs <= WAIT_MAX_MS
  );
}

/**
 * What is known of a trade after one more event. The highest version of a side wins; what happened
 * first (attempt, capture) is kept whatever was said later (CONTRACTS.md, events).
 */
export function tellTrade(known: TradeView | undefined, event: TradeEvent): TradeView {
  const { type, occurredAt, data } = event;
  const view: TradeView = known ?? { parked: false, neededApproval: false, startedAt: occurredAt };
  const told = { ...view, startedAt: earlier(view.startedAt, occurredAt) };
  if (data.role === 'EXPORTER') return tellByExporter(told, event);
  const side = sideOf<PublicStatus>(event);
  const isNews = isNewer(side, view.importer);
  return {
    ...told,
    ...(isNews && { importer: side, parked: type === 'purchase.parked' }),
    ...(type === 'offer.attempted' && { attemptedAt: earlier(view.attemptedAt, occurredAt) }),
    ...(side.status === 'CONFIRMED' && { latencyMs: less(view.latencyMs, data.latencyMs) }),
  };
}

function tellByExporter(view: TradeView, event: TradeEvent): TradeView {
  const side = sideOf<TraderStatus>(event);
  const { occurredAt, data } = event;
  return {
    ...view,
    ...(isNewer(side, view.exporter) && { exporter: side }),
    ...(side.status === 'PENDING' && { neededApproval: true }),
    ...(side.status === 'CONFIRMED' && {
      confirmedAt: earlier(view.confirmedAt, occurredAt),
      exporterLatencyMs: less(view.exporterLatencyMs, data.latencyMs),
    }),
  };
}

function sideOf<Status extends string>({
  eventId,
  occurredAt,
  data,
}: TradeEvent): SideView<Status> {
  const status = data.status as string as Status;
  return { version: data.version, status, document: data, eventId, occurredAt };
}

/** One version may come as two events; which of them is kept must not depend on their order. */
function isNewer(side: SideView<string>, known: SideView<string> | undefined): boolean {
  if (known === undefined) return true;
  if (side.version !== known.version) return side.version > known.version;
  return side.eventId < known.eventId;
}

function earlier(a: Date | undefined, b: Date): Date {
  return a !== undefined && a <= b ? a : b;
}

function less(a: number | undefined, b: number): number {
  return Math.min(a ?? INTEGER_MAX, b);
}

/** What both sides together say; PROVISIONAL is one side's CONFIRMED (CONTRACTS.md). */
export type TradeStatus = 'PENDING' | 'PROVISIONAL' | 'CONFIRMED' | 'REJECTED' | 'REVERSED';

/** The status of a trade for lists and rates. */
export function statusOf({ importer, exporter }: TradeView): TradeStatus {
  const said = [importer?.status, exporter?.status];
  if (said.includes('REVERSED')) return 'REVERSED';
  if (said.every((status) => status === 'CONFIRMED')) return 'CONFIRMED';
  if (said.includes('CONFIRMED')) return 'PROVISIONAL';
  // The buyer's marketplace has the last word on what the buyer was told.
  const decisive = importer?.status ?? exporter?.status;
  return decisive === 'REJECTED' || decisive === 'CANCELLED' ? 'REJECTED' : 'PENDING';
}

/** Why it was refused, by the importer's word, else by the exporter's. */
export function reasonOf({ importer, exporter }: TradeView): string | undefined {
  return importer?.document.reason ?? exporter?.document.reason;
}

/** What a trade adds to the balance, in minor units (`contributionOf`). */
export function contributionOfView({ importer, exporter }: TradeView): Contribution {
  return contributionOf({
    ...(importer !== undefined && {
      importer: {
        state: IMPORTER_STATE[importer.status],
        paidMinor: minorOf(importer.document.importedAmount),
      },
    }),
    ...(exporter !== undefined && {
      exporter: {
        state: EXPORTER_STATE[exporter.status],
        amountMinor: minorOf(exporter.document.amount),
      },
    }),
  });
}

const IMPORTER_STATE: Record<PublicStatus, NonNullable<ReportedTrade['importer']>['state']> = {
  PENDING: 'PENDING',
  CONFIRMED: 'CONFIRMED',
  REJECTED: 'CLOSED',
  REVERSED: 'CLOSED',
};

const EXPORTER_STATE: Record<TraderStatus, NonNullable<ReportedTrade['exporter']>['state']> = {
  HELD: 'OPEN',
  PENDING: 'OPEN',
  CONFIRMED: 'CAPTURED',
  REJECTED: 'CLOSED',
  CANCELLED: 'CLOSED',
  REVERSED: 'CLOSED',
};

/** What is no amount from zero up adds nothing: a side can't move the balance the other way. */
function minorOf(amount: string | undefined): bigint {
  const parsed = parseMinor(amount ?? '');
  return parsed.ok && parsed.value > 0n ? parsed.value : 0n;
}

export type Disagreement = 'STATUS' | 'AMOUNT' | 'REVISION';

/** For each status of the importer, those of the exporter that tell the same story. */
const AGREEING: Record<PublicStatus | 'UNHEARD', ReadonlySet<TraderStatus | 'UNHEARD'>> = {
  // Refusals and what was undone concern nobody else: run books try preflight and confirm alone.
  UNHEARD: new Set(['REJECTED', 'CANCELLED', 'REVERSED']),
  PENDING: new Set(['UNHEARD', 'HELD', 'PENDING']),
  CONFIRMED: new Set(['CONFIRMED']),
  // A refusal before or without the exporter leaves no row there.
  REJECTED: new Set(['UNHEARD', 'REJECTED', 'CANCELLED']),
  REVERSED: new Set(['REVERSED']),
};

/**
 * In what the two sides differ: status, and where both hold it for a sale also amount (or currency)
 * and the relationship's revision. For a while every trade differs; reconciliation asks how long.
 */
export function disagreementOf({ importer, exporter }: TradeView): Disagreement[] {
  const found: Disagreement[] = [];
  const agreeing = AGREEING[importer?.status ?? 'UNHEARD'];
  if (!agreeing.has(exporter?.status ?? 'UNHEARD')) found.push('STATUS');
  if (importer?.status !== 'CONFIRMED' || exporter?.status !== 'CONFIRMED') return found;
  const [a, b] = [importer.document, exporter.document];
  if (a.amount !== b.amount || a.currency !== b.currency) found.push('AMOUNT');
  if (a.relationshipRevision !== b.relationshipRevision) found.push('REVISION');
  return found;
}
