/** What a signal did at a WL: it took effect, or a newer one of its pair had done so before. */
export type SignalEffect = 'APPLIED' | 'STALE';

/**
 * Whether a signal takes effect at a WL: only where its sequence is above that of the last one of
 * the pair, so late and repeated signals change nothing. Never refuses (RULES.md 3).
 */
export function judgeSequence(sequence: bigint, lastApplied: bigint): SignalEffect {
  return sequence > lastApplied ? 'APPLIED' : 'STALE';
}
