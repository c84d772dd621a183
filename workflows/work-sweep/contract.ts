/** Starts ordered work that has no open run; runs on the Control Plane's queue by schedule. */
export const WORK_SWEEP = 'workSweep';

export interface WorkSweepResult {
  /** Orders that are not done. */
  readonly looked: number;
  /** Those that had no open run. */
  readonly started: number;
  /** Those that could not be started now; the next sweep looks at them again. */
  readonly failed: number;
}

export interface WorkSweepActivities {
  sweepWork(): Promise<WorkSweepResult>;
}
