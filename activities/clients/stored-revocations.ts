import type { Kysely } from 'kysely';
import { storedRevocationList } from '../../db/wl/revocation-list.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { readRevocationList } from '../../runtime/certificates/revocation-list.ts';

const NONE: ReadonlySet<string> = new Set();

/**
 * Reads the serials of the list that the last pull left in the database. Its signature is verified
 * once a number, although the pull has done it: whoever writes to a database revokes nobody by it.
 */
export function storedSerials(
  db: Kysely<WlTables>,
  authoritiesPem: () => string,
): () => Promise<ReadonlySet<string>> {
  let known: { readonly pem: string; readonly serials: ReadonlySet<string> } | undefined;
  return async () => {
    const stored = await storedRevocationList(db);
    if (stored === undefined) return NONE;
    if (known?.pem !== stored.pem) {
      const { serials } = await readRevocationList(stored.pem, authoritiesPem());
      known = { pem: stored.pem, serials };
    }
    return known.serials;
  };
}
