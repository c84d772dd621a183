import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import { invariant } from '../../domain/shared/invariant.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
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
}

type Row = { readonly kid: string; readonly private_sealed: string };

/** The current key; made by whoever asks first. */
export async function currentWebhookKey(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  author: Author,
): Promise<WebhookKey> {
  const known = await readCurrent(db);
  return open(known ?? (await make(db, sealer, author)), sealer);
}

/** Public halves, newest first, for whoever checks `v1a`. */
export async function publicWebhookKeys(db: Kysely<CpSchema>): Promise<PublicWebhookKey[]> {
  const rows = await db
    .selectFrom('webhook_key')
    .select(['kid', 'public_jwk'])
    .where('retired_at', 'is', null)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map(({ kid, public_jwk: jwk }) => {
    const { x } = jwk as { x: string };
    return { kid, kty: 'OKP', crv: 'Ed25519', x };
  });
}

async function readCurrent(db: Kysely<CpSchema> | CpTransaction): Promise<Row | undefined> {
  return db
    .selectFrom('webhook_key')
    .select(['kid', 'private_sealed'])
    .where('retired_at', 'is', null)
    .executeTakeFirst();
}

async function make(db: Kysely<CpSchema>, sealer: Sealer, author: Author): Promise<Row> {
  const pair = generateKeyPairSync('ed25519');
  const { x } = pair.publicKey.export({ format: 'jwk' });
  invariant(x !== undefined, 'an Ed25519 key has x');
  const jwk = { crv: 'Ed25519', kty: 'OKP', x };
  // RFC 7638: the members in the order of their names.
  const kid = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url');
  const clear = JSON.stringify(pair.privateKey.export({ format: 'jwk' }));
  return inTransaction(db, async (tx) => {
    // Two processes ask together: the audit head's lock lets one of them be the first.
    await sql`SELECT 1 FROM audit_head FOR NO KEY UPDATE`.execute(tx);
    const known = await readCurrent(tx);
    if (known !== undefined) return known;
    const private_sealed = sealColumn(sealer, 'webhook_key.private_sealed', clear);
    const row = { kid, public_jwk: JSON.stringify(jwk), private_sealed };
    await tx.insertInto('webhook_key').values(row).execute();
    await appendAudit(tx, {
      ...author,
      action: 'webhook-key.created',
      subject: 'keys/webhook',
      before: null,
      after: { kid },
    });
    return { kid, private_sealed };
  });
}

function open({ kid, private_sealed }: Row, sealer: Sealer): WebhookKey {
  const clear = openColumn(sealer, 'webhook_key.private_sealed', private_sealed);
  invariant(clear !== undefined, 'a key has its private half');
  return { kid, privateKey: createPrivateKey({ key: JSON.parse(clear), format: 'jwk' }) };
}
