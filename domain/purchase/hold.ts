import type { RefusalCode } from '../shared/codes.ts';
import { ok, refuse, type Result } from '../shared/result.ts';

/** States of the exporter's row, one a (requester WL, trade id) (RULES.md 2). */
export const HOLD_STATES = [
  'HELD',
  'PENDING_APPROVAL',
  'CAPTURED',
  'REJECTED',
  'CANCELLED',
  'EXPIRED',
  'REVERSED',
] as const;
export type HoldState = (typeof HOLD_STATES)[number];

/** What the exporter says on the wire (RULES.md 2, CONTRACTS.md "The trader answer"). */
export const TRADER_STATUSES = [
  'HELD',
  'PENDING',
  'CONFIRMED',
  'REJECTED',
  'CANCELLED',
  'REVERSED',
] as const;
export type TraderStatus = (typeof TRADER_STATUSES)[number];

const MOVES: Record<HoldState | 'NEW', readonly HoldState[]> = {
  NEW: ['HELD', 'REJECTED', 'CANCELLED'],
  HELD: ['CAPTURED', 'PENDING_APPROVAL', 'REJECTED', 'CANCELLED', 'EXPIRED'],
  PENDING_APPROVAL: ['CAPTURED', 'REJECTED', 'CANCELLED', 'EXPIRED'],
  CAPTURED: ['REVERSED'],
  REJECTED: [],
  CANCELLED: [],
  EXPIRED: [],
  REVERSED: [],
};

/**
 * Moves a hold, or answers CONFLICT where the table of RULES.md 2 has no such move: the first of
 * confirm, approve, reject, cancel and expiry wins, and the others get its answer.
 */
export function moveHold(from: HoldState | 'NEW', to: HoldState): Result<HoldState, 'CONFLICT'> {
  return MOVES[from].includes(to) ? ok(to) : refuse('CONFLICT');
}

const WIRE: Record<HoldState, TraderStatus> = {
  HELD: 'HELD',
  PENDING_APPROVAL: 'PENDING',
  CAPTURED: 'CONFIRMED',
  REJECTED: 'REJECTED',
  EXPIRED: 'REJECTED',
  CANCELLED: 'CANCELLED',
  REVERSED: 'REVERSED',
};

/** The wire status of a hold state; EXPIRED is REJECTED with its reason (RULES.md 2). */
export function traderStatus(state: HoldState): TraderStatus {
  return WIRE[state];
}

/** True while the row takes up stock, exposure and caps: held or waiting, but not yet final. */
export function isOpenHold(state: HoldState): boolean {
  return state === 'HELD' || state === 'PENDING_APPROVAL';
}

/** True while stock and exposure counters include the row: open or captured (RULES.md 2). */
export function isCounted(state: HoldState): boolean {
  return isOpenHold(state) || state === 'CAPTURED';
}

/** The reason an open row gets when its time is up: expiry is a fact for any reader (RULES.md 2). */
export function expiryReason(state: 'HELD' | 'PENDING_APPROVAL'): RefusalCode {
  return state === 'HELD' ? 'HOLD_EXPIRED' : 'APPROVAL_EXPIRED';
}

/** Valid iff the clock, read after the row's lock is held, is before the expiry (RULES.md 2). */
export function isDue(clock: Date, expiresAt: Date): boolean {
  return clock.getTime() >= expiresAt.getTime();
}
