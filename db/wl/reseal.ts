import { sql, type Kysely, type RawBuilder } from 'kysely';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import { accountContext } from './accounts.ts';
import { secretContext, tokenContext } from './control-tokens.ts';
import { eventKeyContext } from './event-keys.ts';
import type { WlTables } from './schema.ts';
import { traderContext } from './trader-account.ts';

interface SealedColumn {
  readonly table: string;
  /** The primary key, of texts. */
  readonly key: readonly string[];
  readonly column: string;
  /** What the value of a row is sealed for; the arguments are the row's key. */
  contextOf(...key: string[]): string;
}

const contacts = (
  table: string,
  key: string,
  contextOf: (id: string, field: string) => string,
): SealedColumn[] =>
  ['name', 'email', 'phone'].map((field) => ({
    ...{ table, key: [key], column: `${field}_sealed` },
    contextOf: (id = '') => contextOf(id, field),
  }));

/** Every sealed column of a white label's database. */
export const WL_SEALED_COLUMNS: readonly SealedColumn[] = [
  ...contacts('account', 'account_id', accountContext),
  ...contacts('trader_account', 'trader_id', traderContext),
  {
    ...{ table: 'control_token', key: ['kind', 'audience'], column: 'token_sealed' },
    contextOf: (kind = '', audience = '') => tokenContext(kind, audience),
  },
  {
    ...{ table: 'control_secret', key: ['name'], column: 'secret_sealed' },
    contextOf: (name = '') => secretContext(name),
  },
  {
    ...{ table: 'event_key', key: ['kid'], column: 'private_sealed' },
    contextOf: (kid = '') => eventKeyContext(kid),
  },
];

/** Rows of one transaction: short enough that no buyer waits for its account. */
const RESEAL_BATCH = 50;

/**
 * Seals again, under the current key, whatever an older one sealed; after that the older key may be
 * taken out of the configuration. Answers the values sealed.
 */
export async function resealWl(db: Kysely<WlTables>, sealer: Sealer): Promise<number> {
  let count = 0;
  for (const column of WL_SEALED_COLUMNS) {
    let after: readonly string[] | undefined = column.key.map(() => '');
    while (after !== undefined) {
      const batch = await resealBatch(db, sealer, { column, after });
      count += batch.sealed;
      after = batch.last;
    }
  }
  return count;
}

interface Batch {
  readonly column: SealedColumn;
  /** The key of the row after which to go on. */
  readonly after: readonly string[];
}

async function resealBatch(
  db: Kysely<WlTables>,
  sealer: Sealer,
  { column: { contextOf, ...names }, after }: Batch,
): Promise<{ sealed: number; last: readonly string[] | undefined }> {
  const table = sql.table(names.table);
  const column = sql.ref(names.column);
  const key = sql.join(names.key.map((name) => sql.ref(name)));
  const row = (values: readonly string[]): RawBuilder<unknown> => sql`(${sql.join([...values])})`;
  return inTransaction(db, async (tx) => {
    const { rows } = await sql<{ key: string[]; sealed: string }>`
      SELECT array[${key}] AS key, ${column} AS sealed FROM ${table}
       WHERE ${column} IS NOT NULL AND (${key}) > ${row(after)}
       ORDER BY ${key} LIMIT ${RESEAL_BATCH} FOR NO KEY UPDATE`.execute(tx);
    const stale = rows.filter(({ sealed }) => sealer.isStale(sealed));
    for (const value of stale) {
      const context = contextOf(...value.key);
      const sealed = sealer.seal(context, sealer.open(context, value.sealed));
      await sql`UPDATE ${table} SET ${column} = ${sealed} WHERE (${key}) = ${row(value.key)}`.execute(
        tx,
      );
    }
    return { sealed: stale.length, last: rows.at(-1)?.key };
  });
}
