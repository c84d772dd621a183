import { sql, type Kysely, type Transaction } from 'kysely';
import type { PulledRevocationList } from '../../domain/policy/pull-document.ts';
import { readDocument } from './control-tokens.ts';
import type { WlTables } from './schema.ts';

const REVOCATION_LIST = 'crl';

/** Keeps a pulled list unless a later one is there already: pulls run in parallel. */
export async function saveRevocationList(
  tx: Transaction<WlTables>,
  list: PulledRevocationList,
): Promise<void> {
  await tx
    .insertInto('control_document')
    .values({ name: REVOCATION_LIST, document: JSON.stringify(list) })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet((row) => ({ document: row.ref('excluded.document'), stored_at: sql`clock()` }))
        .where(
          sql<boolean>`(control_document.document->>'number')::numeric < ${list.number}::numeric`,
        ),
    )
    .execute();
}

/** The list that counts here, as it was pulled; undefined before the first revocation. */
export async function storedRevocationList(
  db: Kysely<WlTables>,
): Promise<PulledRevocationList | undefined> {
  return (await readDocument(db, REVOCATION_LIST))?.document as PulledRevocationList | undefined;
}
