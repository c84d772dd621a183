import { describe, expect, test } from '@jest/globals';
import {
  expiryReason,
  HOLD_STATES,
  isCounted,
  isDue,
  isOpenHold,
  moveHold,
  traderStatus,
  type HoldState,
} from '../../domain/purchase/hold.ts';
import {
  isInSuspense,
  isLegalMove,
  isPurchaseOver,
  moveTrade,
  publicStatus,
  TRADE_STATES,
  TRADE_STEPS,
  type TradeState,
  type TradeStep,
} from '../../domain/purchase/trade.ts';

const FROM_STATES = ['NEW', ...HOLD_STATES] as const;

/** RULES.md 2, written a second time: each row's legal targets; everything else is refused. */
const HOLD_MOVES: Record<(typeof FROM_STATES)[number], string> = {
  NEW: 'HELD REJECTED CANCELLED',
  HELD: 'CAPTURED PENDING_APPROVAL REJECTED CANCELLED EXPIRED',
  PENDING_APPROVAL: 'CAPTURED REJECTED CANCELLED EXPIRED',
  CAPTURED: 'REVERSED',
  REJECTED: '',
  CANCELLED: '',
  EXPIRED: '',
  REVERSED: '',
};

describe('states of a hold', () => {
  test.each(FROM_STATES.flatMap((from) => HOLD_STATES.map((to) => [from, to] as const)))(
    'from %s to %s is as the rules say',
    (from, to) => {
      const legal = HOLD_MOVES[from].split(' ').includes(to);
      expect(moveHold(from, to)).toEqual(
        legal ? { ok: true, value: to } : { ok: false, code: 'CONFLICT' },
      );
    },
  );

  test.each<[HoldState, string, { open: boolean; counted: boolean }]>([
    ['HELD', 'HELD', { open: true, counted: true }],
    ['PENDING_APPROVAL', 'PENDING', { open: true, counted: true }],
    ['CAPTURED', 'CONFIRMED', { open: false, counted: true }],
    ['REJECTED', 'REJECTED', { open: false, counted: false }],
    ['EXPIRED', 'REJECTED', { open: false, counted: false }],
    ['CANCELLED', 'CANCELLED', { open: false, counted: false }],
    ['REVERSED', 'REVERSED', { open: false, counted: false }],
  ])('%s is %s on the wire', (state, wire, { open, counted }) => {
    expect(traderStatus(state)).toBe(wire);
    expect(isOpenHold(state)).toBe(open);
    expect(isCounted(state)).toBe(counted);
  });

  test('an expired hold and an expired approval have their own reasons', () => {
    expect(expiryReason('HELD')).toBe('HOLD_EXPIRED');
    expect(expiryReason('PENDING_APPROVAL')).toBe('APPROVAL_EXPIRED');
  });

  test('a hold is over at its expiry, not after it', () => {
    const expiry = new Date('2026-01-06T12:00:00.000Z');
    expect(isDue(new Date(expiry.getTime() - 1), expiry)).toBe(false);
    expect(isDue(expiry, expiry)).toBe(true);
  });
});

const PARKED_FROM = 'FUNDED AWAITING_APPROVAL UNCERTAIN';

/** RULES.md 4, written a second time: state, step, and where it may lead. */
const TRADE_MOVES: readonly (readonly [TradeState, TradeStep, string])[] = [
  ['REQUESTED', 'fund', 'FUNDED'],
  ['REQUESTED', 'reject', 'REJECTED'],
  ['FUNDED', 'settle', 'CONFIRMED'],
  ['FUNDED', 'refund', 'COMPENSATED'],
  ['FUNDED', 'await-approval', 'AWAITING_APPROVAL'],
  ['FUNDED', 'mark-uncertain', 'UNCERTAIN'],
  ['FUNDED', 'park', 'NEEDS_ATTENTION'],
  ['AWAITING_APPROVAL', 'settle', 'CONFIRMED'],
  ['AWAITING_APPROVAL', 'refund', 'COMPENSATED'],
  ['AWAITING_APPROVAL', 'mark-uncertain', 'UNCERTAIN'],
  ['AWAITING_APPROVAL', 'park', 'NEEDS_ATTENTION'],
  ['UNCERTAIN', 'settle', 'CONFIRMED'],
  ['UNCERTAIN', 'refund', 'COMPENSATED'],
  ['UNCERTAIN', 'await-approval', 'AWAITING_APPROVAL'],
  ['UNCERTAIN', 'park', 'NEEDS_ATTENTION'],
  ['NEEDS_ATTENTION', 'unpark', PARKED_FROM],
  ['NEEDS_ATTENTION', 'override', 'CONFIRMED COMPENSATED'],
  ['CONFIRMED', 'begin-reversal', 'REVERSING'],
  ['REVERSING', 'finish-reversal', 'REVERSED'],
];

function targetsOf(from: TradeState, step: TradeStep): string[] {
  const row = TRADE_MOVES.find(([state, name]) => state === from && name === step);
  return row === undefined ? [] : row[2].split(' ');
}

describe('states of a trade', () => {
  const pairs = TRADE_STATES.flatMap((from) => TRADE_STEPS.map((step) => [from, step] as const));

  test.each(pairs)('%s with %s is as the rules say', (from, step) => {
    const targets = targetsOf(from, step);
    for (const to of TRADE_STATES) {
      const legal = targets.includes(to);
      expect([to, isLegalMove(from, step, to)]).toEqual([to, legal]);
      expect([to, moveTrade(from, step, to).ok]).toEqual([to, legal]);
    }
    const [only] = targets;
    expect(moveTrade(from, step)).toEqual(
      targets.length === 1 ? { ok: true, value: only } : { ok: false, code: 'CONFLICT' },
    );
  });

  test.each<[TradeState, string, { over: boolean; suspense: boolean }]>([
    ['REQUESTED', 'PENDING', { over: false, suspense: false }],
    ['FUNDED', 'PENDING', { over: false, suspense: true }],
    ['AWAITING_APPROVAL', 'PENDING', { over: false, suspense: true }],
    ['UNCERTAIN', 'PENDING', { over: false, suspense: true }],
    ['NEEDS_ATTENTION', 'PENDING', { over: false, suspense: true }],
    ['CONFIRMED', 'CONFIRMED', { over: true, suspense: false }],
    ['REVERSING', 'CONFIRMED', { over: true, suspense: false }],
    ['REVERSED', 'REVERSED', { over: true, suspense: false }],
    ['REJECTED', 'REJECTED', { over: true, suspense: false }],
    ['COMPENSATED', 'REJECTED', { over: true, suspense: false }],
  ])('%s is %s to the public', (state, told, { over, suspense }) => {
    expect(publicStatus(state)).toBe(told);
    expect(isPurchaseOver(state)).toBe(over);
    expect(isInSuspense(state)).toBe(suspense);
  });
});
