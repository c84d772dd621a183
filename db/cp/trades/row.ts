import type { Selectable } from 'kysely';
import { invariant } from '../../../domain/shared/invariant.ts';
import type { TraderPurchaseData } from '../../../domain/telemetry/events.ts';
import {
  disagreementOf,
  reasonOf,
  statusOf,
  type SideView,
  type TradeView,
} from '../../../domain/telemetry/trade-view.ts';
import type { TradeTable } from '../tables/trades.ts';

export type TradeRow = Selectable<TradeTable>;

/** Names one trade at the Control Plane: two importers may use one id. */
export interface TradeKey {
  readonly importer: string;
  readonly exporter: string;
  readonly tradeId: string;
}

export function keyText({ importer, exporter, tradeId }: TradeKey): string {
  return `${importer}/${exporter}/${tradeId}`;
}

export function keyOf(row: Pick<TradeRow, 'importer' | 'exporter' | 'trade_id'>): TradeKey {
  return { importer: row.importer, exporter: row.exporter, tradeId: row.trade_id };
}

/** A stored row as the rules of `domain/telemetry` see it. */
export function viewOf(row: TradeRow): TradeView {
  const importer = sideOf(row.importer_version, {
    status: row.importer_status,
    document: row.importer_document,
    eventId: row.importer_event_id,
    occurredAt: row.importer_occurred_at,
  });
  const exporter = sideOf(row.exporter_version, {
    status: row.exporter_status,
    document: row.exporter_document,
    eventId: row.exporter_event_id,
    occurredAt: row.exporter_occurred_at,
  });
  return {
    ...(importer !== undefined && { importer }),
    ...(exporter !== undefined && { exporter }),
    parked: row.parked,
    startedAt: row.started_at,
    ...(row.attempted_at !== null && { attemptedAt: row.attempted_at }),
    ...(row.confirmed_at !== null && { confirmedAt: row.confirmed_at }),
    ...(row.latency_ms !== null && { latencyMs: row.latency_ms }),
    ...(row.exporter_latency_ms !== null && { exporterLatencyMs: row.exporter_latency_ms }),
    neededApproval: row.needed_approval,
  };
}

interface StoredSide<Status> {
  readonly status: Status | null;
  readonly document: unknown;
  readonly eventId: string | null;
  readonly occurredAt: Date | null;
}

function sideOf<Status extends string>(
  version: number | null,
  { status, document, eventId, occurredAt }: StoredSide<Status>,
): SideView<Status> | undefined {
  if (version === null) return undefined;
  invariant(
    status !== null && eventId !== null && occurredAt !== null,
    'what a side said is stored whole',
  );
  // Written by this module from an event whose schema the intake has checked.
  return { version, status, document: document as TraderPurchaseData, eventId, occurredAt };
}

/** The columns that follow from what is known; counters and stamps are the writer's. */
export function columnsOf(view: TradeView) {
  const { importer, exporter } = view;
  return {
    importer_version: importer?.version ?? null,
    importer_status: importer?.status ?? null,
    importer_document: importer?.document ?? null,
    importer_event_id: importer?.eventId ?? null,
    importer_occurred_at: importer?.occurredAt ?? null,
    exporter_version: exporter?.version ?? null,
    exporter_status: exporter?.status ?? null,
    exporter_document: exporter?.document ?? null,
    exporter_event_id: exporter?.eventId ?? null,
    exporter_occurred_at: exporter?.occurredAt ?? null,
    status: statusOf(view),
    reason: reasonOf(view) ?? null,
    parked: view.parked,
    search: searchText(view),
    disagreement: disagreementOf(view),
    attempted_at: view.attemptedAt ?? null,
    confirmed_at: view.confirmedAt ?? null,
    latency_ms: view.latencyMs ?? null,
    exporter_latency_ms: view.exporterLatencyMs ?? null,
    needed_approval: view.neededApproval,
    started_at: view.startedAt,
  };
}

/** What a person would type to find a trade, in lower case; nothing in it is unmasked. */
function searchText({ importer, exporter }: TradeView): string {
  const said = [importer?.document, exporter?.document].flatMap((document) =>
    document === undefined
      ? []
      : [
          document.tradeId,
          document.holdId ?? '',
          document.offer.id,
          document.offer.title,
          document.sellerName,
          document.buyerMasked,
          document.parkedReason ?? '',
        ],
  );
  return [...new Set(said)].join('\n').toLowerCase();
}
