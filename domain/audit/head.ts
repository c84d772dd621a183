import { canonicalJson } from '../shared/canonical.ts';
import type { ChainPoint } from './chain.ts';

/** A head as it is signed and pulled: `seq` is a decimal integer, `signature` a compact JWS. */
export interface SignedHead {
  readonly seq: string;
  readonly hash: string;
  readonly signature: string;
}

/** The text that the Control Plane signs for a head (RFC 8785). */
export function headText({ seq, hash }: Pick<SignedHead, 'seq' | 'hash'>): string {
  return canonicalJson({ hash, seq });
}

/** Why a pulled head is not stored (docs/audit.md). */
export const HEAD_REFUSALS = ['KEY_UNKNOWN', 'SIGNATURE_INVALID', 'REWRITTEN', 'REWOUND'] as const;
export type HeadRefusal = (typeof HEAD_REFUSALS)[number];

/**
 * What a verified head says beside those seen before: REWRITTEN where the same number had another
 * hash, REWOUND where the chain is shorter than it was before the pull was sent. `floor` is the
 * highest head stored by then: pulls run in parallel, and an answer may be older than what another
 * one has brought meanwhile, but never older than what was known when it was asked for.
 */
export function judgeHead(
  head: ChainPoint,
  known: { readonly floor: ChainPoint | undefined; readonly same: ChainPoint | undefined },
): 'NEW' | 'KNOWN' | 'REWRITTEN' | 'REWOUND' {
  const { floor, same } = known;
  if (same !== undefined && same.hash !== head.hash) return 'REWRITTEN';
  if (floor !== undefined && head.seq < floor.seq) return 'REWOUND';
  return same === undefined ? 'NEW' : 'KNOWN';
}
