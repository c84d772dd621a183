import { sql, type Kysely } from 'kysely';
import { invariant } from '../../domain/shared/invariant.ts';
import { changedFields } from '../../domain/policy/governance.ts';
import type { CpSchema, CpTransaction } from './schema.ts';

/** The next number of a policy or relationship; its lock makes concurrent changes wait. */
export async function nextRevision(tx: CpTransaction, subject: string): Promise<number> {
  const row = await tx
    .insertInto('revision_counter')
    .values({ subject, last: 1 })
    .onConflict((conflict) =>
      conflict.column('subject').doUpdateSet({ last: sql`revision_counter.last + 1` }),
    )
    .returning('last')
    .executeTakeFirst();
  invariant(row !== undefined, 'an upsert returns its row');
  return row.last;
}

/** Makes a renamed WL's numbers go on where they were. */
export async function continueRevisions(
  tx: CpTransaction,
  subject: string,
  last: number,
): Promise<void> {
  await tx
    .insertInto('revision_counter')
    .values({ subject, last })
    .onConflict((conflict) =>
      conflict
        .column('subject')
        .doUpdateSet({ last: sql`greatest(revision_counter.last, excluded.last)` }),
    )
    .execute();
}

export interface Revision {
  readonly revision: number;
  readonly at: Date;
  readonly actor: string;
  readonly source: string;
  readonly updatedBy: string;
  readonly updatedSource: string;
  readonly document: Readonly<Record<string, unknown>>;
  /** Names of the fields that differ from the revision before. */
  readonly changed: readonly string[];
  /** Those fields, as they were and as they are; null where there was or is none. */
  readonly diff: readonly FieldChange[];
  /** When each WL concerned reported to have applied it; null while it has not. */
  readonly applied: readonly Applied[];
}

export interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Applied {
  readonly wlId: string;
  readonly at: Date | null;
  /** Milliseconds from the revision to the report. */
  readonly driftMs: number | null;
}

export interface RevisionRow {
  revision: number;
  document: unknown;
  audit_seq: bigint;
  actor: string;
  source: string;
  updated_by: string;
  updated_source: string;
  at: Date;
}

/**
 * Describes rows that come newest first; the row after the page's last one, where there is one, only
 * serves as what the last one differs from.
 */
export async function describeRevisions(
  db: Kysely<CpSchema>,
  rows: readonly RevisionRow[],
  { pageSize, wlIds }: { pageSize: number; wlIds: readonly string[] },
): Promise<Revision[]> {
  const page = rows.slice(0, pageSize);
  const applied = await appliedTimes(db, page, wlIds);
  return page.map((row, index) => {
    const document = row.document as Record<string, unknown>;
    const before = rows[index + 1]?.document as Record<string, unknown> | undefined;
    const changed = changedFields(before, document);
    return {
      revision: row.revision,
      at: row.at,
      actor: row.actor,
      source: row.source,
      updatedBy: row.updated_by,
      updatedSource: row.updated_source,
      document,
      changed,
      diff: changed.map((field) => ({
        field,
        before: before?.[field] ?? null,
        after: document[field] ?? null,
      })),
      applied: wlIds.map((wlId) => {
        const at = applied.get(`${wlId}/${row.audit_seq}`) ?? null;
        return { wlId, at, driftMs: at === null ? null : at.getTime() - row.at.getTime() };
      }),
    };
  });
}

/** A WL that reported a sequence number has applied every revision up to it. */
async function appliedTimes(
  db: Kysely<CpSchema>,
  rows: readonly RevisionRow[],
  wlIds: readonly string[],
): Promise<Map<string, Date>> {
  if (rows.length === 0) return new Map();
  const { rows: found } = await sql<{ wl_id: string; audit_seq: bigint; at: Date }>`
    SELECT wl_id, wanted.audit_seq, min(at) AS at
      FROM applied_report
      JOIN unnest(${rows.map((row) => String(row.audit_seq))}::bigint[]) AS wanted(audit_seq)
        ON applied_report.seq >= wanted.audit_seq
     WHERE wl_id = ANY(${[...wlIds]}::uuid[])
     GROUP BY wl_id, wanted.audit_seq`.execute(db);
  return new Map(found.map((row) => [`${row.wl_id}/${row.audit_seq}`, row.at]));
}
