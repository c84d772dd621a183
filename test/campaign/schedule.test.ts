import { describe, expect, test } from '@jest/globals';
import { Chance } from '../../campaign/chance.ts';
import { Schedule } from '../../campaign/schedule.ts';

function setup(seed = 1): { schedule: Schedule; log: string[]; now: () => number } {
  let at = 0;
  const clock = { now: () => at, moveBy: async (ms: number) => void (at += ms) };
  return { schedule: new Schedule(new Chance(seed), clock), log: [], now: () => at };
}

describe('the schedule', () => {
  test('what is due at one moment happens side by side, not one after the other', async () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const { schedule, log } = setup(seed);
      for (const name of ['a', 'b']) {
        schedule.at(1_000, () => {
          schedule.spawn(name, async () => {
            for (let step = 0; step < 3; step += 1) {
              await schedule.pass();
              log.push(name);
            }
          });
        });
      }
      await schedule.run(() => false);
      orders.add(log.join(''));
    }
    expect([...orders].some((order) => order.startsWith('ab') || order.startsWith('ba'))).toBe(
      true,
    );
    expect(orders.size).toBeGreaterThan(4);
  });

  test('who lingers is let go when all the others have come as far as they can', async () => {
    const { schedule, log } = setup();
    schedule.at(0, () => {
      schedule.spawn('last', async () => {
        await schedule.pass(true);
        log.push('last');
      });
      schedule.spawn('other', async () => {
        for (let step = 0; step < 5; step += 1) await schedule.pass();
        log.push('other');
      });
    });
    await schedule.run(() => false);
    expect(log).toEqual(['other', 'last']);
  });

  test('time passes for buyers who only wait, and not before they have been told', async () => {
    const { schedule, log, now } = setup();
    const answered = Promise.withResolvers<void>();
    schedule.hold(answered.promise);
    schedule.sleep(2_000, () => {
      log.push(`told at ${now()}`);
      answered.resolve();
    });
    schedule.at(5_000, () => log.push(`later at ${now()}`));
    await schedule.run(() => false);
    expect(log).toEqual(['told at 2000', 'later at 5000']);
  });
});
