import { sql, type Kysely, type Selectable } from 'kysely';
import type { RelationshipTerms } from '../../domain/policy/governance.ts';
import type { PulledExportPolicy } from '../../domain/policy/pull-document.ts';
import { formatRate, parseFactor } from '../../domain/shared/fx.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { formatMinor, parseMinor } from '../../domain/shared/money.ts';
import { relationshipWorkflowId } from '../../domain/work/revision-orders.ts';
import { appendAudit } from '../audit.ts';
import { asJson } from './json.ts';
import { orderRevision } from './revision-order.ts';
import { describeRevisions, nextRevision, type Revision } from './revision.ts';
import type { Author, ChangeLabels, CpSchema, CpTransaction, RelationshipTable } from './schema.ts';

export interface Pair {
  readonly src: string;
  readonly dst: string;
}

export interface StoredRelationship extends Pair {
  readonly revision: number;
  readonly terms: RelationshipTerms;
  readonly updatedBy: string;
  readonly updatedSource: string;
  readonly updatedAt: Date;
  readonly changeSeq: bigint;
}

export async function readRelationship(
  db: Kysely<CpSchema>,
  { src, dst }: Pair,
): Promise<StoredRelationship | undefined> {
  const query = db.selectFrom('relationship').selectAll().where('src', '=', src);
  const row = await query.where('dst', '=', dst).executeTakeFirst();
  return row === undefined ? undefined : relationshipOf(row);
}

export async function listRelationships(
  db: Kysely<CpSchema>,
  page: { readonly limit: number; readonly offset: number; readonly wlId?: string | undefined },
): Promise<{ items: StoredRelationship[]; total: number }> {
  const { wlId } = page;
  let query = db.selectFrom('relationship');
  if (wlId !== undefined) {
    query = query.where((where) => where.or([where('src', '=', wlId), where('dst', '=', wlId)]));
  }
  const { total } = await query
    .select((select) => select.fn.countAll<bigint>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await query
    .selectAll()
    .orderBy('src')
    .orderBy('dst')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return { items: rows.map(relationshipOf), total: Number(total) };
}

/** Pairs of these parties, the one that traded last first; those that never traded come last. */
export async function pairsByNewestTrade(
  db: Kysely<CpSchema>,
  { src, dst }: { readonly src?: string | undefined; readonly dst?: string | undefined },
  limit: number,
): Promise<Pair[]> {
  let query = db.selectFrom('relationship').select(['src', 'dst']);
  if (src !== undefined) query = query.where('src', '=', src);
  if (dst !== undefined) query = query.where('dst', '=', dst);
  return query
    .orderBy(
      sql`(SELECT max(trade.started_at) FROM trade
            WHERE trade.exporter = relationship.src AND trade.importer = relationship.dst)`,
      (order) => order.desc().nullsLast(),
    )
    .orderBy('src')
    .orderBy('dst')
    .limit(limit)
    .execute();
}

/** Newest first, below `before` where given. */
export async function relationshipRevisions(
  db: Kysely<CpSchema>,
  { src, dst }: Pair,
  page: { readonly limit: number; readonly before?: number | undefined },
): Promise<Revision[]> {
  let query = db.selectFrom('relationship_revision').selectAll().where('src', '=', src);
  if (page.before !== undefined) query = query.where('revision', '<', page.before);
  const rows = await query
    .where('dst', '=', dst)
    .orderBy('revision', 'desc')
    .limit(page.limit + 1)
    .execute();
  return describeRevisions(db, rows, { pageSize: page.limit, wlIds: [src, dst] });
}

/** True when the two have a relationship in either direction. */
export async function arePartners(db: Kysely<CpSchema>, a: string, b: string): Promise<boolean> {
  const row = await db
    .selectFrom('relationship')
    .select('src')
    .where((where) => where.or([where.and({ src: a, dst: b }), where.and({ src: b, dst: a })]))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function lockRelationship(
  tx: CpTransaction,
  { src, dst }: Pair,
): Promise<StoredRelationship | undefined> {
  const query = tx.selectFrom('relationship').selectAll().where('src', '=', src);
  const row = await query.where('dst', '=', dst).forNoKeyUpdate().executeTakeFirst();
  return row === undefined ? undefined : relationshipOf(row);
}

/**
 * Writes revision row, audit row and current row of a relationship, new or changed, and orders it to
 * be carried to both sides.
 */
export async function writeRelationship(
  tx: CpTransaction,
  change: {
    readonly pair: Pair;
    readonly terms: RelationshipTerms;
    readonly labels: ChangeLabels;
    readonly author: Author;
    readonly before?: StoredRelationship | undefined;
    /** Who had asked for it, where this is the second person's confirmation. */
    readonly proposal?: { readonly changeId: string; readonly proposedBy: string };
  },
): Promise<StoredRelationship> {
  const { pair, terms, labels, author, before, proposal } = change;
  const subject = `relationship/${pair.src}/${pair.dst}`;
  const revision = await nextRevision(tx, subject);
  const seq = await appendAudit(tx, {
    ...author,
    action: before === undefined ? 'relationship.created' : 'relationship.changed',
    subject,
    before: before === undefined ? null : asJson({ revision: before.revision, ...before.terms }),
    after: asJson({ revision, ...terms, ...labels, ...proposal }),
  });
  const columns = { ...columnsOf(terms, labels), revision, change_seq: seq };
  const row = await tx
    .insertInto('relationship')
    .values({ src: pair.src, dst: pair.dst, ...columns })
    .onConflict((conflict) =>
      conflict.columns(['src', 'dst']).doUpdateSet({ ...columns, updated_at: sql`clock()` }),
    )
    .returningAll()
    .executeTakeFirst();
  invariant(row !== undefined, 'an upsert returns its row');
  await tx
    .insertInto('relationship_revision')
    .values({
      src: pair.src,
      dst: pair.dst,
      revision,
      document: JSON.stringify(terms),
      audit_seq: seq,
      actor: author.actor,
      source: author.source,
      updated_by: labels.updatedBy,
      updated_source: labels.updatedSource,
    })
    .execute();
  await orderRevision(tx, {
    revision: relationshipWorkflowId(pair, revision),
    kind: 'RELATIONSHIP',
    seq,
    wlIds: [pair.src, pair.dst],
    correlationId: author.correlationId,
  });
  return relationshipOf(row);
}

function columnsOf(terms: RelationshipTerms, labels: ChangeLabels) {
  const { velocity, export_policy: exportPolicy } = terms;
  return {
    status: terms.status,
    fx_rate: terms.fxRate,
    limit_minor: minorOf(terms.limitAmount),
    limit_mode: terms.limitMode,
    alert_percent: terms.thresholds.alert,
    disable_percent: terms.thresholds.disable,
    enable_percent: terms.thresholds.enable,
    commission_rate: terms.commissionRate,
    approval_mode: terms.approval.mode,
    approval_above_minor: minorOf(terms.approval.aboveAmount),
    velocity_max_minor: velocity === undefined ? null : minorOf(velocity.maxAmount),
    velocity_window_seconds: velocity?.windowSeconds ?? null,
    four_eyes: terms.fourEyes,
    export_policy: exportPolicy === undefined ? null : JSON.stringify(exportPolicy),
    updated_by: labels.updatedBy,
    updated_source: labels.updatedSource,
  };
}

export function relationshipOf(row: Selectable<RelationshipTable>): StoredRelationship {
  const { velocity_max_minor: velocity, velocity_window_seconds: windowSeconds } = row;
  return {
    src: row.src,
    dst: row.dst,
    revision: row.revision,
    terms: {
      status: row.status,
      fxRate: rateText(row.fx_rate),
      limitAmount: formatMinor(row.limit_minor),
      limitMode: row.limit_mode,
      thresholds: {
        alert: row.alert_percent,
        disable: row.disable_percent,
        enable: row.enable_percent,
      },
      commissionRate: rateText(row.commission_rate),
      approval: { mode: row.approval_mode, aboveAmount: formatMinor(row.approval_above_minor) },
      ...(velocity === null || windowSeconds === null
        ? {}
        : { velocity: { maxAmount: formatMinor(velocity), windowSeconds } }),
      fourEyes: row.four_eyes,
      ...(row.export_policy === null
        ? {}
        : { export_policy: row.export_policy as PulledExportPolicy }),
    },
    updatedBy: row.updated_by,
    updatedSource: row.updated_source,
    updatedAt: row.updated_at,
    changeSeq: row.change_seq,
  };
}

/** PostgreSQL pads numeric(18,8) with zeros; the wire's form has none. */
export function rateText(numeric: string): string {
  const rate = parseFactor(numeric);
  invariant(rate.ok, 'a stored rate is a decimal with eight places');
  return formatRate(rate.value);
}

function minorOf(amount: string): bigint {
  const parsed = parseMinor(amount);
  invariant(parsed.ok, 'an amount was validated at the edge');
  return parsed.value;
}
