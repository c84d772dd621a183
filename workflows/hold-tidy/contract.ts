/** Marks what has expired and forgets old keys; runs on the background queue by schedule. */
export const HOLD_TIDY = 'holdTidy';

export interface HoldTidyResult {
  readonly expired: number;
  readonly keysForgotten: number;
  readonly eventsForgotten: number;
}

export interface HoldTidyActivities {
  /** Expires due holds and approvals until there are none. */
  expireHolds(): Promise<{ readonly expired: number }>;
  /** Forgets the keys of trades that have been final for a day (RULES.md 7). */
  forgetKeys(): Promise<{ readonly keysForgotten: number }>;
  /** Forgets events that the Control Plane has had for a month. */
  forgetEvents(): Promise<{ readonly eventsForgotten: number }>;
}
