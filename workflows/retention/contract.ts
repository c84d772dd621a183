/** Forgets what is too old at the Control Plane; runs on its queue by schedule. */
export const RETENTION = 'retention';

export interface RetentionResult {
  /** Days of events that were dropped as a whole. */
  readonly days: number;
  /** Rows of everything else: ids of events, refused events, expired tokens, done work. */
  readonly rows: number;
}

export interface RetentionActivities {
  /** Makes the next day's table of events and drops those of long ago. */
  turnDays(): Promise<{ readonly days: number }>;
  /** Forgets rows by age, some thousands at a time. */
  forgetRows(): Promise<{ readonly rows: number }>;
}
