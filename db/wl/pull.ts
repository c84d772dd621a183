import { sql, type Kysely, type Transaction } from 'kysely';
import type {
  PullDocument,
  PulledPartner,
  PulledPolicy,
  PulledRelationship,
} from '../../domain/policy/pull-document.ts';
import { readPulledRelationship } from '../../domain/policy/pulled.ts';
import type { Json } from '../../domain/shared/canonical.ts';
import { formatRate } from '../../domain/shared/fx.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import { listExporters, repriceImportedOffers, type OwnWl } from './imported-offers.ts';
import { addEvent } from './outbox.ts';
import { applySettlements } from './settlements.ts';
import { saveRevocationList } from './revocation-list.ts';
import type { WlTables } from './schema.ts';
import { saveWebhookKeys } from './webhook-keys.ts';

export interface PullContext extends OwnWl {
  readonly correlationId: string;
}

/** A policy or relationship that came into force; a policy names this WL as src and dst. */
export interface AppliedChange {
  readonly kind: 'POLICY' | 'RELATIONSHIP';
  readonly src: string;
  readonly dst: string;
  readonly revision: number;
}

const ACTOR = 'control-plane';
const SOURCE = 'policies/pull';
const PULL_HEAD = 'pull-applied';

/**
 * Puts a pulled document in force, one change a transaction: compare-and-set on its revision, the
 * imported offers repriced, the audit row and the `policy.applied` event with it. Older revisions
 * are ignored, because pulls run in parallel (RULES.md 1). The amounts in it have been validated.
 */
export async function applyPullDocument(
  db: Kysely<WlTables>,
  document: PullDocument,
  context: PullContext,
): Promise<AppliedChange[]> {
  const applied: AppliedChange[] = [];
  const { policy, relationships } = document;
  if (await inTransaction(db, (tx) => applyPolicy(tx, policy, context))) {
    const { wlId } = context;
    applied.push({ kind: 'POLICY', src: wlId, dst: wlId, revision: policy.revision });
  }
  const inForce = await revisionsInForce(db);
  for (const relationship of relationships) {
    const known = inForce.get(`${relationship.src}/${relationship.dst}`) ?? 0;
    if (relationship.revision <= known) continue;
    if (await inTransaction(db, (tx) => applyRelationship(tx, relationship, context))) {
      const { src, dst, revision } = relationship;
      applied.push({ kind: 'RELATIONSHIP', src, dst, revision });
    }
  }
  const { crl } = document;
  if (crl !== undefined) await inTransaction(db, (tx) => saveRevocationList(tx, crl));
  await inTransaction(db, (tx) => applyPartners(tx, document));
  // Last: a settlement that can't be booked must not keep a policy from coming into force.
  await applySettlements(db, document.settlements, context);
  return applied;
}

/**
 * Looked at first, because a document holds every relationship and nearly all of them are known: a
 * transaction each, with a thousand partners, took two seconds. What is newer is compared once more
 * where it is written.
 */
async function revisionsInForce(db: Kysely<WlTables>): Promise<ReadonlyMap<string, number>> {
  const rows = await db.selectFrom('relationship').select(['src', 'dst', 'revision']).execute();
  return new Map(rows.map(({ src, dst, revision }) => [`${src}/${dst}`, revision]));
}

/** The document revision that is completely in force here; reported to the Control Plane. */
export async function readAppliedDocument(db: Kysely<WlTables>): Promise<string | undefined> {
  const row = await db
    .selectFrom('control_document')
    .select('document')
    .where('name', '=', PULL_HEAD)
    .executeTakeFirst();
  return (row?.document as { documentRevision: string } | undefined)?.documentRevision;
}

async function applyPolicy(
  tx: Transaction<WlTables>,
  pulled: PulledPolicy,
  context: PullContext,
): Promise<boolean> {
  const { wlId } = context;
  const values = {
    revision: pulled.revision,
    import_enabled: pulled.importEnabled,
    export_enabled: pulled.exportEnabled,
    export_delay_seconds: pulled.exportDelaySeconds,
    visibility_enabled: pulled.visibilityEnabled,
    visibility_wls: [...pulled.visibilityWls],
    feature_import: pulled.features.import,
    feature_export: pulled.features.export,
    feature_purchase: pulled.features.purchase,
  };
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('wl_policy')
    .values({ wl_id: wlId, ...values })
    .onConflict((conflict) =>
      conflict
        .column('wl_id')
        .doUpdateSet({ ...values, applied_at: sql`clock()` })
        .where('wl_policy.revision', '<', pulled.revision),
    )
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return false;
  for (const exporter of await listExporters(tx)) {
    await repriceImportedOffers(tx, context, exporter);
  }
  const change = { kind: 'POLICY', src: wlId, dst: wlId, revision: pulled.revision } as const;
  await record(tx, change, { ...pulled, visibilityWls: [...pulled.visibilityWls] }, context);
  return true;
}

async function applyRelationship(
  tx: Transaction<WlTables>,
  pulled: PulledRelationship,
  context: PullContext,
): Promise<boolean> {
  const read = readPulledRelationship(pulled);
  invariant(read.ok, 'a pulled relationship is validated before it is applied');
  const { src, dst, revision, approval, velocity } = read.value;
  const values = {
    revision,
    status: pulled.status,
    fx_rate: formatRate(read.value.fxRate),
    limit_minor: read.value.limit,
    limit_mode: pulled.limitMode,
    commission_rate: formatRate(read.value.commissionRate),
    approval_mode: approval.mode,
    approval_above_minor: approval.above,
    velocity_max_minor: velocity?.max ?? null,
    velocity_window_seconds: velocity?.windowSeconds ?? null,
    export_policy: pulled.export_policy === undefined ? null : JSON.stringify(pulled.export_policy),
  };
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('relationship')
    .values({ src, dst, ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['src', 'dst'])
        .doUpdateSet({ ...values, applied_at: sql`clock()` })
        .where('relationship.revision', '<', revision),
    )
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return false;
  if (dst === context.wlId) await repriceImportedOffers(tx, context, src);
  const change = { kind: 'RELATIONSHIP', src, dst, revision } as const;
  await record(tx, change, pulled as unknown as Json, context);
  return true;
}

async function record(
  tx: Transaction<WlTables>,
  change: AppliedChange,
  document: Json,
  { correlationId }: PullContext,
): Promise<void> {
  const { kind, src, dst, revision } = change;
  const before = await tx
    .selectFrom('applied_revision')
    .select('document')
    .where('kind', '=', kind)
    .where('src', '=', src)
    .where('dst', '=', dst)
    .orderBy('revision', 'desc')
    .executeTakeFirst();
  await tx
    .insertInto('applied_revision')
    .values({ kind, src, dst, revision, document: JSON.stringify(document) })
    .execute();
  await addEvent(tx, { type: 'policy.applied', correlationId, data: { kind, src, dst, revision } });
  await appendAudit(tx, {
    actor: ACTOR,
    source: SOURCE,
    action: kind === 'POLICY' ? 'policy.apply' : 'relationship.apply',
    subject: kind === 'POLICY' ? src : `${src}/${dst}`,
    before: (before?.document ?? null) as Json,
    after: document,
    correlationId,
  });
}

/** Endpoints carry no revision of their own: the document's number keeps an older pull away. */
async function applyPartners(tx: Transaction<WlTables>, document: PullDocument): Promise<void> {
  const { documentRevision, auditHead, partners, webhookKeys } = document;
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('control_document')
    .values({ name: PULL_HEAD, document: JSON.stringify({ documentRevision, auditHead }) })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet((row) => ({ document: row.ref('excluded.document'), stored_at: sql`clock()` }))
        .where(
          sql<boolean>`(control_document.document->>'documentRevision')::numeric
            <= ${documentRevision}::numeric
            AND (control_document.document->'auditHead'->>'seq')::numeric
            <= ${auditHead.seq}::numeric`,
        ),
    )
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return;
  for (const partner of partners) await savePartner(tx, partner);
  if (webhookKeys !== undefined) await saveWebhookKeys(tx, webhookKeys.keys);
}

async function savePartner(tx: Transaction<WlTables>, partner: PulledPartner): Promise<void> {
  const values = {
    name: partner.name,
    peer_url: partner.peerUrl ?? null,
    currency: partner.currency ?? null,
    event_keys: partner.eventKeys === undefined ? null : JSON.stringify(partner.eventKeys),
  };
  await tx
    .insertInto('partner')
    .values({ wl_id: partner.wlId, ...values })
    .onConflict((conflict) => conflict.column('wl_id').doUpdateSet(values))
    .execute();
}
