import { sql, type Kysely } from 'kysely';
import { inTransaction } from '../../pool.ts';
import { raiseNotification } from '../notification.ts';
import type { CpSchema, CpTransaction } from '../schema.ts';
import type { Json } from '../../../domain/shared/canonical.ts';
import { keyOf, keyText, type TradeKey, type TradeRow } from './row.ts';

/** Events of both sides are there long before; a relay that stood still has caught up by then. */
const DISAGREEMENT_SECONDS = 300;

export interface RaisedMismatch extends TradeKey {
  readonly disagreement: readonly string[];
}

/**
 * Raises up to `limit` trades whose sides have disagreed for five minutes without a break, each
 * with a notification that carries both documents. One that is raised already stays one.
 */
export function raiseMismatches(db: Kysely<CpSchema>, limit: number): Promise<RaisedMismatch[]> {
  return inTransaction(db, async (tx) => {
    const rows = await tx
      .selectFrom('trade')
      .selectAll()
      .where(
        'disagrees_since',
        '<=',
        sql<Date>`clock() - ${DISAGREEMENT_SECONDS}::integer * interval '1 second'`,
      )
      .where(
        sql<boolean>`NOT EXISTS (SELECT FROM trade_mismatch AS raised
          WHERE raised.resolved_at IS NULL
            AND (raised.importer, raised.exporter, raised.trade_id) =
                (trade.importer, trade.exporter, trade.trade_id))`,
      )
      .orderBy('disagrees_since')
      .limit(limit)
      // What an intake is changing right now is none of this run's business.
      .forNoKeyUpdate()
      .skipLocked()
      .execute();
    const raised: RaisedMismatch[] = [];
    for (const row of rows) {
      if (await raise(tx, row)) raised.push({ ...keyOf(row), disagreement: row.disagreement });
    }
    return raised;
  });
}

/** False where a run beside this one was first. */
async function raise(tx: CpTransaction, row: TradeRow): Promise<boolean> {
  const key = keyOf(row);
  const { importer_document: importer, exporter_document: exporter, disagreement } = row;
  const made = await tx
    .insertInto('trade_mismatch')
    .values({
      ...{ importer: row.importer, exporter: row.exporter, trade_id: row.trade_id, disagreement },
      importer_document: importer === null ? null : JSON.stringify(importer),
      exporter_document: exporter === null ? null : JSON.stringify(exporter),
      since: row.disagrees_since ?? row.updated_at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (made === undefined) return false;
  await raiseNotification(tx, {
    kind: 'MISMATCH',
    // Under a change of terms both sides may rightly have sold under different revisions.
    severity: disagreement.every((field) => field === 'REVISION') ? 'INFO' : 'WARNING',
    dedupeKey: `mismatch/${made.id}`,
    title: `Two white labels disagree on the ${disagreement.join(' and ').toLowerCase()} of a trade`,
    subject: `trade/${keyText(key)}`,
    // Documents hold ids, amounts and masked forms only.
    details: {
      ...key,
      disagreement,
      importerDocument: importer as Json,
      exporterDocument: exporter as Json,
    },
    correlationId: `mismatch-${made.id}`,
  });
  return true;
}
