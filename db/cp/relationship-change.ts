import { sql, type Kysely, type Selectable } from 'kysely';
import {
  changedFields,
  hasOrderedThresholds,
  DEFAULT_RELATIONSHIP,
  needsRiskRole,
  needsSecondPerson,
  patchRelationship,
  type RelationshipPatch,
  type RelationshipTerms,
} from '../../domain/policy/governance.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import { asJson } from './json.ts';
import { evaluatePair, lockPair } from './pair.ts';
import {
  lockRelationship,
  writeRelationship,
  type Pair,
  type StoredRelationship,
} from './relationship.ts';
import type {
  Author,
  ChangeLabels,
  ChangeState,
  CpSchema,
  CpTransaction,
  RelationshipChangeTable,
} from './schema.ts';

export interface RelationshipChange {
  readonly pair: Pair;
  readonly patch: RelationshipPatch;
  readonly labels: ChangeLabels;
  readonly author: Author;
  readonly mayMoveRisk: boolean;
  /** The revision that the caller has seen; another one refuses the change. */
  readonly ifRevision?: number | undefined;
  /** Id of the queue entry, where the change needs a second person. */
  readonly changeId: string;
}

export type RelationshipOutcome =
  | {
      readonly kind: 'created' | 'revised' | 'unchanged';
      readonly relationship: StoredRelationship;
    }
  | { readonly kind: 'queued'; readonly change: PendingChange };

export type RelationshipRefusal =
  'NOT_FOUND' | 'PRECONDITION_FAILED' | 'FORBIDDEN' | 'INCOMPLETE' | 'THRESHOLDS';

/**
 * Creates or changes a relationship: one revision and one audit row, a queue entry where another
 * person has to confirm, or nothing where nothing differs. INCOMPLETE: a new one lacks its rate or
 * limit. THRESHOLDS: they are not in order.
 */
export function putRelationship(
  db: Kysely<CpSchema>,
  change: RelationshipChange,
): Promise<Result<RelationshipOutcome, RelationshipRefusal>> {
  return inTransaction(
    db,
    async (tx): Promise<Result<RelationshipOutcome, RelationshipRefusal>> => {
      if (!(await lockBoth(tx, change.pair))) return refuse('NOT_FOUND');
      const current = await lockRelationship(tx, change.pair);
      if (change.ifRevision !== undefined && change.ifRevision !== current?.revision) {
        return refuse('PRECONDITION_FAILED');
      }
      const terms = termsAfter(current?.terms, change.patch);
      if (terms === undefined) return refuse('INCOMPLETE');
      if (!hasOrderedThresholds(terms.thresholds)) return refuse('THRESHOLDS');
      const changed = changedFields(current?.terms, terms);
      if (current !== undefined && changed.length === 0) {
        return ok({ kind: 'unchanged', relationship: current });
      }
      if (needsSecondPerson(current?.terms, changed) && current !== undefined) {
        if (needsRiskRole(changed) && !change.mayMoveRisk) return refuse('FORBIDDEN');
        return ok({
          kind: 'queued',
          change: await proposeChange(tx, current, { ...change, changed }),
        });
      }
      if (needsRiskRole(changed) && !change.mayMoveRisk) return refuse('FORBIDDEN');
      const relationship = await writeAndJudge(tx, { ...change, terms, before: current });
      return ok({ kind: current === undefined ? 'created' : 'revised', relationship });
    },
  );
}

/** A change of a relationship that waits for a second person, or did. */
export interface PendingChange {
  readonly id: string;
  readonly src: string;
  readonly dst: string;
  readonly baseRevision: number;
  readonly patch: RelationshipPatch;
  readonly state: ChangeState;
  readonly updatedBy: string;
  readonly updatedSource: string;
  readonly proposedBy: string;
  readonly proposedAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
}

/** Queues a change, with its audit row, in the transaction that has the relationship locked. */
async function proposeChange(
  tx: CpTransaction,
  current: StoredRelationship,
  change: RelationshipChange & { readonly changed: readonly string[] },
): Promise<PendingChange> {
  const { pair, patch, labels, author, changed, changeId } = change;
  const row = await tx
    .insertInto('relationship_change')
    .values({
      id: changeId,
      src: pair.src,
      dst: pair.dst,
      base_revision: current.revision,
      patch: JSON.stringify(patch),
      // Switching fourEyes off is confirmed by a risk officer too: it opens the way to the rest.
      needs_risk: needsRiskRole(changed) || changed.includes('fourEyes'),
      updated_by: labels.updatedBy,
      updated_source: labels.updatedSource,
      proposed_by: author.actor,
    })
    .returningAll()
    .executeTakeFirst();
  invariant(row !== undefined, 'an insert returns its row');
  await appendAudit(tx, {
    ...author,
    action: 'relationship.change.proposed',
    subject: `relationship/${pair.src}/${pair.dst}`,
    before: { revision: current.revision },
    after: asJson({ changeId, patch, ...labels }),
  });
  return changeOf(row);
}

export type ConfirmRefusal = 'NOT_FOUND' | 'SAME_PERSON' | 'FORBIDDEN' | 'CONFLICT';

/**
 * Applies a queued change on another person's word: one revision and one audit row. CONFLICT: it
 * was confirmed already, or the relationship has moved on since and the change is stale.
 */
export function confirmChange(
  db: Kysely<CpSchema>,
  request: { readonly id: string; readonly author: Author; readonly mayMoveRisk: boolean },
): Promise<Result<StoredRelationship, ConfirmRefusal>> {
  const { id, author } = request;
  return inTransaction(db, async (tx): Promise<Result<StoredRelationship, ConfirmRefusal>> => {
    const query = tx.selectFrom('relationship_change').selectAll().where('id', '=', id);
    const change = await query.forNoKeyUpdate().executeTakeFirst();
    if (change === undefined) return refuse('NOT_FOUND');
    if (change.proposed_by === author.actor) return refuse('SAME_PERSON');
    if (change.needs_risk && !request.mayMoveRisk) return refuse('FORBIDDEN');
    if (change.state !== 'PENDING') return refuse('CONFLICT');
    const current = await lockRelationship(tx, change);
    invariant(current !== undefined, 'a relationship is never removed');
    const stale = current.revision !== change.base_revision;
    await decide(tx, id, stale ? 'STALE' : 'CONFIRMED', author.actor);
    if (stale) return refuse('CONFLICT');
    const terms = termsAfter(current.terms, change.patch as RelationshipPatch);
    invariant(terms !== undefined, 'a patch of an existing relationship is complete');
    invariant(changedFields(current.terms, terms).length > 0, 'a queued change changes something');
    const labels = { updatedBy: change.updated_by, updatedSource: change.updated_source };
    const proposal = { changeId: id, proposedBy: change.proposed_by };
    const written = { pair: change, terms, labels, author, before: current, proposal };
    return ok(await writeAndJudge(tx, written));
  });
}

/**
 * Writes the revision and judges the pair by its new limit at once (RULES.md 3). The pair's row is
 * locked before the audit's head: intakes lock in that order too.
 */
async function writeAndJudge(
  tx: CpTransaction,
  change: Parameters<typeof writeRelationship>[1],
): Promise<StoredRelationship> {
  const { pair, author } = change;
  await lockPair(tx, pair);
  const relationship = await writeRelationship(tx, change);
  await evaluatePair(tx, pair, { author, at: relationship.updatedAt });
  return relationship;
}

export async function listChanges(
  db: Kysely<CpSchema>,
  page: {
    readonly limit: number;
    readonly offset: number;
    readonly state?: ChangeState | undefined;
  },
): Promise<{ items: PendingChange[]; total: number }> {
  let query = db.selectFrom('relationship_change');
  if (page.state !== undefined) query = query.where('state', '=', page.state);
  const { total } = await query
    .select((select) => select.fn.countAll<bigint>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await query
    .selectAll()
    .orderBy('proposed_at', 'desc')
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return { items: rows.map(changeOf), total: Number(total) };
}

async function decide(
  tx: CpTransaction,
  id: string,
  state: ChangeState,
  decidedBy: string,
): Promise<void> {
  await tx
    .updateTable('relationship_change')
    .set({ state, decided_by: decidedBy, decided_at: sql<Date>`clock()` })
    .where('id', '=', id)
    .execute();
}

/** The terms after a patch; undefined where a new relationship lacks its rate or limit. */
function termsAfter(
  current: RelationshipTerms | undefined,
  patch: RelationshipPatch,
): RelationshipTerms | undefined {
  if (current !== undefined) return patchRelationship(current, patch);
  const { fxRate, limitAmount } = patch;
  if (fxRate === undefined || limitAmount === undefined) return undefined;
  return patchRelationship(DEFAULT_RELATIONSHIP, { ...patch, fxRate, limitAmount });
}

/** The exporter's row serialises all changes of its relationships, so that creating is no race. */
async function lockBoth(tx: CpTransaction, { src, dst }: Pair): Promise<boolean> {
  const exporter = await tx
    .selectFrom('wl')
    .select('id')
    .where('id', '=', src)
    .forNoKeyUpdate()
    .executeTakeFirst();
  const importer = await tx.selectFrom('wl').select('id').where('id', '=', dst).executeTakeFirst();
  return exporter !== undefined && importer !== undefined;
}

function changeOf(row: Selectable<RelationshipChangeTable>): PendingChange {
  return {
    id: row.id,
    src: row.src,
    dst: row.dst,
    baseRevision: row.base_revision,
    patch: row.patch as RelationshipPatch,
    state: row.state,
    updatedBy: row.updated_by,
    updatedSource: row.updated_source,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
  };
}
