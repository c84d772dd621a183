import { sql, type Kysely } from 'kysely';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { Author, CpSchema } from './schema.ts';

/**
 * What the source run book's step 1 truncates. The audit chain and the counters of revisions and
 * settlements stay: the one tells of the reset, the others keep numbers growing for WLs that still
 * remember old ones.
 */
const RESET_TABLES = [
  'approval_decision',
  'desk_action',
  'trade_mismatch',
  'trade',
  'trade_day',
  'pair_day',
  'pair_journal',
  'event',
  'event_seen',
  'telemetry_quarantine',
  'wl_event_key',
  'trader_confirmation',
  'gateway',
  'webhook_key',
  'signal_test',
  'request_key',
  'settlement_delivery',
  'settlement',
  'compensation_step',
  'compensation_plan',
  'signal_attempt',
  'signal_delivery',
  'signal',
  'pair',
  'alert_delivery',
  'alert_target',
  'notification',
  'work_order',
  'relationship_change',
  'relationship_revision',
  'relationship',
  'wl_policy_revision',
  'wl_policy',
  'signing_key',
  'issued_token',
  'trader_account',
  'snapshot_item',
  'snapshot',
  'applied_report',
  'revision_applied',
  'wl',
  'operator',
] as const;

/**
 * Empties the registry. The Control Plane must be restarted afterwards: it makes its own keys and
 * the first master when it starts.
 */
export async function resetControlPlane(db: Kysely<CpSchema>, author: Author): Promise<void> {
  await inTransaction(db, async (tx) => {
    const tables = sql.join(RESET_TABLES.map((name) => sql.table(name)));
    await sql`TRUNCATE TABLE ${tables} CASCADE`.execute(tx);
    await appendAudit(tx, {
      ...author,
      action: 'control-plane.reset',
      subject: 'control-plane',
      before: null,
      after: { tables: [...RESET_TABLES] },
    });
  });
}
