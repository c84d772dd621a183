import { sql, type Kysely } from 'kysely';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { ChangeContext } from './accounts.ts';
import type { WlTables } from './schema.ts';

/**
 * What the source run book's step 2 truncates: caches of what the Control Plane said, imported
 * offers, and trades on both sides. Trades take their holds, journals and ledger with them, so
 * balances go too; the local data's are credited anew when the stack starts. Accounts, offers, own
 * event keys and the audit chain stay.
 */
const RESET_TABLES = [
  'wl_policy',
  'relationship',
  'applied_revision',
  'partner',
  'control_document',
  'control_token',
  'control_secret',
  'imported_offer',
  'offer_sync',
  'trade_transition',
  'trade',
  'idempotency_key',
  'hold_transition',
  'hold',
  'exposure_journal',
  'stock_journal',
  'pair',
  'signal_work',
  'signal_pair',
  'signal',
  'settlement',
  'posting',
  'ledger_transaction',
  'balance',
  'outbox',
] as const satisfies readonly (keyof WlTables)[];

/** Empties a white label of trades and caches. None of its processes may run meanwhile. */
export async function resetWhiteLabel(db: Kysely<WlTables>, context: ChangeContext): Promise<void> {
  await inTransaction(db, async (tx) => {
    const tables = sql.join(RESET_TABLES.map((name) => sql.table(name)));
    await sql`TRUNCATE TABLE ${tables}`.execute(tx);
    // What was held or captured is for sale again, and the journal begins with that.
    await sql`UPDATE offer SET used = 0, updated_at = clock()`.execute(tx);
    await sql`
      INSERT INTO stock_journal (offer_id, kind, reference, used_delta, stock_delta, used, stock)
      SELECT offer_id, 'STOCK', ${context.correlationId}, 0, stock, 0, stock FROM offer
    `.execute(tx);
    await appendAudit(tx, {
      ...context,
      action: 'white-label.reset',
      subject: 'white-label',
      before: null,
      after: { tables: [...RESET_TABLES] },
    });
  });
}
