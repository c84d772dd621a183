import { createHash } from 'node:crypto';
import { sql, type Kysely, type Transaction } from 'kysely';
import { canonicalJson, type Json } from '../domain/shared/canonical.ts';
import { invariant } from '../domain/shared/invariant.ts';

/** One change: who did it, by which way in, and what it changed (DESIGN.md 4, Audit). */
export interface AuditEntry {
  readonly actor: string;
  readonly source: string;
  readonly action: string;
  readonly subject: string;
  readonly before: Json;
  readonly after: Json;
  readonly correlationId: string;
}

export interface AuditRow extends AuditEntry {
  readonly seq: bigint;
  readonly at: Date;
  readonly previous_hash: string;
  readonly hash: string;
}

/** The tables that a database must have for a chain; both parties' schemas do. */
export interface AuditTables {
  audit: {
    seq: bigint;
    at: Date;
    actor: string;
    source: string;
    action: string;
    subject: string;
    before: unknown;
    after: unknown;
    correlation_id: string;
    previous_hash: string;
    hash: string;
  };
  audit_head: { id: boolean; seq: bigint; hash: string };
}

/**
 * Appends to the hash chain inside the change's own transaction. The head row's lock makes the
 * order of the chain the order of commits.
 */
export async function appendAudit<S extends AuditTables>(
  transaction: Transaction<S>,
  entry: AuditEntry,
): Promise<bigint> {
  const tx = transaction as unknown as Transaction<AuditTables>;
  const { rows } = await sql<{ seq: bigint; hash: string; at: Date }>`
    SELECT seq, hash, date_trunc('milliseconds', clock()) AS at
      FROM audit_head FOR NO KEY UPDATE`.execute(tx);
  const head = rows[0];
  invariant(head !== undefined, 'the audit chain has a head row');
  const seq = head.seq + 1n;
  const hash = hashOf(seq, head.at, entry, head.hash);
  await tx
    .insertInto('audit')
    .values({
      seq,
      at: head.at,
      actor: entry.actor,
      source: entry.source,
      action: entry.action,
      subject: entry.subject,
      before: JSON.stringify(entry.before),
      after: JSON.stringify(entry.after),
      correlation_id: entry.correlationId,
      previous_hash: head.hash,
      hash,
    })
    .execute();
  await tx.updateTable('audit_head').set({ seq, hash }).execute();
  return seq;
}

export interface AuditVerdict {
  readonly scanned: number;
  /** The first sequence number that does not fit its neighbour, its content or the head. */
  readonly brokenAt?: bigint;
}

/** Recomputes the chain from its rows: a changed, missing or added row breaks it. */
export async function verifyAudit<S extends AuditTables>(
  database: Kysely<S>,
): Promise<AuditVerdict> {
  const db = database as unknown as Kysely<AuditTables>;
  const rows = await db.selectFrom('audit').selectAll().orderBy('seq').execute();
  let previous = { seq: 0n, hash: '' };
  for (const row of rows) {
    const entry: AuditEntry = {
      actor: row.actor,
      source: row.source,
      action: row.action,
      subject: row.subject,
      before: row.before as Json,
      after: row.after as Json,
      correlationId: row.correlation_id,
    };
    const expected = hashOf(row.seq, row.at, entry, previous.hash);
    if (row.seq !== previous.seq + 1n || row.hash !== expected) {
      return { scanned: rows.length, brokenAt: row.seq };
    }
    previous = { seq: row.seq, hash: row.hash };
  }
  const head = await db.selectFrom('audit_head').selectAll().executeTakeFirst();
  const intact = head?.seq === previous.seq && head.hash === previous.hash;
  return intact ? { scanned: rows.length } : { scanned: rows.length, brokenAt: previous.seq + 1n };
}

function hashOf(seq: bigint, at: Date, entry: AuditEntry, previousHash: string): string {
  const { actor, source, action, subject, before, after, correlationId } = entry;
  const facts = { actor, source, action, subject, before, after, correlationId };
  const text = canonicalJson({ ...facts, seq: String(seq), at: at.toISOString(), previousHash });
  return createHash('sha256').update(text).digest('hex');
}
