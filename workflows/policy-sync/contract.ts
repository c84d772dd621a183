/** Pulls what governs this WL; runs on the background queue by schedule, by nudge and by hand. */
export const POLICY_SYNC = 'policySync';

/** The one run that nudges meet in: a nudge while it runs makes it pull once more. */
export const POLICY_SYNC_ID = 'policy-sync';
export const PULL_SIGNAL = 'pull';

/** A policy or relationship that came into force; a policy names this WL as src and dst. */
export interface AppliedRevision {
  readonly kind: 'POLICY' | 'RELATIONSHIP';
  readonly src: string;
  readonly dst: string;
  readonly revision: number;
}

/**
 * `policy.stale`: the policy in force may be outdated, or there is none. `relationships.stale`: the
 * same of the relationships. `tokens.stale`, `keys.stale`: those could not be renewed.
 */
export type SyncWarning =
  'policy.stale' | 'relationships.stale' | 'tokens.stale' | 'keys.stale' | 'registration.pending';

export interface PolicySyncResult {
  readonly applied: readonly AppliedRevision[];
  readonly warnings: readonly SyncWarning[];
}

export type Registration = 'REGISTERED' | 'UNKNOWN' | 'UNREACHABLE';

export interface PolicySyncActivities {
  /** Tells the Control Plane where this WL is reached, until it has taken note of it. */
  register(): Promise<{ readonly registration: Registration }>;
  /** Renews the tokens that are past a fifth of their life; throws where one could not be had. */
  refreshTokens(): Promise<{ readonly renewed: number }>;
  /** Pulls and applies; throws where the Control Plane gave nothing that can be trusted. */
  pullPolicies(): Promise<{ readonly applied: readonly AppliedRevision[] }>;
  /** Fetches the keys that tokens are verified with. */
  refreshKeys(): Promise<void>;
  /** Which parts of what is in force are missing or too old; tells the Control Plane once. */
  checkStaleness(): Promise<{ readonly warnings: readonly SyncWarning[] }>;
}
