import type { Kysely } from 'kysely';
import type { AuditRow } from '../audit.ts';
import type { CpSchema } from './schema.ts';
import type { Json } from '../../domain/shared/canonical.ts';

/** One page of the chain, newest first. */
export async function listAudit(
  db: Kysely<CpSchema>,
  page: {
    readonly limit: number;
    readonly before?: bigint | undefined;
    readonly subject?: string | undefined;
    readonly actor?: string | undefined;
    readonly action?: string | undefined;
  },
): Promise<AuditRow[]> {
  let query = db.selectFrom('audit').selectAll();
  if (page.before !== undefined) query = query.where('seq', '<', page.before);
  if (page.subject !== undefined) query = query.where('subject', '=', page.subject);
  if (page.actor !== undefined) query = query.where('actor', '=', page.actor);
  if (page.action !== undefined) query = query.where('action', '=', page.action);
  const rows = await query.orderBy('seq', 'desc').limit(page.limit).execute();
  return rows.map((row) => ({
    seq: row.seq,
    at: row.at,
    actor: row.actor,
    source: row.source,
    action: row.action,
    subject: row.subject,
    before: row.before as Json,
    after: row.after as Json,
    correlationId: row.correlation_id,
    previous_hash: row.previous_hash,
    hash: row.hash,
  }));
}
