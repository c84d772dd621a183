import { headKey, isSignedHead, kidOfHead } from '../../db/audit-head.ts';
import { recordRefusedHead, storeHead } from '../../db/wl/audit-heads.ts';
import type { ChainPoint } from '../../domain/audit/chain.ts';
import type { HeadRefusal, SignedHead } from '../../domain/audit/head.ts';
import { CONTROL_PLANE } from '../../runtime/tokens.ts';
import type { GovernanceDeps } from './deps.ts';

/** What was pulled about the chain, and what was known of it before the pull was sent. */
export interface PulledHead {
  readonly head: SignedHead;
  readonly floor: ChainPoint | undefined;
  readonly correlationId: string;
}

/**
 * Verifies and stores the head of the Control Plane's audit chain. A refused one is written down
 * and told, and is pulled again until it is explained; the policies that came with it hold all the
 * same, because a block must reach us in bad times above all. True where nothing was refused.
 */
export async function takeHead(deps: GovernanceDeps, pulled: PulledHead): Promise<boolean> {
  const refusal = await refusalOf(deps, pulled);
  if (refusal === undefined) return true;
  deps.onHeadRefused({ refusal, seq: pulled.head.seq, hash: pulled.head.hash });
  // A key that we can't fetch says nothing about the chain.
  if (refusal !== 'KEY_UNKNOWN') await recordRefusedHead(deps.db, { ...pulled, refusal });
  return false;
}

async function refusalOf(
  { db, keys }: GovernanceDeps,
  { head, floor }: PulledHead,
): Promise<HeadRefusal | undefined> {
  const kid = kidOfHead(head);
  if (kid === undefined) return 'SIGNATURE_INVALID';
  const published = await keys.keysFor(kid);
  if (published === undefined) return 'KEY_UNKNOWN';
  const key = published.sub === CONTROL_PLANE ? headKey({ ...published.jwk }) : undefined;
  if (key === undefined || !(await isSignedHead(head, key))) return 'SIGNATURE_INVALID';
  const stored = await storeHead(db, head, floor);
  return stored === 'STORED' || stored === 'KNOWN' ? undefined : stored;
}
