import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { saveToken } from '../../db/wl/control-tokens.ts';
import { wlSubjectUri } from '../../runtime/tls.ts';
import type { RefusalCode } from '../../domain/shared/codes.ts';
import type { CallAnswer } from '../../activities/clients/agent.ts';
import { freePort } from '../stack/setup.ts';
import { createTestPki, type TestPki } from '../support/certificates.ts';
import { silentBefore, startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import {
  PRICE,
  startPurchaseBench,
  type BenchOffer,
  type Buyer,
  type PurchaseBench,
} from '../support/purchase-bench.ts';
import { fundsOf, IMPORTER, stepsOf } from './books.ts';
import { bought } from './scenarios/scenario.ts';

const LONG_MS = 120_000;
const DEAD = '11111111-1111-4111-8111-111111111111';

let bench: PurchaseBench;
let pki: TestPki;
let dead: FaultProxy | undefined;
beforeAll(async () => {
  pki = await createTestPki();
  bench = await startPurchaseBench({ pki });
}, LONG_MS);
afterAll(async () => {
  await dead?.stop();
  await bench.stop();
}, LONG_MS);
afterEach(async () => {
  expect(await bench.calm()).toEqual([]);
}, LONG_MS);

const tradeOf = ({ body }: CallAnswer): string => (body as { tradeId: string }).tradeId;

test(
  'the same buy sent 50 times at once is one trade, one debit, and 50 answers naming it',
  async () => {
    const [buyer, offer, key] = [await bench.buyer(), await bench.offer(), randomUUID()];
    const before = await fundsOf(bench, buyer.accountId);
    const twins = Array.from({ length: 50 }, () => bench.buy(buyer, offer, { key }));
    const answers = await Promise.all(twins);
    expect(new Set(answers.map(tradeOf)).size).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const first = answers[0];
    if (first === undefined) throw new Error('there were 50');
    expect(await stepsOf(bench, tradeOf(first))).toEqual(['request', 'fund', 'settle']);
    expect(await fundsOf(bench, buyer.accountId)).toBe(before - PRICE);
    const later = await bench.buy(buyer, offer, { key });
    expect(later).toMatchObject({ status: 200, body: { tradeId: tradeOf(first) } });
    expect(later.headers['idempotency-replayed']).toBe('true');
    expect(await bench.buy(buyer, offer, { key, quantity: 2 })).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_MISMATCH' },
    });
  },
  LONG_MS,
);

describe('what the importer refuses by itself is a trade without a workflow', () => {
  type Prepare = (buyer: Buyer, offer: BenchOffer) => Promise<Record<string, unknown> | void>;
  const importerDb = () => bench.importer.node.database.db;
  test.each<[RefusalCode, Prepare]>([
    [
      'ACCOUNT_NOT_ALLOWED',
      async ({ accountId }) => {
        await importerDb()
          .updateTable('account')
          .set({ buy_offer: false })
          .where('account_id', '=', accountId)
          .execute();
      },
    ],
    ['IMPORT_DISABLED', () => bench.governImporter({ policy: { importEnabled: false } })],
    [
      'FEATURE_DISABLED',
      () =>
        bench.governImporter({
          policy: { features: { import: true, export: true, purchase: false } },
        }),
    ],
    ['QUANTITY_INVALID', async () => ({ quantity: 0 })],
    ['QUANTITY_INVALID', async () => ({ quantity: -1 })],
    ['QUANTITY_INVALID', async () => ({ quantity: 10_001 })],
    [
      'OFFER_DISABLED',
      async (_buyer, { offerId }) => {
        await importerDb()
          .updateTable('imported_offer')
          .set({ unit_price_minor: 0n })
          .where('offer_id', '=', offerId)
          .execute();
      },
    ],
    ['PRICE_CHANGED', async () => ({ expectedUnitPrice: '79.99' })],
    ['COOL_DOWN', async (buyer, offer) => void (await bench.buy(buyer, offer))],
    ['INSUFFICIENT_FUNDS', async () => ({ quantity: 1_001 })],
  ])('%s', async (reason, prepare) => {
    const [buyer, offer, key] = [await bench.buyer(80_000_00n), await bench.offer(), randomUUID()];
    const change = { ...(await prepare(buyer, offer)), key };
    const before = await fundsOf(bench, buyer.accountId);
    const answer = await bench.buy(buyer, offer, change);
    expect(answer).toMatchObject({ status: 200, body: { status: 'REJECTED', reason } });
    expect(await stepsOf(bench, tradeOf(answer))).toEqual(['request']);
    expect(await fundsOf(bench, buyer.accountId)).toBe(before);
    await bench.governImporter({});
    // The key never buys later, whatever has changed since.
    expect(await bench.buy(buyer, offer, change)).toMatchObject({
      body: { reason, tradeId: tradeOf(answer) },
    });
    expect(await bench.importer.node.engine.queryProgress(tradeOf(answer))).toBeUndefined();
  });
});

test(
  'while the engine is away a buy is taken back with 503, and its key buys afterwards',
  async () => {
    const [buyer, offer, key] = [await bench.buyer(), await bench.offer(), randomUUID()];
    process.kill(bench.temporal.pid, 'SIGSTOP');
    const answer = await bench.buy(buyer, offer, { key }).finally(() => {
      process.kill(bench.temporal.pid, 'SIGCONT');
    });
    expect(answer).toMatchObject({ status: 503, body: { code: 'ENGINE_UNAVAILABLE' } });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    const { trade_id: taken } = await bench.importer.node.database.db
      .selectFrom('trade')
      .select('trade_id')
      .where('account_id', '=', buyer.accountId)
      .executeTakeFirstOrThrow();
    // The start arrives late, finds the row rejected, and only makes sure that nothing is held.
    await bench.finished(taken);
    expect(await bench.trade(taken)).toMatchObject({ state: 'REJECTED', cancel_due: false });
    const again = await bench.buy(buyer, offer, { key });
    expect(again).toMatchObject({ status: 200, body: { status: 'CONFIRMED' } });
    expect(tradeOf(again)).not.toBe(taken);
  },
  LONG_MS,
);

test('a buy that finds no room in time is refused with nothing written; its key buys later', async () => {
  const [buyer, offer, key] = [await bench.buyer(), await bench.offer(), randomUUID()];
  const { admission, node } = bench.importer;
  admission.close();
  const answer = await bench.buy(buyer, offer, { key }).finally(() => admission.open());
  expect(answer).toMatchObject({ status: 503, body: { code: 'ENGINE_UNAVAILABLE' } });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  const trades = await node.database.db
    .selectFrom('trade')
    .select('trade_id')
    .where('account_id', '=', buyer.accountId)
    .execute();
  expect(trades).toEqual([]);
  const again = await bench.buy(buyer, offer, { key });
  expect(again).toMatchObject({ status: 200, body: { status: 'CONFIRMED' } });
});

test(
  'an exporter that never answers takes its own places only, and slows no other',
  async () => {
    const { node, config } = bench.importer;
    const { agent, exporter, database } = node;
    dead = await startFaultProxy({
      port: await freePort(),
      // Its partner is told apart by the name in its certificate.
      tls: await pki.issue({
        sanUri: wlSubjectUri(DEAD),
        dnsNames: ['wl-exporter.localhost'],
      }),
      ...{ agent, target: bench.exporter.url },
    });
    dead.on('preflight', silentBefore);
    await database.db
      .insertInto('partner')
      .values({
        ...{ wl_id: DEAD, name: 'dead', currency: 'XDE' },
        peer_url: `https://wl-exporter.localhost:${dead.port}`,
      })
      .execute();
    await saveToken(database.db, database.sealer, {
      ...{ kind: 'PEER', audience: DEAD, token: 'nobody reads it' },
      ...{ issuedAt: new Date(), expiresAt: new Date(Date.now() + LONG_MS) },
    });
    const { bulkheadCalls } = config.partner;
    const asked = Array.from({ length: 2 * bulkheadCalls }, () => preflightDead());
    let answered = 0;
    for (const call of asked) void call.then(() => (answered += 1));
    const tradeId = await bought(bench);
    expect(await bench.trade(tradeId)).toMatchObject({ state: 'CONFIRMED' });
    expect(answered).toBeLessThan(asked.length);
    const kinds = new Set((await Promise.all(asked)).map(({ kind }) => kind));
    expect(kinds).not.toContain('ANSWER');

    function preflightDead() {
      return exporter.preflight(DEAD, {
        ...{ tradeId: randomUUID(), requesterWlId: IMPORTER, requesterTraderId: 'importer' },
        ...{ buyerRef: 'b', originOfferId: 'o', expectedUnitPrice: '1.00', quantity: 1 },
        clientBuyerMasked: 'a***',
      });
    }
  },
  LONG_MS,
);
