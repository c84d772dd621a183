import { sql } from 'kysely';
import { NO_CONTRIBUTION, type Contribution } from '../../../domain/imbalance/contribution.ts';
import type { TraderPurchaseData } from '../../../domain/telemetry/events.ts';
import {
  contributionOfView,
  isTold,
  tellTrade,
  type TradeEvent,
  type TradeView,
} from '../../../domain/telemetry/trade-view.ts';
import { rowsJson } from '../json.ts';
import { closeNotifications, raiseNotification } from '../notification.ts';
import { evaluatePair, lockPairs, movePairRow, type PairMove, type PairRow } from '../pair.ts';
import type { Pair } from '../relationship.ts';
import type { CpTransaction } from '../schema.ts';
import { columnsOf, keyOf, keyText, viewOf, type TradeKey, type TradeRow } from './row.ts';
import { findStale } from './stale.ts';

/** An event about a trade, with the WL whose key signed it. */
export interface ToldTrade extends TradeEvent {
  readonly wlId: string;
  readonly correlationId: string;
}

/** One trade of the batch: as it was, and as it is after the batch's events. */
interface Change {
  readonly key: TradeKey;
  readonly before: TradeRow | undefined;
  view: TradeView;
  /** The batch's last event of it, which the balance's move is dated by. */
  last: ToldTrade;
}

/**
 * Applies what a batch of events tells of trades: the projection and the balance with it, in the
 * intake's transaction. A WL speaks only for its own role: the row's key is made of who it is. All
 * pairs of the batch are locked first, in one order, then the trades; nothing is read one by one.
 */
export async function applyTradeEvents(
  tx: CpTransaction,
  events: readonly ToldTrade[],
): Promise<void> {
  const told = events.filter((event) => isTold(event.data) && !isOwnPartner(event));
  if (told.length === 0) return;
  const keys = distinctKeys(told);
  const pairs = await lockPairs(tx, keys.flatMap(pairsOf));
  await lockStrangers(tx, keys, pairs);
  const changes = fold(told, await lockTrades(tx, keys));
  const moves = countMoves(changes, pairs);
  await writeTrades(tx, changes, { moves, stale: await findStale(tx, changes) });
  await clearMismatches(tx, changes);
  for (const change of changes) await tellOfParking(tx, change);
  await moveBalance(tx, pairs, moves);
}

function isOwnPartner({ wlId, data }: ToldTrade): boolean {
  return data.counterpartWlId.toLowerCase() === wlId;
}

function keyOfEvent({ wlId, data }: ToldTrade): TradeKey {
  const counterpart = data.counterpartWlId.toLowerCase();
  const { tradeId } = data;
  return data.role === 'IMPORTER'
    ? { importer: wlId, exporter: counterpart, tradeId }
    : { importer: counterpart, exporter: wlId, tradeId };
}

function distinctKeys(told: readonly ToldTrade[]): TradeKey[] {
  const keys = new Map(told.map(keyOfEvent).map((key) => [keyText(key), key]));
  return [...keys.values()];
}

/** A sale counts for the seller's pair, and against the buyer's own. */
function pairsOf({ importer, exporter }: TradeKey): [Pair, Pair] {
  return [
    { src: exporter, dst: importer },
    { src: importer, dst: exporter },
  ];
}

function pairText({ src, dst }: Pair): string {
  return `${src}/${dst}`;
}

/** Between strangers there is no pair's row to wait at: two intakes of one trade take turns here. */
async function lockStrangers(
  tx: CpTransaction,
  keys: readonly TradeKey[],
  pairs: readonly PairRow[],
): Promise<void> {
  const known = new Set(pairs.map(pairText));
  const names = keys.map((key) => pairText(pairsOf(key)[0])).filter((name) => !known.has(name));
  for (const name of [...new Set(names)].toSorted()) {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx);
  }
}

async function lockTrades(
  tx: CpTransaction,
  keys: readonly TradeKey[],
): Promise<Map<string, TradeRow>> {
  const rows = await tx
    .selectFrom('trade')
    .selectAll()
    .where(
      sql<boolean>`(importer, exporter, trade_id) IN (
        SELECT * FROM unnest(${keys.map(({ importer }) => importer)}::uuid[],
          ${keys.map(({ exporter }) => exporter)}::uuid[],
          ${keys.map(({ tradeId }) => tradeId)}::text[]))`,
    )
    .orderBy('importer')
    .orderBy('exporter')
    .orderBy('trade_id')
    .forNoKeyUpdate()
    .execute();
  return new Map(rows.map((row) => [keyText(keyOf(row)), row]));
}

function fold(told: readonly ToldTrade[], rows: ReadonlyMap<string, TradeRow>): Change[] {
  const changes = new Map<string, Change>();
  for (const event of told) {
    const key = keyOfEvent(event);
    const name = keyText(key);
    const change = changes.get(name);
    const before = rows.get(name);
    if (change === undefined) {
      const view = tellTrade(before && viewOf(before), event);
      changes.set(name, { key, before, view, last: event });
    } else {
      change.view = tellTrade(change.view, event);
      change.last = event;
    }
  }
  return [...changes.values()];
}

/** What the batch moves, by pair; a trade between strangers moves nothing and counts nothing. */
interface Moves {
  readonly byPair: ReadonlyMap<string, readonly { move: PairMove; change: Change }[]>;
  readonly counted: ReadonlyMap<Change, Contribution>;
}

function countMoves(changes: readonly Change[], pairs: readonly PairRow[]): Moves {
  const byPair = new Map(
    pairs.map((pair) => [pairText(pair), [] as { move: PairMove; change: Change }[]]),
  );
  const counted = new Map<Change, Contribution>();
  for (const change of changes) {
    const { key, before, view, last } = change;
    const was = countedOf(before);
    const [sale, purchase] = pairsOf(key).map((pair) => byPair.get(pairText(pair)));
    // Both rows are there or neither: partners in one direction have both pairs.
    const is = sale === undefined ? was : contributionOfView(view);
    counted.set(change, is);
    const exported = { exports: is.exports - was.exports, reserved: is.reserved - was.reserved };
    const imported = { imports: is.imports - was.imports };
    const at = { reference: key.tradeId, at: last.occurredAt };
    if (exported.exports !== 0n || exported.reserved !== 0n) {
      sale?.push({ change, move: { ...at, kind: 'EXPORT', deltas: exported } });
    }
    if (imported.imports !== 0n) {
      purchase?.push({ change, move: { ...at, kind: 'IMPORT', deltas: imported } });
    }
  }
  return { byPair, counted };
}

function countedOf(row: TradeRow | undefined): Contribution {
  if (row === undefined) return NO_CONTRIBUTION;
  return {
    exports: row.counted_exports_minor,
    reserved: row.counted_reserved_minor,
    imports: row.counted_imports_minor,
  };
}

/** One statement for the whole batch; `disagrees_since` runs on while the sides go on differing. */
async function writeTrades(
  tx: CpTransaction,
  changes: readonly Change[],
  { moves, stale }: { readonly moves: Moves; readonly stale: ReadonlySet<Change> },
): Promise<void> {
  const rows = changes.map((change) => {
    const { importer, exporter, tradeId } = change.key;
    const counted = moves.counted.get(change) ?? NO_CONTRIBUTION;
    return {
      ...{ importer, exporter, trade_id: tradeId },
      ...columnsOf(change.view),
      decided_on_stale: stale.has(change),
      counted_exports_minor: counted.exports,
      counted_imports_minor: counted.imports,
      counted_reserved_minor: counted.reserved,
    };
  });
  const columns = Object.keys(rows[0] ?? {});
  const names = sql.join(columns.map((name) => sql.ref(name)));
  const updates = sql.join(
    columns.map((name) => sql`${sql.ref(name)} = excluded.${sql.ref(name)}`),
  );
  await sql`
    INSERT INTO trade (${names}, disagrees_since)
    SELECT ${names}, CASE WHEN disagreement <> '{}' THEN clock() END
      FROM jsonb_populate_recordset(NULL::trade, ${rowsJson(rows)}::jsonb)
     ORDER BY importer, exporter, trade_id
    ON CONFLICT (importer, exporter, trade_id) DO UPDATE SET ${updates}, updated_at = clock(),
       disagrees_since = CASE WHEN excluded.disagreement <> '{}'
                              THEN coalesce(trade.disagrees_since, excluded.disagrees_since) END
  `.execute(tx);
}

/** The sides agree again: what had been raised about it is over. */
async function clearMismatches(tx: CpTransaction, changes: readonly Change[]): Promise<void> {
  const differed = changes.filter(({ before }) => (before?.disagreement.length ?? 0) > 0);
  if (differed.length === 0) return;
  const { rows } = await sql<{ id: string }>`
    UPDATE trade_mismatch SET resolved_at = clock()
      FROM trade
     WHERE trade_mismatch.resolved_at IS NULL AND trade.disagrees_since IS NULL
       AND (trade.importer, trade.exporter, trade.trade_id) =
           (trade_mismatch.importer, trade_mismatch.exporter, trade_mismatch.trade_id)
       AND (trade.importer, trade.exporter, trade.trade_id) IN (
           SELECT * FROM unnest(${differed.map(({ key }) => key.importer)}::uuid[],
             ${differed.map(({ key }) => key.exporter)}::uuid[],
             ${differed.map(({ key }) => key.tradeId)}::text[]))
    RETURNING trade_mismatch.id`.execute(tx);
  for (const { id } of rows) {
    await closeNotifications(tx, { kind: 'MISMATCH', dedupeKey: `mismatch/${id}` });
  }
}

async function tellOfParking(
  tx: CpTransaction,
  { key, before, view, last }: Change,
): Promise<void> {
  const { importer } = view;
  const subject = `trade/${keyText(key)}`;
  if (before?.parked === true && !view.parked) {
    await closeNotifications(tx, { kind: 'NEEDS_ATTENTION', subject });
  }
  if (!view.parked || importer === undefined) return;
  await raiseNotification(tx, {
    kind: 'NEEDS_ATTENTION',
    severity: 'WARNING',
    dedupeKey: `parked/${keyText(key)}/${importer.version}`,
    title: 'A purchase needs a person to look at it',
    subject,
    details: {
      ...{ ...key, ...summaryOf(importer.document) },
      reason: importer.document.parkedReason ?? null,
    },
    correlationId: last.correlationId,
  });
}

/** What a notification says of a trade: ids, amounts and the offer's name. */
export function summaryOf({ quantity, amount, currency, offer, version }: TraderPurchaseData) {
  return { version, quantity, amount, currency, offerId: offer.id, offerTitle: offer.title };
}

/** Moves each pair once, in the order in which they were locked, and judges those that moved. */
async function moveBalance(
  tx: CpTransaction,
  pairs: readonly PairRow[],
  { byPair }: Moves,
): Promise<void> {
  for (const pair of pairs) {
    const moves = byPair.get(pairText(pair)) ?? [];
    const [latest] = moves.toSorted((a, b) => b.move.at.getTime() - a.move.at.getTime());
    if (latest === undefined) continue;
    await movePairRow(
      tx,
      pair,
      moves.map(({ move }) => move),
    );
    const { correlationId } = latest.change.last;
    const author = { actor: 'control-plane', source: 'telemetry', correlationId };
    await evaluatePair(tx, pair, { author, at: latest.move.at });
  }
}
