import { sql, type Kysely } from 'kysely';
import { invariant } from '../../domain/shared/invariant.ts';
import { revisionWork, wlWorkflowId } from '../../domain/work/revision-orders.ts';
import type { Author, CpSchema, CpTransaction } from './schema.ts';
import type { RevisionKind } from './tables/revisions.ts';
import { orderWork } from './work-order.ts';

export interface RevisionOrder {
  /** The workflow's id, by the builders of domain/work/revision-orders. */
  readonly revision: string;
  readonly kind: RevisionKind;
  /** The change's audit row: a WL that reports it, or a later one, has applied the change. */
  readonly seq: bigint;
  /** WLs whose pulled document has changed. */
  readonly wlIds: readonly string[];
  readonly correlationId: string;
}

/**
 * Orders `policyRevision` in the transaction of the change, with a row for each WL that has to apply
 * it. Whoever commits kicks the ordered work afterwards. Where it concerns nobody, nothing is ordered.
 */
export async function orderRevision(tx: CpTransaction, order: RevisionOrder): Promise<void> {
  const { revision, kind, seq, wlIds, correlationId } = order;
  if (wlIds.length === 0) return;
  const rows = await tx
    .insertInto('revision_applied')
    .values(
      wlIds.map((wlId) => ({ revision, wl_id: wlId, kind, seq, correlation_id: correlationId })),
    )
    .returning('committed_at')
    .execute();
  const committedAt = rows[0]?.committed_at;
  invariant(committedAt !== undefined, 'an insert returns its rows');
  await orderWork(tx, revisionWork({ revision, wlIds, committedAt, correlationId }));
}

/** Name, endpoint and keys of a WL stand in its own document and in its partners'. */
export async function orderFacts(
  tx: CpTransaction,
  change: { readonly wlId: string; readonly seq: bigint; readonly author: Author },
): Promise<void> {
  const { wlId, seq, author } = change;
  const wlIds = [wlId, ...(await partnerIds(tx, wlId))];
  const { correlationId } = author;
  const revision = wlWorkflowId(wlId, seq);
  await orderRevision(tx, { revision, kind: 'WL', seq, wlIds, correlationId });
}

/** Every WL that can be told to pull. */
export async function reachableIds(db: Kysely<CpSchema> | CpTransaction): Promise<string[]> {
  const query = db.selectFrom('wl').select('id').where('peer_url', 'is not', null);
  return (await query.orderBy('id').execute()).map((row) => row.id);
}

/** Every WL that has a relationship with this one, and so shows facts of it to its buyers. */
export async function partnerIds(
  db: Kysely<CpSchema> | CpTransaction,
  wlId: string,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT dst AS id FROM relationship WHERE src = ${wlId}
     UNION SELECT src FROM relationship WHERE dst = ${wlId} ORDER BY id`.execute(db);
  return rows.map((row) => row.id);
}
