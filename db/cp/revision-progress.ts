import { sql, type Kysely } from 'kysely';
import { inTransaction } from '../pool.ts';
import { raiseNotification } from './notification.ts';
import type { CpSchema } from './schema.ts';

export interface RevisionReach {
  readonly wlId: string;
  /** A WL without an endpoint runs nowhere yet: its first pull brings everything. */
  readonly connected: boolean;
  /** Milliseconds from the commit to the report; undefined while there is none. */
  readonly driftMs: number | undefined;
}

/** Who has to apply a revision and who has, in the order of their ids. */
export async function revisionReach(
  db: Kysely<CpSchema>,
  revision: string,
): Promise<RevisionReach[]> {
  const rows = await db
    .selectFrom('revision_applied')
    .innerJoin('wl', 'wl.id', 'revision_applied.wl_id')
    .select(['wl_id', 'drift_ms', 'peer_url'])
    .where('revision', '=', revision)
    .orderBy('wl_id')
    .execute();
  return rows.map((row) => ({
    wlId: row.wl_id,
    connected: row.peer_url !== null,
    driftMs: row.drift_ms === null ? undefined : Number(row.drift_ms),
  }));
}

/**
 * Tells people of every connected WL that has not applied a revision, once: a WL that is late with
 * another revision already gets no second notification. Returns those that are late.
 */
export async function markStale(db: Kysely<CpSchema>, revision: string): Promise<string[]> {
  const late = await db
    .selectFrom('revision_applied')
    .innerJoin('wl', 'wl.id', 'revision_applied.wl_id')
    .select('wl_id')
    .where('revision', '=', revision)
    .where('applied_at', 'is', null)
    .where('peer_url', 'is not', null)
    .orderBy('wl_id')
    .execute();
  for (const { wl_id: wlId } of late) await markOneStale(db, revision, wlId);
  return late.map((row) => row.wl_id);
}

function markOneStale(db: Kysely<CpSchema>, revision: string, wlId: string): Promise<void> {
  return inTransaction(db, async (tx) => {
    // The WL's row serialises revisions that become late in the same moment.
    await sql`SELECT 1 FROM wl WHERE id = ${wlId} FOR NO KEY UPDATE`.execute(tx);
    const known = await tx
      .selectFrom('revision_applied')
      .select('revision')
      .where('wl_id', '=', wlId)
      .where('applied_at', 'is', null)
      .where('stale_at', 'is not', null)
      .limit(1)
      .executeTakeFirst();
    const row = await tx
      .updateTable('revision_applied')
      .set({ stale_at: sql<Date>`clock()` })
      .where('revision', '=', revision)
      .where('wl_id', '=', wlId)
      .where('applied_at', 'is', null)
      .where('stale_at', 'is', null)
      .returning(['kind', 'committed_at', 'correlation_id'])
      .executeTakeFirst();
    if (row === undefined || known !== undefined) return;
    await raiseNotification(tx, {
      kind: 'STALE_POLICY',
      severity: 'CRITICAL',
      dedupeKey: `stale-policy/${wlId}/${revision}`,
      title: 'A white label has not applied a committed revision',
      subject: `wl/${wlId}`,
      details: {
        ...{ wlId, revision },
        kind: row.kind,
        committedAt: row.committed_at.toISOString(),
      },
      correlationId: row.correlation_id,
    });
  });
}

/** Seconds since the oldest revision was committed that a connected WL has not applied; 0: none. */
export async function oldestUnapplied(db: Kysely<CpSchema>): Promise<number> {
  const { rows } = await sql<{ seconds: string | null }>`
    SELECT extract(epoch FROM clock() - min(committed_at)) AS seconds
      FROM revision_applied JOIN wl ON wl.id = wl_id
     WHERE applied_at IS NULL AND peer_url IS NOT NULL`.execute(db);
  return Math.max(0, Number(rows[0]?.seconds ?? 0));
}
