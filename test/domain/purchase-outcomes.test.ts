import { describe, expect, test } from '@jest/globals';
import {
  hasWorkflow,
  outcomeName,
  OUTCOMES,
  WITHOUT_A_TRADE,
} from '../../domain/purchase/outcomes.ts';
import { isPurchaseOver, PARK_REASONS } from '../../domain/purchase/trade.ts';
import { REFUSAL_CODES, REQUEST_CODES } from '../../domain/shared/codes.ts';

const reasons = OUTCOMES.flatMap(({ reason }) => (reason === null ? [] : [reason]));

describe('the outcomes of a purchase', () => {
  test('every code is some trade’s reason or without a trade, and none is both', () => {
    const parked = new Set<string>(PARK_REASONS);
    const ofTrades = new Set(reasons.filter((reason) => !parked.has(reason)));
    const all = [...ofTrades, ...WITHOUT_A_TRADE];
    expect(all.sort()).toEqual([...REFUSAL_CODES, ...REQUEST_CODES].sort());
  });

  test('a trade is parked with every park reason and with nothing else', () => {
    const parked = OUTCOMES.filter(({ state }) => state === 'NEEDS_ATTENTION');
    expect(new Set(parked.map(({ reason }) => reason))).toEqual(new Set(PARK_REASONS));
  });

  test('what is refunded or rejected has a reason, what is confirmed or reversed has none', () => {
    for (const { state, reason } of OUTCOMES) {
      const isGood = state === 'CONFIRMED' || state === 'REVERSED';
      expect(reason === null).toBe(isGood);
    }
  });

  test('no row stands twice, and all but parked ones are final', () => {
    const rows = OUTCOMES.map((outcome) => `${outcomeName(outcome)}/${outcome.from}`);
    expect(new Set(rows).size).toBe(rows.length);
    for (const { state } of OUTCOMES) {
      expect(isPurchaseOver(state)).toBe(state !== 'NEEDS_ATTENTION');
    }
  });

  test('only a rejection is decided without a workflow', () => {
    const without = OUTCOMES.filter((outcome) => !hasWorkflow(outcome));
    expect(new Set(without.map(({ state }) => state))).toEqual(new Set(['REJECTED']));
  });
});
