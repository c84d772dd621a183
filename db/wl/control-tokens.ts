import { sql, type Kysely } from 'kysely';
import type { Json } from '../../domain/shared/canonical.ts';
import type { Sealer } from '../sealed.ts';
import type { WlTables } from './schema.ts';

/** A token that the Control Plane issued to this WL. */
export interface StoredToken {
  /** WL: for the Control Plane itself. PEER: for the WL named by the audience. */
  readonly kind: 'WL' | 'PEER';
  readonly audience: string;
  readonly token: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Names of the secrets that the Control Plane shares with this WL. */
export const POLICY_SECRET = 'policy';
export const SIGNAL_SECRET = 'signal';

/** What a sealed token is bound to; the rotation of keys names it too. */
export const tokenContext = (kind: string, audience: string): string =>
  `control_token/${kind}/${audience}`;
export const secretContext = (name: string): string => `control_secret/${name}`;

/** Keeps a token unless a younger one is there already: refreshes may overtake each other. */
export async function saveToken(
  db: Kysely<WlTables>,
  sealer: Sealer,
  token: StoredToken,
): Promise<void> {
  const values = {
    token_sealed: sealer.seal(tokenContext(token.kind, token.audience), token.token),
    issued_at: token.issuedAt,
    expires_at: token.expiresAt,
  };
  await db
    .insertInto('control_token')
    .values({ kind: token.kind, audience: token.audience, ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['kind', 'audience'])
        .doUpdateSet(values)
        .where('control_token.issued_at', '<=', token.issuedAt),
    )
    .execute();
}

/** The stored token, expired or not; the caller knows the time. */
export async function readToken(
  db: Kysely<WlTables>,
  sealer: Sealer,
  kind: StoredToken['kind'],
  audience: string,
): Promise<StoredToken | undefined> {
  const row = await db
    .selectFrom('control_token')
    .selectAll()
    .where('kind', '=', kind)
    .where('audience', '=', audience)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    kind,
    audience,
    token: sealer.open(tokenContext(kind, audience), row.token_sealed),
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
  };
}

export async function saveSecret(
  db: Kysely<WlTables>,
  sealer: Sealer,
  name: string,
  secret: string,
): Promise<void> {
  const secret_sealed = sealer.seal(secretContext(name), secret);
  await db
    .insertInto('control_secret')
    .values({ name, secret_sealed })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ secret_sealed, stored_at: sql`clock()` }),
    )
    .execute();
}

export async function readSecret(
  db: Kysely<WlTables>,
  sealer: Sealer,
  name: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('control_secret')
    .select('secret_sealed')
    .where('name', '=', name)
    .executeTakeFirst();
  return row && sealer.open(secretContext(name), row.secret_sealed);
}

export interface StoredDocument {
  readonly document: unknown;
  readonly storedAt: Date;
}

/** Keeps a small document (JWKS, the pull's ETag…) under its name; also marks it as fresh. */
export async function saveDocument(
  db: Kysely<WlTables>,
  name: string,
  document: Json,
): Promise<void> {
  const text = JSON.stringify(document);
  await db
    .insertInto('control_document')
    .values({ name, document: text })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ document: text, stored_at: sql`clock()` }),
    )
    .execute();
}

export async function readDocument(
  db: Kysely<WlTables>,
  name: string,
): Promise<StoredDocument | undefined> {
  const row = await db
    .selectFrom('control_document')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst();
  return row && { document: row.document, storedAt: row.stored_at };
}
