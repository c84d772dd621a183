import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import type { CpTransaction } from './schema.ts';

export interface KeyedRequest {
  /** Method and path of the route. */
  readonly route: string;
  readonly actor: string;
  /** The header `Idempotency-Key`. */
  readonly key: string;
  /** Of the canonical body. */
  readonly fingerprint: string;
}

export interface Claim {
  /** False where an earlier request had the key. */
  readonly isFirst: boolean;
  /** What the first one made. */
  readonly subject: string;
}

/**
 * Ties a key to what its request makes, in the transaction that makes it: a twin waits for that
 * transaction and then gets its subject. IDEMPOTENCY_MISMATCH: the key came with another body.
 */
export async function claimRequestKey(
  tx: CpTransaction,
  request: KeyedRequest,
  subject: string,
): Promise<Result<Claim, 'IDEMPOTENCY_MISMATCH'>> {
  const { route, actor, key, fingerprint } = request;
  const first = await tx
    .insertInto('request_key')
    .values({ route, actor, key, fingerprint, subject })
    .onConflict((conflict) => conflict.doNothing())
    .returning('subject')
    .executeTakeFirst();
  if (first !== undefined) return ok({ isFirst: true, subject });
  const known = await tx
    .selectFrom('request_key')
    .select(['fingerprint', 'subject'])
    .where('route', '=', route)
    .where('actor', '=', actor)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  if (known.fingerprint !== fingerprint) return refuse('IDEMPOTENCY_MISMATCH');
  return ok({ isFirst: false, subject: known.subject });
}
