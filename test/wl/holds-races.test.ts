import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import { createDatabase } from '../../db/pool.ts';
import { decideHold } from '../../db/wl/holds/decide.ts';
import { expireDue } from '../../db/wl/holds/expire.ts';
import { readAnswer } from '../../db/wl/holds/read.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import { startWlDatabases, type TestServer } from './database.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import {
  CONSISTENT,
  contradictions,
  createExporter,
  OTHER,
  PRICE,
  type TestExporter,
} from './exporter.ts';

const NAMES = ['stock', 'headroom', 'caps', 'twins', 'decisions', 'expiry', 'pairs'] as const;
const BUYERS = 50;
const ROUNDS = 15;
const PAST_HOLD = 91;
const PAST_APPROVAL = 86_401;

const CONNECTIONS = 10;
/** Fifty transactions one after the other, on a machine that has other things to do. */
const LONG = 120_000;

jest.setTimeout(LONG);

let server: TestServer;
const pools: pg.Pool[] = [];

beforeAll(async () => {
  server = await startWlDatabases(NAMES);
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await server.stop();
});

/**
 * Fifty at once wait for each other longer than a buyer would. What is asked here is who gets the
 * units, and not how fast: the product's time-outs, which turn waiting into failing, are widened.
 */
function open(name: (typeof NAMES)[number]): Promise<TestExporter> {
  const url = server.urlFor(name);
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    options: '-c lock_timeout=60s',
  });
  // Idle connections are cut off when the server stops; the pool is done with them by then.
  pool.on('error', () => undefined);
  pools.push(pool);
  return createExporter({ url, pool, db: createDatabase<WlTables>(pool) });
}

const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

function counts(answers: readonly TraderAnswer[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { status, reason } of answers) {
    const name = reason ?? status;
    sums[name] = (sums[name] ?? 0) + 1;
  }
  return sums;
}

describe('fifty at once', () => {
  test('for a stock of three hold three units and confirm them', async () => {
    const exporter = await open('stock');
    const originOfferId = await exporter.offer(3);
    const answers = await times(BUYERS, () => exporter.preflight({ originOfferId }));
    expect(counts(answers)).toEqual({ HELD: 3, OUT_OF_STOCK: 47 });
    const held = answers.filter(({ status }) => status === 'HELD');
    const confirmed = await Promise.all(
      held.map(({ tradeId = '', holdId = '' }) => exporter.confirm({ tradeId, holdId })),
    );
    expect(counts(confirmed)).toEqual({ CONFIRMED: 3 });
    expect(await contradictions(exporter.wl)).toEqual(CONSISTENT);
  });

  test('for headroom of seven hold seven, and the exposure never passes the limit', async () => {
    const exporter = await open('headroom');
    // One minor unit under eight times the price.
    await exporter.relate({ limitAmount: '639.99' });
    const offers = await times(5, () => exporter.offer(20));
    const answers = await times(BUYERS, (index) =>
      exporter.preflight({ originOfferId: offers[index % offers.length] ?? '' }),
    );
    expect(counts(answers)).toEqual({ HELD: 7, LIMIT_EXCEEDED: 43 });
    const { rows } = await sql<{ highest: bigint; now: bigint }>`
      SELECT max(j.exposure_minor) AS highest, max(p.exposure_minor) AS now
        FROM exposure_journal j JOIN pair p USING (partner)`.execute(exporter.wl.db);
    expect(rows[0]).toEqual({ highest: 7n * PRICE, now: 7n * PRICE });
    expect(await contradictions(exporter.wl)).toEqual(CONSISTENT);
  });

  test('of one buyer hold as many as its cap', async () => {
    const exporter = await open('caps');
    const offers = await times(5, () => exporter.offer(BUYERS));
    const answers = await times(BUYERS, (index) =>
      exporter.preflight({
        originOfferId: offers[index % offers.length] ?? '',
        buyerRef: 'b-1',
        settings: { holdsPerBuyer: 5 },
      }),
    );
    expect(counts(answers)).toEqual({ HELD: 5, HOLDS_TOO_MANY: 45 });
    expect(await contradictions(exporter.wl)).toEqual(CONSISTENT);
  });

  test('for one trade get one row, one answer and one capture', async () => {
    const exporter = await open('twins');
    const originOfferId = await exporter.offer(BUYERS);
    const tradeId = randomUUID();
    const held = await times(BUYERS, () => exporter.preflight({ tradeId, originOfferId }));
    expect(new Set(held.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const holdId = held[0]?.holdId ?? '';
    const confirmed = await times(BUYERS, () => exporter.confirm({ tradeId, holdId }));
    expect(new Set(confirmed.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(confirmed[0]?.status).toBe('CONFIRMED');
    const requestId = randomUUID();
    const asked = await times(10, () => exporter.preflight({ requestId, originOfferId }));
    expect(new Set(asked.map((answer) => answer.holdId)).size).toBe(1);
    const bound = await times(10, (index) =>
      exporter.confirm({ tradeId: `trade-${index}`, holdId: asked[0]?.holdId ?? '' }),
    );
    expect(counts(bound)).toEqual({ CONFIRMED: 1, HOLD_TAKEN: 9 });
    expect(await contradictions(exporter.wl)).toEqual(CONSISTENT);
  });
});

describe('the first of them wins, and the others get its answer', () => {
  test('of preflight, confirm and cancel for one trade', async () => {
    const exporter = await open('pairs');
    const originOfferId = await exporter.offer(ROUNDS);
    const seen = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const tradeId = randomUUID();
      await Promise.all([
        exporter.preflight({ tradeId, originOfferId }),
        exporter.confirm({ tradeId, holdId: randomUUID() }),
        exporter.cancel(tradeId),
      ]);
      const final = await exporter.cancel(tradeId);
      expect(await exporter.preflight({ tradeId, originOfferId })).toEqual(final);
      seen.add(final.status);
    }
    expect(seen).not.toContain('CONFIRMED');
    expect(await contradictions(exporter.wl)).toEqual(CONSISTENT);
  });

  test('of confirm, cancel and expiry, then of approve, reject, cancel and expiry', async () => {
    const exporter = await open('decisions');
    for (let round = 0; round < ROUNDS; round += 1) {
      const held = await exporter.hold({ originOfferId: await exporter.offer(1) });
      const answers = await Promise.all(
        shuffled(round, [
          () => exporter.confirm(held),
          () => exporter.cancel(held.tradeId),
          () => exporter.confirm(held),
          () => late(exporter, PAST_HOLD),
        ]),
      );
      await agree(exporter, held.tradeId, answers);
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      const originOfferId = await exporter.offer(13);
      const held = await exporter.hold({ originOfferId, quantity: 13 });
      expect((await exporter.confirm(held, { quantity: 13 })).status).toBe('PENDING');
      const answers = await Promise.all(
        shuffled(round, [
          () => decide(exporter, held.tradeId, 'APPROVE'),
          () => decide(exporter, held.tradeId, 'REJECT'),
          () => exporter.cancel(held.tradeId),
          () => late(exporter, PAST_APPROVAL),
        ]),
      );
      await agree(exporter, held.tradeId, answers);
    }
    expect(await contradictions(exporter.wl)).toEqual(CONSISTENT);
  });
});

/** Every answer of the race is the row's last word, and there was one capture or none. */
async function agree(
  exporter: TestExporter,
  tradeId: string,
  answers: readonly (TraderAnswer | undefined)[],
): Promise<void> {
  const final = await readAnswer(exporter.wl.db, { requester: IMPORTER, tradeId });
  const told = answers.filter((answer) => answer !== undefined);
  expect(told).toEqual(told.map(() => final));
}

/** Different orders of issue, so that each of them comes first in some round. */
function shuffled<T>(round: number, works: readonly (() => Promise<T>)[]): Promise<T>[] {
  return works.map((_, index) => {
    const work = works[(index + round) % works.length];
    if (work === undefined) throw new Error('a work for each index');
    return work();
  });
}

async function late(exporter: TestExporter, seconds: number): Promise<undefined> {
  await exporter.moveClock(seconds);
  await expireDue(exporter.wl.db, { all: true });
}

async function decide(
  exporter: TestExporter,
  tradeId: string,
  decision: 'APPROVE' | 'REJECT',
): Promise<TraderAnswer | undefined> {
  const decided = await decideHold(exporter.wl.db, {
    ...{ wlId: EXPORTER, tradeId, decision, note: 'race', actor: 'test', correlationId: 'test' },
  });
  return decided.ok ? decided.value.answer : undefined;
}

test('a confirm that waits for the row across its expiry captures nothing', async () => {
  const exporter = await open('expiry');
  const { wl } = exporter;
  const originOfferId = await exporter.offer(1);
  const held = await exporter.hold({ originOfferId });
  const blocker = await wl.pool.connect();
  await blocker.query('BEGIN');
  await blocker.query('SELECT 1 FROM hold WHERE hold_id = $1 FOR NO KEY UPDATE', [held.holdId]);
  const confirming = exporter.confirm(held);
  await waitingForLock(exporter);
  await exporter.moveClock(PAST_HOLD);
  await blocker.query('COMMIT');
  blocker.release();
  expect(await confirming).toMatchObject({ status: 'REJECTED', reason: 'HOLD_EXPIRED' });
  const newer = await exporter.hold({ originOfferId, requester: OTHER });
  expect((await exporter.confirm(held)).reason).toBe('HOLD_EXPIRED');
  expect((await exporter.confirm(newer, { requester: OTHER })).status).toBe('CONFIRMED');
  expect(await contradictions(wl)).toEqual(CONSISTENT);
});

async function waitingForLock({ wl }: TestExporter): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ waiting: bigint }>`
      SELECT count(*) AS waiting FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(wl.db);
    if (rows[0]?.waiting !== 0n) return;
    await delay(5);
  }
}
