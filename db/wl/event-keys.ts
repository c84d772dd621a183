import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { EventKey } from '../../domain/policy/pull-document.ts';
import type { EventSigningKey } from '../event-signature.ts';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import type { WlTables } from './schema.ts';

/** Two processes that start together must not make two keys; any constant will do. */
const EVENT_KEY_LOCK = 7_265_002;

export const eventKeyContext = (kid: string): string => `event_key/${kid}`;

/** Makes the event key where there is none; the same call in another process finds it. */
export async function ensureEventKey(db: Kysely<WlTables>, sealer: Sealer): Promise<void> {
  await inTransaction(db, async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(${EVENT_KEY_LOCK})`.execute(tx);
    const known = await tx.selectFrom('event_key').select('kid').limit(1).executeTakeFirst();
    if (known !== undefined) return;
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { x = '' } = publicKey.export({ format: 'jwk' });
    const kid = thumbprintOf(x);
    const jwk: EventKey = { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    await tx
      .insertInto('event_key')
      .values({
        kid,
        public_jwk: JSON.stringify(jwk),
        private_sealed: sealer.seal(eventKeyContext(kid), pem),
      })
      .execute();
  });
}

/** The public halves, newest first: what partners verify this WL's events with. */
export async function readEventKeys(
  db: Kysely<WlTables>,
): Promise<{ readonly keys: readonly EventKey[] }> {
  const rows = await db
    .selectFrom('event_key')
    .select('public_jwk')
    .orderBy('created_at', 'desc')
    .orderBy('kid')
    .execute();
  return { keys: rows.map((row) => row.public_jwk as EventKey) };
}

/** The newest key, of those named where names are given; undefined where there is none. */
export async function openEventKey(
  db: Kysely<WlTables>,
  sealer: Sealer,
  among?: readonly string[],
): Promise<EventSigningKey | undefined> {
  let query = db.selectFrom('event_key').selectAll();
  if (among !== undefined) query = query.where('kid', '=', sql<string>`ANY(${among}::text[])`);
  const row = await query.orderBy('created_at', 'desc').orderBy('kid').executeTakeFirst();
  if (row === undefined) return undefined;
  const pem = sealer.open(eventKeyContext(row.kid), row.private_sealed);
  return { kid: row.kid, privateKey: createPrivateKey(pem) };
}

/** RFC 7638 for an Ed25519 key: the members stand in alphabetical order. */
function thumbprintOf(x: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
}
