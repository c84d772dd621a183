import { sql, type Kysely } from 'kysely';
import type { Sealer } from '../sealed.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { Author, CpSchema } from './schema.ts';

/** Every sealed column with its table's key; the column's name is the context it is sealed for. */
export const SEALED_COLUMNS = [
  { table: 'wl', key: 'id', column: 'contact_email_sealed' },
  { table: 'wl', key: 'id', column: 'policy_secret_sealed' },
  { table: 'wl', key: 'id', column: 'signal_secret_sealed' },
  { table: 'trader_account', key: 'wl_id', column: 'contact_email_sealed' },
  { table: 'trader_account', key: 'wl_id', column: 'contact_phone_sealed' },
  { table: 'operator', key: 'id', column: 'email_sealed' },
  { table: 'operator', key: 'id', column: 'name_sealed' },
  { table: 'signing_key', key: 'kid', column: 'private_sealed' },
  { table: 'alert_target', key: 'id', column: 'secret_sealed' },
  { table: 'alert_target', key: 'id', column: 'address_sealed' },
  { table: 'webhook_key', key: 'kid', column: 'private_sealed' },
] as const;

type Column = (typeof SEALED_COLUMNS)[number];
type SealedColumn = { [C in Column as `${C['table']}.${C['column']}`]: C };
export type SealContext = keyof SealedColumn;

/** Fingerprints by which an operator is found. */
export const OPERATOR_EMAIL_INDEX = 'operator.email';

/** Seals one value for its column. */
export function sealColumn(sealer: Sealer, context: SealContext, clear: string): string {
  return sealer.seal(context, clear);
}

/** Opens one value of a column; null stays null. */
export function openColumn(
  sealer: Sealer,
  context: SealContext,
  sealed: string | null,
): string | undefined {
  return sealed === null ? undefined : sealer.open(context, sealed);
}

/** Rows of one transaction: short enough not to keep anybody waiting. */
const RESEAL_BATCH = 200;

/**
 * Seals every stale value again under the current key, after which the older keys may go. Safe to
 * run beside the live processes and again after an interruption. Returns how many were sealed.
 */
export async function resealAll(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  author: Author,
): Promise<number> {
  let total = 0;
  for (const column of SEALED_COLUMNS) total += await resealColumn(db, sealer, column);
  if (total > 0) {
    await inTransaction(db, (tx) =>
      appendAudit(tx, {
        ...author,
        action: 'seal.rotated',
        subject: 'sealed-columns',
        before: null,
        after: { values: String(total) },
      }),
    );
  }
  return total;
}

async function resealColumn(db: Kysely<CpSchema>, sealer: Sealer, column: Column): Promise<number> {
  const context: SealContext = `${column.table}.${column.column}` as SealContext;
  let total = 0;
  for (let after: string | undefined = ''; after !== undefined;) {
    const batch = await resealBatch(db, sealer, { ...column, context, after });
    total += batch.sealed;
    after = batch.last;
  }
  return total;
}

interface Batch {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly context: SealContext;
  /** Key as text after which to go on. */
  readonly after: string;
}

async function resealBatch(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  batch: Batch,
): Promise<{ sealed: number; last: string | undefined }> {
  const table = sql.table(batch.table);
  const key = sql.ref(batch.key);
  const column = sql.ref(batch.column);
  return inTransaction(db, async (tx) => {
    const { rows } = await sql<{ key: string; sealed: string }>`
      SELECT ${key}::text AS key, ${column} AS sealed FROM ${table}
       WHERE ${column} IS NOT NULL AND ${key}::text > ${batch.after}
       ORDER BY ${key}::text LIMIT ${RESEAL_BATCH} FOR NO KEY UPDATE`.execute(tx);
    const stale = rows.filter((row) => sealer.isStale(row.sealed));
    for (const row of stale) {
      const sealed = sealer.seal(batch.context, sealer.open(batch.context, row.sealed));
      await sql`UPDATE ${table} SET ${column} = ${sealed} WHERE ${key}::text = ${row.key}`.execute(
        tx,
      );
    }
    return { sealed: stale.length, last: rows.at(-1)?.key };
  });
}
