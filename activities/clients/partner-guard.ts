import {
  CircuitState,
  ConsecutiveBreaker,
  bulkhead,
  circuitBreaker,
  handleAll,
  isBrokenCircuitError,
  type BulkheadPolicy,
  type CircuitBreakerPolicy,
} from 'cockatiel';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface PartnerGuardOptions {
  /** Failures in a row that open the breaker. */
  readonly breakerFailures: number;
  readonly breakerHalfOpenMs: number;
  /** Calls under way at once towards one exporter. */
  readonly bulkheadCalls: number;
  readonly onState?: (partner: string, state: BreakerState) => void;
}

/** Thrown instead of calling: nothing was sent. */
export class NotCalled extends Error {
  override readonly name = 'NotCalled';
}

export interface PartnerGuard {
  /** For preflights: refused while the breaker is open or too many calls wait. */
  gated<T>(partner: string, call: () => Promise<T>): Promise<T>;
  /** For everything after it: waits its turn, never refused: a fact must be learned (RULES.md 5). */
  always<T>(partner: string, call: () => Promise<T>): Promise<T>;
  state(partner: string): BreakerState;
  /** Of each partner that was called. */
  states(): ReadonlyMap<string, BreakerState>;
}

interface Partner {
  readonly breaker: CircuitBreakerPolicy;
  readonly bulkhead: BulkheadPolicy;
  /** Calls that run or wait for a place. */
  calls: number;
}

const STATE_NAMES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
} as const;

/** As many preflights may wait as calls run: behind that, waiting outlasts the buyer. */
const WAITING_FACTOR = 2;

/** One breaker and bulkhead an exporter, so that a dead partner slows no other (DESIGN.md 7). */
export function createPartnerGuard(options: PartnerGuardOptions): PartnerGuard {
  const { breakerFailures, breakerHalfOpenMs, bulkheadCalls, onState } = options;
  const partners = new Map<string, Partner>();
  const of = (id: string): Partner => {
    const known = partners.get(id);
    if (known !== undefined) return known;
    const breaker = circuitBreaker(handleAll, {
      halfOpenAfter: breakerHalfOpenMs,
      breaker: new ConsecutiveBreaker(breakerFailures),
    });
    breaker.onStateChange((state) => onState?.(id, STATE_NAMES[state]));
    const made = { breaker, bulkhead: bulkhead(bulkheadCalls, Number.POSITIVE_INFINITY), calls: 0 };
    partners.set(id, made);
    return made;
  };
  const inTurn = async <T>(partner: Partner, call: () => Promise<T>): Promise<T> => {
    partner.calls += 1;
    try {
      return await partner.bulkhead.execute(call);
    } finally {
      partner.calls -= 1;
    }
  };
  return {
    async gated(id, call) {
      const partner = of(id);
      if (partner.calls >= bulkheadCalls * WAITING_FACTOR) {
        throw new NotCalled('too many calls are under way');
      }
      try {
        return await inTurn(partner, () => partner.breaker.execute(call));
      } catch (error) {
        if (!isBrokenCircuitError(error)) throw error;
        throw new NotCalled('the breaker is open', { cause: error });
      }
    },
    always: (id, call) => inTurn(of(id), call),
    state: (id) => STATE_NAMES[of(id).breaker.state],
    states: () =>
      new Map([...partners].map(([id, { breaker }]) => [id, STATE_NAMES[breaker.state]])),
  };
}
