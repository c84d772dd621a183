import type { RefusalCode } from '../../domain/shared/codes.ts';
import type { StoryName } from '../../test/support/trade-events.ts';

/**
 * How 250 trades went, so that 500 and 50,000 are alike in all but number. The last one of each
 * 250 is confirmed by both sides with different amounts: an open mismatch.
 */
export const STORIES_IN_250: readonly (readonly [StoryName, number])[] = [
  ['refused', 20],
  ['approved', 8],
  ['bornRefused', 8],
  ['cancelled', 4],
  ['reversed', 4],
  ['unparked', 1],
  ['held', 1],
  ['waiting', 1],
  ['parked', 1],
  ['provisional', 1],
  ['confirmed', 201],
];

/** The name of each of 250 trades, in order. */
export const STORY_CYCLE: readonly StoryName[] = STORIES_IN_250.flatMap(([name, times]) =>
  Array.from({ length: times }, () => name),
);

/** Why trades are refused, evenly. */
export const REFUSALS: readonly RefusalCode[] = [
  'OUT_OF_STOCK',
  'PRICE_CHANGED',
  'LIMIT_EXCEEDED',
  'EXPORT_POLICY_DENIED',
];

/** What happens beside 250 trades. */
export const BESIDE_250 = {
  /** With two deliveries each, and one or two attempts a delivery. */
  signals: 5,
  auditRows: 25,
  notifications: 12,
  /** One in ten of the last day. */
  quarantined: 10,
  /** With two deliveries each. */
  settlements: 1,
  /** Of relationships, each applied by both sides. */
  revisions: 2,
  resolvedMismatches: 2,
} as const;

/** Trades for each compensation plan, which heals a breach. */
export const TRADES_A_PLAN = 500;

/** The proportions as the benchmark prints them. */
export function renderProportions(): string {
  const stories = STORIES_IN_250.map(([name, times]) => `${times} ${name}`).join(', ');
  const beside = Object.entries(BESIDE_250).map(([name, times]) => `${times} ${name}`);
  return [
    `of 250 trades: ${stories}; one of the confirmed with different amounts`,
    `beside them: ${beside.join(', ')}; a plan for each ${TRADES_A_PLAN}`,
    '8 white labels, 24 directions of trade, 60 days, half of the trades in the last 15',
  ].join('\n');
}
