/** Does what a signal takes too long for one request; runs on the background queue of the WL. */
export const SIGNAL_APPLY = 'signalApply';

/** `signal-apply/<signalId>`: one run at a time, whoever starts it. */
export function signalApplyId(signalId: string): string {
  return `signal-apply/${signalId}`;
}

export interface SignalApplyInput {
  readonly signalId: string;
}

/** SUPERSEDED: a newer signal of the pair goes on in its place and is acked for both. */
export type SignalApplyResult = 'ACKED' | 'SUPERSEDED';

export interface SignalApplyActivities {
  /** Batch after batch until the last offer; false where a newer signal has taken over. */
  finishSignal(input: SignalApplyInput): Promise<{ readonly isInForce: boolean }>;
  /** Tells the Control Plane with its explicit ack, which may be repeated. */
  ackSignal(input: SignalApplyInput): Promise<void>;
}
