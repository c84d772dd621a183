import { sql, type Kysely, type Selectable } from 'kysely';
import {
  changedFields,
  patchPolicy,
  type PolicyPatch,
  type PolicyTerms,
} from '../../domain/policy/governance.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { policyWorkflowId } from '../../domain/work/revision-orders.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import { asJson } from './json.ts';
import { orderRevision } from './revision-order.ts';
import { describeRevisions, nextRevision, type Revision } from './revision.ts';
import type { Author, ChangeLabels, CpSchema, CpTransaction, WlPolicyTable } from './schema.ts';

export interface StoredPolicy {
  readonly wlId: string;
  readonly revision: number;
  readonly terms: PolicyTerms;
  readonly updatedBy: string;
  readonly updatedSource: string;
  readonly updatedAt: Date;
  readonly changeSeq: bigint;
}

export interface PolicyChange {
  readonly wlId: string;
  readonly patch: PolicyPatch;
  readonly labels: ChangeLabels;
  readonly author: Author;
  /** The revision that the caller has seen; another one refuses the change. */
  readonly ifRevision?: number | undefined;
}

export interface PolicyOutcome {
  readonly policy: StoredPolicy;
  readonly changed: boolean;
}

/** Changes a policy: one revision and one audit row, or nothing where nothing differs. */
export function putPolicy(
  db: Kysely<CpSchema>,
  change: PolicyChange,
): Promise<Result<PolicyOutcome, 'NOT_FOUND' | 'PRECONDITION_FAILED'>> {
  return inTransaction(db, async (tx) => {
    const current = await lockPolicy(tx, change.wlId);
    if (current === undefined) return refuse('NOT_FOUND');
    if (change.ifRevision !== undefined && change.ifRevision !== current.revision) {
      return refuse('PRECONDITION_FAILED');
    }
    return ok(await revisePolicy(tx, current, change));
  });
}

export async function readPolicy(
  db: Kysely<CpSchema>,
  wlId: string,
): Promise<StoredPolicy | undefined> {
  const query = db.selectFrom('wl_policy').selectAll().where('wl_id', '=', wlId);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : policyOf(row);
}

export async function lockPolicy(
  tx: CpTransaction,
  wlId: string,
): Promise<StoredPolicy | undefined> {
  const query = tx.selectFrom('wl_policy').selectAll().where('wl_id', '=', wlId);
  const row = await query.forNoKeyUpdate().executeTakeFirst();
  return row === undefined ? undefined : policyOf(row);
}

/** Writes the next revision of a policy whose row is locked, if the patch changes anything. */
export async function revisePolicy(
  tx: CpTransaction,
  current: StoredPolicy,
  { patch, labels, author }: Pick<PolicyChange, 'patch' | 'labels' | 'author'>,
): Promise<PolicyOutcome> {
  const terms = patchPolicy(current.terms, patch);
  if (changedFields(current.terms, terms).length === 0) return { policy: current, changed: false };
  const policy = await writePolicy(tx, {
    wlId: current.wlId,
    terms,
    labels,
    author,
    before: current,
  });
  return { policy, changed: true };
}

/**
 * Writes revision row, audit row and current row of a policy, new or changed. A change is ordered to
 * be carried to the WL; a new WL has no endpoint yet and pulls its first policy by itself.
 */
export async function writePolicy(
  tx: CpTransaction,
  change: {
    readonly wlId: string;
    readonly terms: PolicyTerms;
    readonly labels: ChangeLabels;
    readonly author: Author;
    readonly before?: StoredPolicy;
  },
): Promise<StoredPolicy> {
  const { wlId, terms, labels, author, before } = change;
  const subject = `policy/${wlId}`;
  const revision = await nextRevision(tx, subject);
  const seq = await appendAudit(tx, {
    ...author,
    action: before === undefined ? 'policy.created' : 'policy.changed',
    subject,
    before: before === undefined ? null : asJson({ revision: before.revision, ...before.terms }),
    after: asJson({ revision, ...terms, ...labels }),
  });
  const columns = { ...columnsOf(terms, labels), revision, change_seq: seq };
  const row = await tx
    .insertInto('wl_policy')
    .values({ wl_id: wlId, ...columns })
    .onConflict((conflict) =>
      conflict.column('wl_id').doUpdateSet({ ...columns, updated_at: sql`clock()` }),
    )
    .returningAll()
    .executeTakeFirst();
  invariant(row !== undefined, 'an upsert returns its row');
  await tx
    .insertInto('wl_policy_revision')
    .values({
      wl_id: wlId,
      revision,
      document: JSON.stringify(terms),
      audit_seq: seq,
      actor: author.actor,
      source: author.source,
      updated_by: labels.updatedBy,
      updated_source: labels.updatedSource,
    })
    .execute();
  if (before !== undefined) {
    const id = policyWorkflowId(wlId, revision);
    const { correlationId } = author;
    await orderRevision(tx, { revision: id, kind: 'POLICY', seq, wlIds: [wlId], correlationId });
  }
  return policyOf(row);
}

/** Newest first, below `before` where given. */
export async function policyRevisions(
  db: Kysely<CpSchema>,
  wlId: string,
  page: { readonly limit: number; readonly before?: number | undefined },
): Promise<Revision[]> {
  let query = db.selectFrom('wl_policy_revision').selectAll().where('wl_id', '=', wlId);
  if (page.before !== undefined) query = query.where('revision', '<', page.before);
  const rows = await query
    .orderBy('revision', 'desc')
    .limit(page.limit + 1)
    .execute();
  return describeRevisions(db, rows, { pageSize: page.limit, wlIds: [wlId] });
}

function columnsOf(terms: PolicyTerms, labels: ChangeLabels) {
  return {
    import_enabled: terms.importEnabled,
    export_enabled: terms.exportEnabled,
    export_delay_seconds: terms.exportDelaySeconds,
    visibility_enabled: terms.visibilityEnabled,
    visibility_wls: [...terms.visibilityWls],
    label: terms.policyRevision,
    feature_import: terms.features.import,
    feature_export: terms.features.export,
    feature_purchase: terms.features.purchase,
    rollout_stage: terms.rolloutStage,
    updated_by: labels.updatedBy,
    updated_source: labels.updatedSource,
  };
}

export function policyOf(row: Selectable<WlPolicyTable>): StoredPolicy {
  return {
    wlId: row.wl_id,
    revision: row.revision,
    terms: {
      importEnabled: row.import_enabled,
      exportEnabled: row.export_enabled,
      exportDelaySeconds: row.export_delay_seconds,
      visibilityEnabled: row.visibility_enabled,
      visibilityWls: row.visibility_wls,
      policyRevision: row.label,
      features: {
        import: row.feature_import,
        export: row.feature_export,
        purchase: row.feature_purchase,
      },
      rolloutStage: row.rollout_stage,
    },
    updatedBy: row.updated_by,
    updatedSource: row.updated_source,
    updatedAt: row.updated_at,
    changeSeq: row.change_seq,
  };
}
