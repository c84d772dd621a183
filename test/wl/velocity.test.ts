import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startWlDatabases, type TestServer } from './database.ts';
import { assertConsistent, createExporter, OTHER, PRICE, type TestExporter } from './exporter.ts';

/** Far from the hold's 90 s, so that each can pass without the other. */
const WINDOW_SECONDS = 600;
const PAST_HOLD = 91;
const LONG_MS = 60_000;

let server: TestServer;
let exporter: TestExporter;
let originOfferId: string;

beforeAll(async () => {
  server = await startWlDatabases(['velocity']);
  exporter = await createExporter(server.open('velocity'));
}, LONG_MS);
afterAll(async () => {
  await assertConsistent(exporter.wl);
  await server.stop();
});
/** Three offers' worth may be held in a window; what earlier tests held has left it. */
beforeEach(async () => {
  originOfferId = await exporter.offer(50);
  await exporter.moveClock(WINDOW_SECONDS + 1);
  await velocityOf('240.00');
});

const velocityOf = (maxAmount: string, limitMode: 'HARD' | 'SOFT' = 'HARD') =>
  exporter.relate({ limitMode, velocity: { maxAmount, windowSeconds: WINDOW_SECONDS } });
const hold = (quantity = 1) => exporter.hold({ originOfferId, quantity });
const capture = async (quantity: number): Promise<void> => {
  const answer = await exporter.confirm(await hold(quantity), { quantity });
  expect(answer.status).toBe('CONFIRMED');
};
const outcome = async (quantity = 1): Promise<string> => {
  const { status, reason } = await exporter.preflight({ originOfferId, quantity });
  return reason ?? status;
};

describe('the velocity of a relationship', () => {
  test('admits exactly its amount, and not one cent above it', async () => {
    await velocityOf('239.99');
    expect(await outcome(3)).toBe('VELOCITY_EXCEEDED');
    await velocityOf('240.00');
    expect(await outcome(3)).toBe('HELD');
    const cent = await exporter.offer(1, 1n);
    const more = await exporter.preflight({ originOfferId: cent, unitPrice: 1n });
    expect(more.reason).toBe('VELOCITY_EXCEEDED');
  });

  test('lets go of each amount as its own time leaves the window', async () => {
    await capture(2);
    await exporter.moveClock(WINDOW_SECONDS / 2);
    await capture(1);
    expect(await outcome()).toBe('VELOCITY_EXCEEDED');
    await exporter.moveClock(WINDOW_SECONDS / 2 - 10);
    expect(await outcome()).toBe('VELOCITY_EXCEEDED');
    await exporter.moveClock(10);
    expect(await outcome(2)).toBe('HELD');
    expect(await outcome()).toBe('VELOCITY_EXCEEDED');
  });

  test('counts what was captured, and not what was let go of', async () => {
    const [kept, cancelled] = [await hold(1), await hold(2)];
    await exporter.confirm(kept);
    expect(await outcome()).toBe('VELOCITY_EXCEEDED');
    await exporter.cancel(cancelled.tradeId);
    expect(await outcome(2)).toBe('HELD');
    expect(await outcome()).toBe('VELOCITY_EXCEEDED');
  });

  test('expires the holds that are due before it refuses', async () => {
    await hold(3);
    await exporter.moveClock(PAST_HOLD);
    expect(await outcome(3)).toBe('HELD');
  });

  test('is each pair’s own', async () => {
    await hold(3);
    const other = await exporter.preflight({ originOfferId, requester: OTHER, quantity: 3 });
    expect(other.status).toBe('HELD');
  });

  test('refuses nothing where the limit is SOFT', async () => {
    await velocityOf('1.00', 'SOFT');
    expect(await outcome(3)).toBe('HELD');
  });

  test('admits one of two, and three of thirty, that ask for the last of it at once', async () => {
    await hold(2);
    const two = await Promise.all([outcome(), outcome()]);
    expect(two.toSorted()).toEqual(['HELD', 'VELOCITY_EXCEEDED']);
    await exporter.moveClock(WINDOW_SECONDS + 1);
    const [first, ...rest] = await Promise.all(Array.from({ length: 30 }, () => outcome()));
    const held = [first, ...rest].filter((status) => status === 'HELD');
    expect(held).toHaveLength(3);
    const { rows } = await exporter.wl.pool.query<{ held: bigint }>(
      `SELECT sum(amount_minor)::bigint AS held FROM hold
        WHERE state = 'HELD' AND offer_id = $1 AND created_at > clock() - interval '10 minutes'`,
      [originOfferId],
    );
    expect(rows[0]?.held).toBe(3n * PRICE);
  });
});
