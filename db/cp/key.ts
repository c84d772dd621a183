import { sql, type Kysely } from 'kysely';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { keysWorkflowId, revisionWork } from '../../domain/work/revision-orders.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import { partnerIds, reachableIds } from './revision-order.ts';
import type { Author, CpSchema, CpTransaction, KeyState } from './schema.ts';
import { openColumn } from './sealed-columns.ts';
import { orderWork } from './work-order.ts';

/** Owner of the keys that sign for operators and for the audit head. */
export const CONTROL_PLANE_OWNER = 'control-plane';

/** A WL id, or CONTROL_PLANE_OWNER. */
export type KeyOwner = string;

/** A key pair made outside any transaction, because making one takes a while. */
export interface NewSigningKey {
  readonly kid: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly privateSealed: string;
}

export interface NewKeyPair {
  readonly current: NewSigningKey;
  readonly next: NewSigningKey;
}

export interface PublishedKey {
  readonly kid: string;
  readonly owner: KeyOwner;
  readonly state: KeyState;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

/** Gives a new owner its current and its next key. */
export async function insertKeys(
  tx: CpTransaction,
  owner: KeyOwner,
  keys: NewKeyPair,
): Promise<void> {
  await insertKey(tx, owner, { ...keys.current, state: 'CURRENT' });
  await insertKey(tx, owner, { ...keys.next, state: 'NEXT' });
}

/** Gives the Control Plane its own keys at the first start; `make` runs only where none are there. */
export async function ensureControlPlaneKeys(
  db: Kysely<CpSchema>,
  author: Author,
  make: () => Promise<NewKeyPair>,
): Promise<boolean> {
  if ((await currentKid(db, CONTROL_PLANE_OWNER)) !== undefined) return false;
  const keys = await make();
  return inTransaction(db, async (tx) => {
    // Two processes start together: the audit head's lock lets one of them be the first.
    await sql`SELECT 1 FROM audit_head FOR NO KEY UPDATE`.execute(tx);
    if ((await currentKid(tx, CONTROL_PLANE_OWNER)) !== undefined) return false;
    await insertKeys(tx, CONTROL_PLANE_OWNER, keys);
    await appendAudit(tx, {
      ...author,
      action: 'keys.created',
      subject: `keys/${CONTROL_PLANE_OWNER}`,
      before: null,
      after: { current: keys.current.kid, next: keys.next.kid },
    });
    return true;
  });
}

/** What rotate and revoke did: kids of the owner's current and next key now. */
export interface KeyOutcome {
  readonly current: string;
  readonly next: string;
}

/**
 * next becomes current, current retires: its tokens verify until `overlapSeconds` are over, by when
 * the last of them has expired.
 */
export function rotateKeys(
  db: Kysely<CpSchema>,
  request: {
    readonly owner: KeyOwner;
    readonly next: NewSigningKey;
    readonly overlapSeconds: number;
    readonly author: Author;
  },
): Promise<Result<KeyOutcome, 'NOT_FOUND'>> {
  const { owner, next, overlapSeconds, author } = request;
  return inTransaction(db, async (tx) => {
    const before = await lockKeys(tx, owner);
    if (before === undefined) return refuse('NOT_FOUND');
    await sql`UPDATE signing_key SET state = 'RETIRING',
        retire_at = clock() + ${overlapSeconds} * interval '1 second'
      WHERE kid = ${before.current}`.execute(tx);
    const after = await promote(tx, owner, { before, next });
    await appendAudit(tx, {
      ...author,
      action: 'keys.rotated',
      subject: `keys/${owner}`,
      before: { ...before },
      after: { ...after },
    });
    return ok(after);
  });
}

/** Ends a key at once: its tokens verify nowhere any more. CONFLICT: it was revoked before. */
export function revokeKey(
  db: Kysely<CpSchema>,
  request: {
    readonly owner: KeyOwner;
    readonly kid: string;
    readonly next: NewSigningKey;
    readonly author: Author;
  },
): Promise<Result<KeyOutcome, 'NOT_FOUND' | 'CONFLICT'>> {
  const { owner, kid, next, author } = request;
  return inTransaction(db, async (tx): Promise<Result<KeyOutcome, 'NOT_FOUND' | 'CONFLICT'>> => {
    const before = await lockKeys(tx, owner);
    if (before === undefined) return refuse('NOT_FOUND');
    const key = await ownedBy(tx, owner).select('state').where('kid', '=', kid).executeTakeFirst();
    if (key === undefined) return refuse('NOT_FOUND');
    if (key.state === 'REVOKED') return refuse('CONFLICT');
    await sql`UPDATE signing_key SET state = 'REVOKED', revoked_at = clock()
      WHERE kid = ${kid}`.execute(tx);
    const after = await replaceRevoked(tx, owner, { before, kid, next });
    await appendAudit(tx, {
      ...author,
      action: 'keys.revoked',
      subject: `keys/${owner}`,
      before: { ...before, kid, state: key.state },
      after: { ...after },
    });
    await orderNudges(tx, { owner, kid, author });
    return ok(after);
  });
}

/** What verifiers may trust: next, current and those retiring whose tokens may still be alive. */
export async function publishedKeys(db: Kysely<CpSchema>): Promise<PublishedKey[]> {
  const rows = await db
    .selectFrom('signing_key')
    .select(['kid', 'wl_id', 'state', 'public_jwk'])
    .where('state', '!=', 'REVOKED')
    .where((where) => where.or([where('retire_at', 'is', null), sql<boolean>`retire_at > clock()`]))
    .orderBy('wl_id')
    .orderBy('created_at')
    .orderBy('kid')
    .execute();
  return rows.map(publishedOf);
}

export async function publishedKey(
  db: Kysely<CpSchema>,
  kid: string,
): Promise<PublishedKey | undefined> {
  const row = await db
    .selectFrom('signing_key')
    .select(['kid', 'wl_id', 'state', 'public_jwk'])
    .where('kid', '=', kid)
    .where('state', '!=', 'REVOKED')
    .where((where) => where.or([where('retire_at', 'is', null), sql<boolean>`retire_at > clock()`]))
    .executeTakeFirst();
  return row === undefined ? undefined : publishedOf(row);
}

/** The id of the key that signs for this owner now. */
export async function currentKid(
  db: Kysely<CpSchema>,
  owner: KeyOwner,
): Promise<string | undefined> {
  const query = ownedBy(db, owner).select('kid').where('state', '=', 'CURRENT');
  return (await query.executeTakeFirst())?.kid;
}

/** The private key of that id as JWK text. */
export async function privateKey(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  kid: string,
): Promise<string | undefined> {
  const query = db.selectFrom('signing_key').select('private_sealed').where('kid', '=', kid);
  const row = await query.executeTakeFirst();
  return openColumn(sealer, 'signing_key.private_sealed', row?.private_sealed ?? null);
}

function ownedBy(db: Kysely<CpSchema>, owner: KeyOwner) {
  const wlId = owner === CONTROL_PLANE_OWNER ? null : owner;
  return db.selectFrom('signing_key').where('wl_id', wlId === null ? 'is' : '=', wlId);
}

async function lockKeys(tx: CpTransaction, owner: KeyOwner): Promise<KeyOutcome | undefined> {
  // The owner's row is locked in a statement of its own, so that the next one sees what the change
  // before this one committed.
  await (
    owner === CONTROL_PLANE_OWNER
      ? sql`SELECT 1 FROM audit_head FOR NO KEY UPDATE`
      : sql`SELECT 1 FROM wl WHERE id = ${owner} FOR NO KEY UPDATE`
  ).execute(tx);
  const rows = await ownedBy(tx, owner)
    .select(['kid', 'state'])
    .where('state', 'in', ['CURRENT', 'NEXT'])
    .execute();
  const current = rows.find((row) => row.state === 'CURRENT')?.kid;
  const next = rows.find((row) => row.state === 'NEXT')?.kid;
  return current === undefined || next === undefined ? undefined : { current, next };
}

/** Whoever trusted the key fetches the JWKS again; no document shows it, so nobody reports it. */
async function orderNudges(
  tx: CpTransaction,
  revoked: { readonly owner: KeyOwner; readonly kid: string; readonly author: Author },
): Promise<void> {
  const { owner, kid, author } = revoked;
  const { rows } = await sql<{ at: Date }>`SELECT clock() AS at`.execute(tx);
  const wlIds =
    owner === CONTROL_PLANE_OWNER
      ? await reachableIds(tx)
      : [owner, ...(await partnerIds(tx, owner))];
  await orderWork(
    tx,
    revisionWork({
      revision: keysWorkflowId(owner, kid),
      wlIds,
      committedAt: rows[0]?.at ?? new Date(),
      correlationId: author.correlationId,
    }),
  );
}

async function replaceRevoked(
  tx: CpTransaction,
  owner: KeyOwner,
  change: {
    readonly before: KeyOutcome;
    readonly kid: string;
    readonly next: NewSigningKey;
  },
): Promise<KeyOutcome> {
  const { before, kid, next } = change;
  if (kid === before.current) return promote(tx, owner, { before, next });
  if (kid !== before.next) return before;
  await insertKey(tx, owner, { ...next, state: 'NEXT' });
  return { current: before.current, next: next.kid };
}

async function promote(
  tx: CpTransaction,
  owner: KeyOwner,
  { before, next }: { readonly before: KeyOutcome; readonly next: NewSigningKey },
): Promise<KeyOutcome> {
  await sql`UPDATE signing_key SET state = 'CURRENT', activated_at = clock()
    WHERE kid = ${before.next}`.execute(tx);
  await insertKey(tx, owner, { ...next, state: 'NEXT' });
  return { current: before.next, next: next.kid };
}

async function insertKey(
  tx: CpTransaction,
  owner: KeyOwner,
  key: NewSigningKey & { readonly state: 'CURRENT' | 'NEXT' },
): Promise<void> {
  await tx
    .insertInto('signing_key')
    .values({
      kid: key.kid,
      wl_id: owner === CONTROL_PLANE_OWNER ? null : owner,
      state: key.state,
      public_jwk: JSON.stringify(key.publicJwk),
      private_sealed: key.privateSealed,
      ...(key.state === 'CURRENT' ? { activated_at: sql<Date>`clock()` } : {}),
    })
    .execute();
}

function publishedOf(row: {
  kid: string;
  wl_id: string | null;
  state: KeyState;
  public_jwk: unknown;
}): PublishedKey {
  return {
    kid: row.kid,
    owner: row.wl_id ?? CONTROL_PLANE_OWNER,
    state: row.state,
    publicJwk: row.public_jwk as Record<string, unknown>,
  };
}
