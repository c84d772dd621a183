import { createHash } from 'node:crypto';
import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import {
  chainText,
  verifyChain,
  type ChainPoint,
  type ChainProblem,
  type ChainRow,
  type ChainToVerify,
} from '../domain/audit/chain.ts';
import type { Json } from '../domain/shared/canonical.ts';
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
  const previousHash = head.hash;
  const hash = sha256(chainText({ ...entry, seq, at: head.at.toISOString(), previousHash }));
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
      previous_hash: previousHash,
      hash,
    })
    .execute();
  await tx.updateTable('audit_head').set({ seq, hash }).execute();
  return seq;
}

export interface AuditVerdict {
  readonly scanned: number;
  /** Where the chain ends by its head row. */
  readonly head: ChainPoint;
  /** Signed heads that lie on the chain. */
  readonly headsMet: number;
  /** The first row that does not fit, or that is missing, and why. */
  readonly brokenAt?: bigint;
  readonly problem?: ChainProblem;
}

/** Rows of a page: a fraction of a second to read and to hash, whatever else runs. */
const PAGE_ROWS = 1_000;

/**
 * Recomputes the chain from its rows, page by page in one snapshot, and compares it with heads that
 * were signed meanwhile, in order of their numbers.
 */
export function verifyAudit<S extends AuditTables>(
  database: Kysely<S>,
  signedHeads: ChainToVerify['signedHeads'] = [],
): Promise<AuditVerdict> {
  const db = database as unknown as Kysely<AuditTables>;
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const head = await tx.selectFrom('audit_head').select(['seq', 'hash']).executeTakeFirst();
      invariant(head !== undefined, 'the audit chain has a head row');
      const pages = () => auditPages(tx, { after: 0n });
      const verdict = await verifyChain({ pages, digest: sha256, head, signedHeads });
      const { scanned, headsMet, fault } = verdict;
      return { scanned, head, headsMet, ...fault };
    });
}

/** Pages of the chain in its order, as its hashes see them: after `after`, up to `until`. */
export async function* auditPages<S extends AuditTables>(
  database: Kysely<S>,
  range: { readonly after: bigint; readonly until?: bigint | undefined },
): AsyncGenerator<readonly ChainRow[], void> {
  const db = database as unknown as Kysely<AuditTables>;
  for (let after: bigint | undefined = range.after; after !== undefined;) {
    const rows: Selectable<AuditTables['audit']>[] = await db
      .selectFrom('audit')
      .selectAll()
      .where('seq', '>', after)
      .$if(range.until !== undefined, (query) => query.where('seq', '<=', range.until ?? 0n))
      .orderBy('seq')
      .limit(PAGE_ROWS)
      .execute();
    if (rows.length > 0) yield rows.map(chainRow);
    after = rows.length < PAGE_ROWS ? undefined : rows.at(-1)?.seq;
  }
}

function chainRow(row: Selectable<AuditTables['audit']>): ChainRow {
  const { seq, at, actor, source, action, subject, before, after, hash } = row;
  return {
    ...{ seq, actor, source, action, subject, hash },
    at: at.toISOString(),
    before: before as Json,
    after: after as Json,
    correlationId: row.correlation_id,
    previousHash: row.previous_hash,
  };
}

/** The digest of the chain: hexadecimal SHA-256. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
