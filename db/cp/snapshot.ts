import { sql, type Kysely } from 'kysely';
import { inTransaction } from '../pool.ts';
import type { CpSchema, SnapshotKind } from './schema.ts';

export interface SnapshotItem {
  readonly id: string;
  readonly name: string;
  readonly activeOffers: number;
}

export interface SnapshotCounts {
  readonly items: number;
  readonly activeOffers: number;
  readonly syncedAt: Date;
}

/** Replaces the snapshot of one kind as a whole: what the exporter no longer lists is gone. */
export function replaceSnapshot(
  db: Kysely<CpSchema>,
  request: {
    readonly wlId: string;
    readonly kind: SnapshotKind;
    readonly items: readonly SnapshotItem[];
  },
): Promise<SnapshotCounts> {
  const { wlId, kind, items } = request;
  return inTransaction(db, async (tx) => {
    const columns = {
      items: items.length,
      active_offers: items.reduce((sum, item) => sum + item.activeOffers, 0),
    };
    const row = await tx
      .insertInto('snapshot')
      .values({ wl_id: wlId, kind, ...columns })
      .onConflict((conflict) =>
        conflict.columns(['wl_id', 'kind']).doUpdateSet({ ...columns, synced_at: sql`clock()` }),
      )
      .returning('synced_at')
      .executeTakeFirstOrThrow();
    await sql`DELETE FROM snapshot_item WHERE wl_id = ${wlId} AND kind = ${kind}`.execute(tx);
    await sql`INSERT INTO snapshot_item (wl_id, kind, item_id, name, active_offers)
      SELECT ${wlId}, ${kind}, * FROM unnest(
        ${items.map((item) => item.id)}::text[],
        ${items.map((item) => item.name)}::text[],
        ${items.map((item) => item.activeOffers)}::integer[])`.execute(tx);
    return {
      items: columns.items,
      activeOffers: columns.active_offers,
      syncedAt: row.synced_at,
    };
  });
}

/** By name; with the moment of the sync, absent before the first. */
export async function listSnapshot(
  db: Kysely<CpSchema>,
  page: {
    readonly wlId: string;
    readonly kind: SnapshotKind;
    readonly limit: number;
    readonly offset: number;
  },
): Promise<{ items: SnapshotItem[]; total: number; syncedAt: Date | null }> {
  const { wlId, kind } = page;
  const head = await db
    .selectFrom('snapshot')
    .select(['items', 'synced_at'])
    .where('wl_id', '=', wlId)
    .where('kind', '=', kind)
    .executeTakeFirst();
  const rows = await db
    .selectFrom('snapshot_item')
    .select(['item_id', 'name', 'active_offers'])
    .where('wl_id', '=', wlId)
    .where('kind', '=', kind)
    .orderBy('name')
    .orderBy('item_id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return {
    items: rows.map((row) => ({
      id: row.item_id,
      name: row.name,
      activeOffers: row.active_offers,
    })),
    total: head?.items ?? 0,
    syncedAt: head?.synced_at ?? null,
  };
}
