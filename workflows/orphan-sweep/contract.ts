/** Restarts what has no open run; runs on the background queue by schedule. */
export const ORPHAN_SWEEP = 'orphanSweep';

export interface SweepResult {
  /** Rows that some workflow should be working on. */
  readonly looked: number;
  /** Those that had no open run. */
  readonly started: number;
  /** Those that could not be started now; the next sweep looks at them again. */
  readonly failed: number;
}

export interface OrphanSweepActivities {
  /** Non-final trades, reversals and owed cancels of this WL as importer. */
  sweepTrades(): Promise<SweepResult>;
  /** Purchases that wait for a person at this WL as exporter. */
  sweepApprovals(): Promise<SweepResult>;
  /** The relay of this WL's events; true where it had no open run. */
  sweepRelay(): Promise<boolean>;
}
