/** How many requests one caller (a WL, an account, a user or an address) may send in a window. */
export interface RateLimit {
  readonly requests: number;
  readonly windowSeconds: number;
}

/**
 * The named route groups with their default limits; `RATE_LIMIT_<GROUP>=requests/seconds` replaces
 * one. They stop a runaway client, not a busy one: each is several times the busiest honest use.
 */
export const RATE_LIMITS = {
  // Store pages and documents are read without a login; the caller is an address.
  public: { requests: 3_000, windowSeconds: 60 },
  // Ten purchases a second from one account is a script, not a buyer.
  buy: { requests: 600, windowSeconds: 60 },
  // A buyer page polls the status of open purchases once a second, in a few tabs.
  member: { requests: 1_200, windowSeconds: 60 },
  // A partner sends two calls a purchase, plus learning; this is 200 a second of one WL.
  trader: { requests: 12_000, windowSeconds: 60 },
  // The Control Plane nudges, signals and relays; a redrive of a day's signals must fit.
  control: { requests: 3_000, windowSeconds: 60 },
  // People and their scripts, by user.
  support: { requests: 600, windowSeconds: 60 },
  // A back office loads its catalogue in bulk.
  backoffice: { requests: 6_000, windowSeconds: 60 },
  // Each try costs an argon2 hash: guessing must not be cheaper for the caller than for us.
  login: { requests: 30, windowSeconds: 60 },
  // The console refreshes a page of panels every few seconds.
  admin: { requests: 3_000, windowSeconds: 60 },
  // A WL pulls every 30 s and fetches a token per partner and hour; start-ups come in bursts.
  wl: { requests: 1_200, windowSeconds: 60 },
  // Batches of up to 500 events: this is far above what a WL can trade.
  telemetry: { requests: 3_000, windowSeconds: 60 },
  // Failed authentication is counted by address, so that a guesser slows only itself.
  refused: { requests: 300, windowSeconds: 60 },
} as const satisfies Record<string, RateLimit>;

export type RateGroup = keyof typeof RATE_LIMITS;
export type RateLimits = Readonly<Record<RateGroup, RateLimit>>;
export const RATE_GROUPS = Object.keys(RATE_LIMITS) as readonly RateGroup[];
