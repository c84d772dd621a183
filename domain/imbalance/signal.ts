import type { SignalAction } from './verdict.ts';

/** Where a WL takes signals (CONTRACTS.md, WL node). */
export const SIGNAL_PATH = '/api/v2/control-plane/imbalance/signals';

/** TEST is answered as applied and changes nothing: no number of a pair is used for it. */
export type SentAction = SignalAction | 'TEST';

/** What the Control Plane posts to a WL. Amounts and the number are decimal strings. */
export interface SignalMessage {
  readonly id: string;
  /** Grows with each signal of the pair; one that is not above the last changes nothing. */
  readonly sequence: string;
  readonly src: string;
  readonly dst: string;
  readonly action: SentAction;
  readonly reason: string;
  /** In src's currency, when the signal was decided. */
  readonly exposure: string;
  readonly limit: string;
  /** ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
}

/** A WL's answer; one signal always gets the first one again. */
export interface SignalAnswer {
  /** STALE: a newer signal of the pair was there before. It counts as acked. */
  readonly status: 'APPLIED' | 'STALE';
  /** When the last offer was off, or on again. */
  readonly appliedAt: string;
  readonly offersChanged: number;
}

/**
 * Whether a signal takes effect at a WL: only where its sequence is above that of the last one of
 * the pair, so late and repeated signals change nothing. Never refuses (RULES.md 3).
 */
export function judgeSequence(sequence: bigint, lastApplied: bigint): SignalAnswer['status'] {
  return sequence > lastApplied ? 'APPLIED' : 'STALE';
}

export type DeliveryState = 'PENDING' | 'SENT' | 'ACKED' | 'SUPERSEDED' | 'CANCELLED';

/** A delivery of which nothing is expected any more, unless it is redriven. */
export const FINAL_DELIVERY_STATES = ['ACKED', 'SUPERSEDED', 'CANCELLED'] as const;

export function isFinalDelivery(state: DeliveryState): boolean {
  return FINAL_DELIVERY_STATES.some((final) => final === state);
}

/**
 * The state of a signal from those of its deliveries: ACKED when all are; open as long as one is;
 * else what became of the one that was not acked (CONTRACTS.md, Control Plane).
 */
export function signalStateOf(deliveries: readonly DeliveryState[]): DeliveryState {
  const order = ['PENDING', 'SENT', 'CANCELLED', 'SUPERSEDED'] as const;
  return order.find((state) => deliveries.includes(state)) ?? 'ACKED';
}
