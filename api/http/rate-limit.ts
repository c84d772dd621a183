import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { RATE_GROUPS, type RateGroup, type RateLimits } from '../../runtime/rate-groups.ts';
import { Problem } from './problem.ts';

export interface RateLimiters {
  /** Counts one request of `key`; throws RATE_LIMITED with Retry-After when its window is full. */
  consume(group: RateGroup, key: string): Promise<void>;
}

const MS_PER_SECOND = 1_000;

/** One window per (group, key) in this process: no caller uses up what belongs to another. */
export function createRateLimiters(limits: RateLimits): RateLimiters {
  const limiters = new Map(
    RATE_GROUPS.map((group) => {
      const { requests, windowSeconds } = limits[group];
      const options = { keyPrefix: group, points: requests, duration: windowSeconds };
      return [group, new RateLimiterMemory(options)] as const;
    }),
  );
  return {
    async consume(group, key) {
      try {
        await limiters.get(group)?.consume(key);
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / MS_PER_SECOND));
        throw new Problem('RATE_LIMITED', {
          detail: `The limit of "${group}" requests is used up; try again in ${seconds} s.`,
          headers: { 'Retry-After': String(seconds) },
        });
      }
    },
  };
}
