import { describe, expect, test } from '@jest/globals';
import { createPartnerGuard, NotCalled } from '../../activities/clients/partner-guard.ts';

const OPTIONS = { breakerFailures: 3, breakerHalfOpenMs: 20, bulkheadCalls: 2 };
const failing = (): Promise<never> => Promise.reject(new Error('no answer'));

describe('the guard of an exporter', () => {
  test('lets so many preflights run, as many wait, and refuses the next at once', async () => {
    const guard = createPartnerGuard(OPTIONS);
    const { promise, resolve } = Promise.withResolvers<string>();
    const inside = Array.from({ length: 4 }, () => guard.gated('dead', () => promise));
    await expect(guard.gated('dead', () => promise)).rejects.toThrow(NotCalled);
    await expect(guard.gated('alive', async () => 'held')).resolves.toBe('held');
    // A fact waits its turn, and is not refused.
    const fact = guard.always('dead', async () => 'known');
    resolve('late');
    expect(await Promise.all(inside)).toEqual(['late', 'late', 'late', 'late']);
    expect(await fact).toBe('known');
  });

  test('opens after failures in a row, for preflights alone, and closes after a good probe', async () => {
    const states: string[] = [];
    const guard = createPartnerGuard({
      ...OPTIONS,
      onState: (partner, state) => void states.push(`${partner} ${state}`),
    });
    const fail = () => expect(guard.gated('x', failing)).rejects.toThrow('no answer');
    await fail();
    await guard.gated('x', async () => 'in between');
    for (let failure = 0; failure < OPTIONS.breakerFailures; failure += 1) await fail();
    expect(guard.state('x')).toBe('open');
    await expect(guard.gated('x', async () => 'never')).rejects.toThrow('the breaker is open');
    await expect(guard.always('x', async () => 'a fact')).resolves.toBe('a fact');
    await expect(guard.always('x', failing)).rejects.toThrow('no answer');
    await new Promise((passed) => setTimeout(passed, 2 * OPTIONS.breakerHalfOpenMs));
    await expect(guard.gated('x', async () => 'probe')).resolves.toBe('probe');
    expect(guard.state('x')).toBe('closed');
    expect(states).toEqual(['x open', 'x half-open', 'x closed']);
  });
});
