import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { EventKey } from '../../domain/policy/pull-document.ts';
import type { EventSigningKey } from '../event-signature.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import type { ChangeContext } from './accounts.ts';
import type { WlTables } from './schema.ts';

/** Two processes that start together must not make two keys; any constant will do. */
const EVENT_KEY_LOCK = 7_265_002;

export const eventKeyContext = (kid: string): string => `event_key/${kid}`;

/**
 * How long a replaced key stays published: whoever has an event on its way, or looks at one of today,
 * still finds the key that signed it.
 */
const OVERLAP = sql`interval '1 day'`;

/** Makes the event key where there is none; the same call in another process finds it. */
export async function ensureEventKey(db: Kysely<WlTables>, sealer: Sealer): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockEventKeys(tx);
    const known = await tx.selectFrom('event_key').select('kid').limit(1).executeTakeFirst();
    if (known === undefined) await insertKey(tx, sealer);
  });
}

/**
 * Makes the next event key. It signs once the Control Plane has been told of it, which the next
 * registration does. CONFLICT: the last new one has not been registered yet.
 */
export function rotateEventKey(
  db: Kysely<WlTables>,
  sealer: Sealer,
  context: ChangeContext,
): Promise<Result<{ readonly kid: string }, 'CONFLICT'>> {
  return inTransaction(db, async (tx): Promise<Result<{ readonly kid: string }, 'CONFLICT'>> => {
    await lockEventKeys(tx);
    const newest = await newestFirst(tx).executeTakeFirst();
    if (newest !== undefined && newest.registered_at === null) return refuse('CONFLICT');
    const kid = await insertKey(tx, sealer);
    await appendAudit(tx, {
      ...context,
      action: 'event-key.rotate',
      subject: 'event-keys',
      before: newest === undefined ? null : { kid: newest.kid },
      after: { kid },
    });
    return ok({ kid });
  });
}

/** The Control Plane knows these keys now: the newest signs from here on, the others retire. */
export async function markRegistered(
  tx: Transaction<WlTables>,
  kids: readonly string[],
): Promise<void> {
  await sql`UPDATE event_key SET registered_at = clock()
    WHERE registered_at IS NULL AND kid = ANY(${kids}::text[])`.execute(tx);
  await sql`UPDATE event_key SET retired_at = clock()
    WHERE retired_at IS NULL AND created_at < (
      SELECT max(created_at) FROM event_key WHERE registered_at IS NOT NULL)`.execute(tx);
}

/** The public halves, newest first: what partners verify this WL's events with. */
export async function readEventKeys(
  db: Kysely<WlTables>,
): Promise<{ readonly keys: readonly EventKey[] }> {
  const rows = await newestFirst(db)
    .where(sql<boolean>`retired_at IS NULL OR retired_at > clock() - ${OVERLAP}`)
    .execute();
  return { keys: rows.map((row) => row.public_jwk as EventKey) };
}

/** The newest key, of those named where names are given; undefined where there is none. */
export async function openEventKey(
  db: Kysely<WlTables>,
  sealer: Sealer,
  among?: readonly string[],
): Promise<EventSigningKey | undefined> {
  const rows = await newestFirst(db)
    .$if(among !== undefined, (query) =>
      query.where('kid', '=', sql<string>`ANY(${among ?? []}::text[])`),
    )
    .execute();
  const row = rows.find(({ registered_at }) => registered_at !== null) ?? rows[0];
  if (row === undefined) return undefined;
  const pem = sealer.open(eventKeyContext(row.kid), row.private_sealed);
  return { kid: row.kid, privateKey: createPrivateKey(pem) };
}

async function lockEventKeys(tx: Transaction<WlTables>): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${EVENT_KEY_LOCK})`.execute(tx);
}

function newestFirst(db: Kysely<WlTables>) {
  return db.selectFrom('event_key').selectAll().orderBy('created_at', 'desc').orderBy('kid');
}

async function insertKey(tx: Transaction<WlTables>, sealer: Sealer): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const kid = thumbprintOf(x);
  const jwk: EventKey = { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const private_sealed = sealer.seal(eventKeyContext(kid), pem);
  await tx
    .insertInto('event_key')
    .values({ kid, public_jwk: JSON.stringify(jwk), private_sealed })
    .execute();
  return kid;
}

/** RFC 7638 for an Ed25519 key: the members stand in alphabetical order. */
function thumbprintOf(x: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
}
