/** Looks for trades on which the sides go on disagreeing; runs by schedule (CONTRACTS.md, events). */
export const RECONCILE = 'reconcile';

export interface ReconcileResult {
  /** Mismatches raised by this run, each with its notification. */
  readonly raised: number;
}

export interface ReconcileActivities {
  reconcileTrades(): Promise<ReconcileResult>;
}
