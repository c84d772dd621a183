import type { Kysely } from 'kysely';
import type { EvidenceParts } from '../../../domain/audit/evidence.ts';
import type { CpSchema } from '../schema.ts';
import {
  readEventKeys,
  readEvents,
  readMoves,
  readSignals,
  readSigningKeys,
  readTokens,
  type TradeKey,
  type Window,
} from './parts.ts';
import { readRevisions, readSegments, type SignHead } from './revisions.ts';

export type { TradeKey } from './parts.ts';

/** The trades of that id; two importers may use the same one. */
export async function tradesOfId(db: Kysely<CpSchema>, tradeId: string): Promise<TradeKey[]> {
  const rows = await db
    .selectFrom('trade')
    .select(['importer', 'exporter'])
    .where('trade_id', '=', tradeId)
    .orderBy('importer')
    .orderBy('exporter')
    .execute();
  return rows.map((row) => ({ ...row, tradeId }));
}

/** Everything that is known of a trade. All of it is only ever added to, so no snapshot is needed. */
export async function collectEvidence(
  db: Kysely<CpSchema>,
  trade: TradeKey,
  sign: SignHead,
): Promise<EvidenceParts> {
  const wlIds = [trade.importer, trade.exporter];
  const events = await readEvents(db, trade);
  const revisions = await readRevisions(db, trade, events);
  const window = windowOf(events);
  return {
    events,
    eventKeys: await readEventKeys(db, wlIds),
    signingKeys: await readSigningKeys(db, wlIds),
    revisions,
    audit: await readSegments(db, revisions, sign),
    tokens: await readTokens(db, wlIds, window),
    signals: await readSignals(db, wlIds, window),
    balance: await readMoves(db, trade, window),
  };
}

function windowOf(events: EvidenceParts['events']): Window {
  const times = events.flatMap(({ event, receivedAt }) => [
    Date.parse(event.occurredAt),
    Date.parse(receivedAt),
  ]);
  // Events that retention has dropped leave nothing to look around.
  if (times.length === 0) return { from: new Date(0), until: new Date(0) };
  return { from: new Date(Math.min(...times)), until: new Date(Math.max(...times)) };
}
