import {
  BulkheadRejectedError,
  CircuitState,
  ConsecutiveBreaker,
  bulkhead,
  circuitBreaker,
  handleAll,
  isBrokenCircuitError,
  type BulkheadPolicy,
  type CircuitBreakerPolicy,
} from 'cockatiel';

export interface PartnerGuardOptions {
  /** Failures in a row that open the breaker. */
  readonly breakerFailures: number;
  readonly breakerHalfOpenMs: number;
  /** Calls under way at once towards one exporter. */
  readonly bulkheadCalls: number;
  readonly onState?: (partner: string, state: 'closed' | 'open' | 'half-open') => void;
}

/** Thrown instead of calling: nothing was sent. */
export class NotCalled extends Error {
  override readonly name = 'NotCalled';
}

export interface PartnerGuard {
  /** For preflights: refused while the breaker is open or the bulkhead full. */
  gated<T>(partner: string, call: () => Promise<T>): Promise<T>;
  /** For everything after it: never refused, because a fact must be learned (RULES.md 5). */
  counted<T>(partner: string, call: () => Promise<T>): Promise<T>;
  state(partner: string): 'closed' | 'open' | 'half-open';
}

interface Partner {
  readonly breaker: CircuitBreakerPolicy;
  readonly preflights: BulkheadPolicy;
  readonly others: BulkheadPolicy;
}

const STATE_NAMES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
} as const;

/** As many more may wait for a place as there are places: behind that, waiting outlasts buyers. */
const QUEUE_FACTOR = 1;

/** One breaker and bulkhead an exporter, so that a dead partner slows no other (DESIGN.md 7). */
export function createPartnerGuard(options: PartnerGuardOptions): PartnerGuard {
  const { breakerFailures, breakerHalfOpenMs, bulkheadCalls, onState } = options;
  const partners = new Map<string, Partner>();
  const of = (partner: string): Partner => {
    const known = partners.get(partner);
    if (known !== undefined) return known;
    const breaker = circuitBreaker(handleAll, {
      halfOpenAfter: breakerHalfOpenMs,
      breaker: new ConsecutiveBreaker(breakerFailures),
    });
    breaker.onStateChange((state) => onState?.(partner, STATE_NAMES[state]));
    const made = {
      breaker,
      preflights: bulkhead(bulkheadCalls, bulkheadCalls * QUEUE_FACTOR),
      others: bulkhead(bulkheadCalls, Number.POSITIVE_INFINITY),
    };
    partners.set(partner, made);
    return made;
  };
  return {
    async gated(partner, call) {
      const { breaker, preflights } = of(partner);
      try {
        return await preflights.execute(() => breaker.execute(call));
      } catch (error) {
        if (isBrokenCircuitError(error)) {
          throw new NotCalled('the breaker is open', { cause: error });
        }
        if (error instanceof BulkheadRejectedError) {
          throw new NotCalled('too many calls are under way', { cause: error });
        }
        throw error;
      }
    },
    counted: (partner, call) => of(partner).others.execute(call),
    state: (partner) => STATE_NAMES[of(partner).breaker.state],
  };
}
