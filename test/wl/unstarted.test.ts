import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { requestPurchase } from '../../db/wl/trades/request.ts';
import { watchUnstarted } from '../../activities/upkeep/unstarted-watch.ts';
import { isKeptByKey, rejectUnstarted } from '../../db/wl/trades/unstarted.ts';
import { eventually } from '../stack/setup.ts';
import { startWlDatabases, type TestServer } from './database.ts';
import { IMPORTER } from './documents.ts';
import { createImporter, type TestImporter } from './importer.ts';

const ONCE_STARTED_MS = 60_000;

let server: TestServer;
let importer: TestImporter;
let offerId: string;

beforeAll(async () => {
  server = await startWlDatabases(['unstarted']);
  importer = await createImporter(server.open('unstarted'));
  offerId = (await importer.request('origin-1')).offer_id;
}, ONCE_STARTED_MS);
afterAll(() => server.stop(), ONCE_STARTED_MS);

/** Asks with a key; the cool-down is not what is looked at. */
async function ask(key: string): Promise<{ readonly kind: string; readonly tradeId: string }> {
  const outcome = await requestPurchase(importer.wl.db, {
    ...{ wlId: IMPORTER, accountId: importer.accountId, offerId, quantity: 1 },
    tradeId: randomUUID(),
    route: 'checkout',
    key: { value: key, fingerprint: 'f'.repeat(64) },
    coolDownSeconds: 0,
    correlationId: 'test',
  });
  if (!('trade' in outcome)) throw new Error(`the request came to ${outcome.kind}`);
  return { kind: outcome.kind, tradeId: outcome.trade.trade_id };
}

describe('a purchase whose workflow may not have been started', () => {
  let key: string;
  let tradeId: string;
  beforeEach(async () => {
    key = randomUUID();
    ({ tradeId } = await ask(key));
  });

  test('is taken back with its key: a repeat is a new purchase, and no twin is told of it', async () => {
    const { db } = importer.wl;
    expect(await ask(key)).toEqual({ kind: 'REPEATED', tradeId });
    expect(await isKeptByKey(db, tradeId)).toBe(false);
    expect(await rejectUnstarted(db, tradeId)).toMatchObject({
      taken: true,
      trade: { state: 'REJECTED', reason: 'ENGINE_UNAVAILABLE' },
    });
    expect(await isKeptByKey(db, tradeId)).toBe(false);
    const again = await ask(key);
    expect(again.kind).toBe('REQUESTED');
    expect(again.tradeId).not.toBe(tradeId);
  });

  test('is its key’s for good once its request could have ended', async () => {
    const { db } = importer.wl;
    await importer.moveClock(11);
    expect(await rejectUnstarted(db, tradeId)).toMatchObject({
      taken: false,
      trade: { state: 'REQUESTED' },
    });
    // One that began in time may still be under way: a twin is told a little later.
    expect(await isKeptByKey(db, tradeId)).toBe(false);
    await importer.moveClock(5);
    expect(await isKeptByKey(db, tradeId)).toBe(true);
    expect(await ask(key)).toEqual({ kind: 'REPEATED', tradeId });
  });
});

test('a purchase that nobody started is started once, when its gateway has had a second for it', async () => {
  const { db } = importer.wl;
  const before = await ask(randomUUID());
  await importer.moveClock(16);
  const wanted = await ask(randomUUID());
  await importer.moveClock(2);
  const young = await ask(randomUUID());
  const started: string[] = [];
  let asked = 0;
  const ending = new AbortController();
  const starter = {
    startPurchase: async ({ tradeId }: { readonly tradeId: string }) => {
      asked += 1;
      if (asked === 1) throw new Error('the engine is not connected');
      started.push(tradeId);
      return true;
    },
  };
  const watching = watchUnstarted({
    db,
    starter,
    log: pino({ level: 'silent' }),
    signal: ending.signal,
  });
  await eventually('the older one is started', () => started.includes(wanted.tradeId));
  await eventually('the younger one is started', () => started.includes(young.tradeId));
  ending.abort();
  await watching;
  expect(started.filter((tradeId) => tradeId === wanted.tradeId)).toHaveLength(1);
  expect(started).not.toContain(before.tradeId);
});
