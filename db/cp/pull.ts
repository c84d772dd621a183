import { sql, type Kysely, type Selectable } from 'kysely';
import type {
  EventKey,
  PullDocument,
  PulledPartner,
  PulledPolicy,
  PulledRelationship,
} from '../../domain/policy/pull-document.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { policyOf, type StoredPolicy } from './policy.ts';
import { relationshipOf, type StoredRelationship } from './relationship.ts';
import { settlementsSince } from './settlements/deliveries.ts';
import type { CpSchema, CpTransaction, WlTable } from './schema.ts';
import { publicWebhookKeys, type PublicWebhookKey } from './webhook-key.ts';

/** The document with the head of the audit chain still unsigned. */
export type UnsignedDocument = Omit<PullDocument, 'auditHead'> & {
  readonly auditHead: { readonly seq: string; readonly hash: string };
};

/**
 * Reads everything that governs a WL as of one moment, with the settlements after the number that it
 * has applied; undefined for an unknown WL.
 */
export function readPullDocument(
  db: Kysely<CpSchema>,
  wlId: string,
  settledUpTo = 0n,
): Promise<UnsignedDocument | undefined> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((tx) => assemble(tx, wlId, settledUpTo));
}

async function assemble(
  tx: CpTransaction,
  wlId: string,
  settledUpTo: bigint,
): Promise<UnsignedDocument | undefined> {
  const wl = await tx.selectFrom('wl').selectAll().where('id', '=', wlId).executeTakeFirst();
  const policyRow = await tx
    .selectFrom('wl_policy')
    .selectAll()
    .where('wl_id', '=', wlId)
    .executeTakeFirst();
  if (wl === undefined || policyRow === undefined) return undefined;
  const policy = policyOf(policyRow);
  const relationships = await relationshipsOf(tx, wlId);
  const partners = await partnersOf(tx, wlId, relationships);
  const list = await tx.selectFrom('revocation_list').selectAll().executeTakeFirstOrThrow();
  const webhookKeys = await publicWebhookKeys(tx);
  const head = await tx.selectFrom('audit_head').select(['seq', 'hash']).executeTakeFirst();
  invariant(head !== undefined, 'the audit chain has a head row');
  return {
    ...(list.pem === null ? {} : { crl: { number: String(list.number), pem: list.pem } }),
    ...(webhookKeys.length === 0 ? {} : { webhookKeys: { keys: webhookKeys.map(wireKey) } }),
    documentRevision: latest([
      list.change_seq,
      ...webhookKeys.map(({ changeSeq }) => changeSeq),
      wl.change_seq,
      policy.changeSeq,
      ...relationships.map((relationship) => relationship.changeSeq),
      ...partners.map((partner) => partner.change_seq),
    ]),
    wl: {
      id: wl.id,
      name: wl.name,
      status: wl.status,
      rolloutStage: policy.terms.rolloutStage,
    },
    policy: pulledPolicy(policy),
    relationships: relationships.map(pulledRelationship),
    partners: partners.map(pulledPartner),
    settlements: await settlementsSince(tx, wlId, settledUpTo),
    auditHead: { seq: String(head.seq), hash: head.hash },
  };
}

/**
 * Remembers which document a WL has applied, and with it every revision up to that one; numbers that
 * nobody has issued are ignored.
 */
export async function recordApplied(
  db: Kysely<CpSchema>,
  wlId: string,
  documentRevision: bigint,
): Promise<void> {
  await sql`INSERT INTO applied_report (wl_id, seq)
    SELECT id, ${documentRevision} FROM wl
     WHERE id = ${wlId}
       AND ${documentRevision} <= (SELECT seq FROM audit_head)
       AND NOT EXISTS (SELECT 1 FROM applied_report
                        WHERE wl_id = ${wlId} AND seq >= ${documentRevision})
    ON CONFLICT DO NOTHING`.execute(db);
  // One reading of the clock, so that the drift is the difference of the two stamps.
  await sql`UPDATE revision_applied
      SET applied_at = told.at,
          drift_ms = greatest(0, extract(epoch FROM told.at - committed_at) * 1000)::bigint
     FROM (SELECT clock() AS at) AS told
    WHERE wl_id = ${wlId} AND applied_at IS NULL AND seq <= ${documentRevision}
      AND ${documentRevision} <= (SELECT seq FROM audit_head)`.execute(db);
}

/** The pulled form of a policy, as `/wls/{id}/policies` answers it too. */
export function pulledPolicy({ terms, ...policy }: StoredPolicy): PulledPolicy {
  return {
    revision: policy.revision,
    importEnabled: terms.importEnabled,
    exportEnabled: terms.exportEnabled,
    exportDelaySeconds: terms.exportDelaySeconds,
    visibilityEnabled: terms.visibilityEnabled,
    visibilityWls: terms.visibilityWls,
    policyRevision: terms.policyRevision,
    features: terms.features,
    updatedBy: policy.updatedBy,
    updatedSource: policy.updatedSource,
  };
}

export function pulledRelationship(relationship: StoredRelationship): PulledRelationship {
  const { src, dst, revision, terms } = relationship;
  return { src, dst, revision, ...terms };
}

async function relationshipsOf(tx: CpTransaction, wlId: string): Promise<StoredRelationship[]> {
  const rows = await tx
    .selectFrom('relationship')
    .selectAll()
    .where((where) => where.or([where('src', '=', wlId), where('dst', '=', wlId)]))
    .orderBy('src')
    .orderBy('dst')
    .execute();
  return rows.map(relationshipOf);
}

async function partnersOf(
  tx: CpTransaction,
  wlId: string,
  relationships: readonly StoredRelationship[],
): Promise<Selectable<WlTable>[]> {
  const ids = relationships.map(({ src, dst }) => (src === wlId ? dst : src));
  return tx
    .selectFrom('wl')
    .selectAll()
    .where('id', '=', sql<string>`ANY(${ids}::uuid[])`)
    .orderBy('id')
    .execute();
}

function wireKey({ kid, kty, crv, x }: PublicWebhookKey): EventKey {
  return { kid, kty, crv, x };
}

function pulledPartner(row: Selectable<WlTable>): PulledPartner {
  return {
    wlId: row.id,
    name: row.name,
    ...(row.peer_url === null ? {} : { peerUrl: row.peer_url }),
    ...(row.currency === null ? {} : { currency: row.currency }),
    ...(row.event_keys === null
      ? {}
      : { eventKeys: row.event_keys as NonNullable<PulledPartner['eventKeys']> }),
  };
}

function latest(sequence: readonly bigint[]): string {
  return String(sequence.reduce((last, seq) => (seq > last ? seq : last), 0n));
}
