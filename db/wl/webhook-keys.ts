import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { EventKey } from '../../domain/policy/pull-document.ts';
import { readDocument, saveDocument } from './control-tokens.ts';
import type { WlTables } from './schema.ts';

const WEBHOOK_KEYS = 'webhook-keys';

/**
 * Keeps the keys with which the Control Plane signs to us; those that the document names no more
 * verify no more. The caller has made sure that no older document comes after a newer one.
 */
export async function saveWebhookKeys(
  tx: Transaction<WlTables>,
  keys: readonly EventKey[],
): Promise<void> {
  const stored = keys.map(({ kty, crv, x, kid }) => ({ kty, crv, x, kid }));
  await saveDocument(tx, WEBHOOK_KEYS, { keys: stored });
}

/** By kid; empty until a document with keys was pulled. */
export async function readWebhookKeys(
  db: Kysely<WlTables>,
): Promise<ReadonlyMap<string, KeyObject>> {
  const stored = (await readDocument(db, WEBHOOK_KEYS))?.document as
    | { readonly keys: readonly { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string }[] }
    | undefined;
  return new Map(
    (stored?.keys ?? []).map(({ kid, ...jwk }) => [
      kid,
      createPublicKey({ key: jwk, format: 'jwk' }),
    ]),
  );
}
