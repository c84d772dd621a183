import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import { invariant } from '../../domain/shared/invariant.ts';
import { webhookKeysWorkflowId } from '../../domain/work/revision-orders.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import { orderRevision, reachableIds } from './revision-order.ts';
import type { Author, CpSchema, CpTransaction } from './schema.ts';
import { openColumn, sealColumn } from './sealed-columns.ts';

/** The Ed25519 key under which the Control Plane signs signals (`v1a` of Standard Webhooks). */
export interface WebhookKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

export interface PublicWebhookKey {
  readonly kid: string;
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  /** The audit row of its last change, by which a pulled document is known to be newer. */
  readonly changeSeq: bigint;
}

export interface RotatedWebhookKeys {
  readonly current: string;
  readonly next: string;
  /** The one that has signed until now; absent where nothing had been signed yet. */
  readonly retiring?: { readonly kid: string; readonly until: Date } | undefined;
}

type Row = { readonly kid: string; readonly private_sealed: string };

/** The current key; made by whoever asks first, together with the one after it. */
export async function currentWebhookKey(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  author: Author,
): Promise<WebhookKey> {
  const known = (await readCurrent(db)) ?? (await makeFirst(db, sealer, author));
  return open(known, sealer);
}

/** Public halves of every key that signs, will sign next or has just signed, newest first. */
export async function publicWebhookKeys(
  db: Kysely<CpSchema> | CpTransaction,
): Promise<PublicWebhookKey[]> {
  const rows = await db
    .selectFrom('webhook_key')
    .select(['kid', 'public_jwk', 'change_seq'])
    .where(sql<boolean>`retired_at IS NULL OR retired_at > clock()`)
    .orderBy('created_at', 'desc')
    .orderBy('kid')
    .execute();
  return rows.map(({ kid, public_jwk: jwk, change_seq: changeSeq }) => {
    const { x } = jwk as { x: string };
    return { kid, kty: 'OKP', crv: 'Ed25519', x, changeSeq };
  });
}

/**
 * The next key begins to sign, and another is made known for the time after it. The old one verifies
 * for `overlapSeconds` more, because deliveries that it has signed may still be under way.
 */
export function rotateWebhookKeys(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  { overlapSeconds, author }: { readonly overlapSeconds: number; readonly author: Author },
): Promise<RotatedWebhookKeys> {
  return inTransaction(db, async (tx) => {
    await lockKeys(tx);
    const old = await retireCurrent(tx, overlapSeconds);
    const current = await activateNext(tx, sealer);
    const next = await insertKey(tx, sealer, { isActive: false });
    const seq = await appendAudit(tx, {
      ...author,
      action: 'webhook-key.rotated',
      subject: 'keys/webhook',
      before: { current: old?.kid ?? null },
      after: { current, next: next.kid, retiresAt: old?.until.toISOString() ?? null },
    });
    await tx
      .updateTable('webhook_key')
      .set({ change_seq: seq })
      .where('kid', 'in', [current, next.kid, ...(old === undefined ? [] : [old.kid])])
      .execute();
    await orderRevision(tx, {
      ...{ revision: webhookKeysWorkflowId(current), kind: 'WEBHOOK_KEYS', seq },
      ...{ wlIds: await reachableIds(tx), correlationId: author.correlationId },
    });
    return { current, next: next.kid, ...(old !== undefined && { retiring: old }) };
  });
}

/** Two processes change keys together: the audit head's lock lets one of them be the first. */
async function lockKeys(tx: CpTransaction): Promise<void> {
  await sql`SELECT 1 FROM audit_head FOR NO KEY UPDATE`.execute(tx);
}

async function readCurrent(db: Kysely<CpSchema> | CpTransaction): Promise<Row | undefined> {
  return db
    .selectFrom('webhook_key')
    .select(['kid', 'private_sealed'])
    .where('activated_at', 'is not', null)
    .where('retired_at', 'is', null)
    .executeTakeFirst();
}

async function retireCurrent(
  tx: CpTransaction,
  overlapSeconds: number,
): Promise<{ kid: string; until: Date } | undefined> {
  const { rows } = await sql<{ kid: string; until: Date }>`
    UPDATE webhook_key SET retired_at = clock() + ${overlapSeconds} * interval '1 second'
     WHERE activated_at IS NOT NULL AND retired_at IS NULL
    RETURNING kid, retired_at AS until`.execute(tx);
  return rows[0];
}

/** Databases of before rotation have no next key: there a new one begins at once. */
async function activateNext(tx: CpTransaction, sealer: Sealer): Promise<string> {
  const { rows } = await sql<{ kid: string }>`
    UPDATE webhook_key SET activated_at = clock() WHERE activated_at IS NULL
    RETURNING kid`.execute(tx);
  return rows[0]?.kid ?? (await insertKey(tx, sealer, { isActive: true })).kid;
}

async function makeFirst(db: Kysely<CpSchema>, sealer: Sealer, author: Author): Promise<Row> {
  return inTransaction(db, async (tx) => {
    await lockKeys(tx);
    const known = await readCurrent(tx);
    if (known !== undefined) return known;
    const current = await insertKey(tx, sealer, { isActive: true });
    const next = await insertKey(tx, sealer, { isActive: false });
    const seq = await appendAudit(tx, {
      ...author,
      action: 'webhook-key.created',
      subject: 'keys/webhook',
      before: null,
      after: { kid: current.kid, next: next.kid },
    });
    await tx.updateTable('webhook_key').set({ change_seq: seq }).execute();
    return current;
  });
}

async function insertKey(
  tx: CpTransaction,
  sealer: Sealer,
  { isActive }: { readonly isActive: boolean },
): Promise<Row> {
  const pair = generateKeyPairSync('ed25519');
  const { x } = pair.publicKey.export({ format: 'jwk' });
  invariant(x !== undefined, 'an Ed25519 key has x');
  const jwk = { crv: 'Ed25519', kty: 'OKP', x };
  // RFC 7638: the members in the order of their names.
  const kid = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url');
  const clear = JSON.stringify(pair.privateKey.export({ format: 'jwk' }));
  const private_sealed = sealColumn(sealer, 'webhook_key.private_sealed', clear);
  const activated_at = isActive ? sql<Date>`clock()` : null;
  await tx
    .insertInto('webhook_key')
    .values({ kid, public_jwk: JSON.stringify(jwk), private_sealed, activated_at })
    .execute();
  return { kid, private_sealed };
}

function open({ kid, private_sealed }: Row, sealer: Sealer): WebhookKey {
  const clear = openColumn(sealer, 'webhook_key.private_sealed', private_sealed);
  invariant(clear !== undefined, 'a key has its private half');
  return { kid, privateKey: createPrivateKey({ key: JSON.parse(clear), format: 'jwk' }) };
}
