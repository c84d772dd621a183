import type { DeliveryState } from '../../domain/imbalance/signal.ts';

export { SIGNAL_DISPATCH, signalWorkflowId } from '../../domain/work/orders.ts';

/** Signal: the delivery's row has changed, look now. It says nothing else, and may be lost. */
export const LOOK = 'look';

export interface SignalDispatchInput {
  readonly signalId: string;
  readonly wlId: string;
  /** Of the fact that called for the signal. */
  readonly correlationId: string;
  /** Failures in a row so far; kept over continued runs. */
  readonly failures?: number;
}

/**
 * FAILED: tried in vain. HELD: the gateway is given a rest. BUSY: enough calls to it are under way.
 * ACK: it has taken the signal (202) and will say when it is done.
 */
export type WaitReason = 'FAILED' | 'HELD' | 'BUSY' | 'ACK';

export type DeliveryStep =
  | { readonly kind: 'OVER'; readonly state: DeliveryState }
  | {
      readonly kind: 'WAIT';
      readonly reason: WaitReason;
      readonly waitMs: number;
      /** A code, an HTTP status among them; never a body. */
      readonly detail: string;
      readonly src?: string;
      readonly dst?: string;
    };

export interface DeliverInput {
  readonly signalId: string;
  readonly wlId: string;
  readonly correlationId: string;
  /** Failures in a row; the wait grows with them. */
  readonly failures: number;
  /** Holds up a workflow task meanwhile: it neither queues for the gateway nor waits for it long. */
  readonly quick: boolean;
}

export interface SignalDispatchActivities {
  /**
   * One attempt: reads the row, sends where something is to be sent, writes down how it ended. A
   * failing WL is an answer and no error; it throws only where our own database is away.
   */
  deliverSignal(input: DeliverInput): Promise<DeliveryStep>;
}
