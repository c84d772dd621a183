import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../stack/setup.ts';
import {
  answering,
  answerLost,
  gate,
  inTurn,
  silentAfter,
  silentBefore,
  swallowed,
  type Fault,
} from '../support/fault-proxy.ts';
import { PRICE, startPurchaseBench, type PurchaseBench } from '../support/purchase-bench.ts';
import { atExporter, callsOf, EXPORTER, fundsOf, stepsOf } from './books.ts';
import { bought, boughtUntil, requested } from './scenarios/scenario.ts';

const LONG_MS = 120_000;
const HALF_OPEN_MS = 500;
const FAILURES = 5;

let bench: PurchaseBench;
beforeAll(async () => {
  const environment = {
    BREAKER_FAILURES: String(FAILURES),
    BREAKER_HALF_OPEN_MS: String(HALF_OPEN_MS),
  };
  bench = await startPurchaseBench({ environment });
}, LONG_MS);
afterAll(() => bench.stop(), LONG_MS);
afterEach(async () => {
  expect(await bench.calm()).toEqual([]);
}, LONG_MS);

describe('a preflight without an answer', () => {
  test.each<[string, Fault]>([
    ['before its effect', silentBefore],
    ['after its effect', silentAfter],
  ])(
    'that was lost %s is rejected unfunded, and cancelled for good',
    async (_when, fault) => {
      bench.network.on('preflight', fault);
      const tradeId = await bought(bench);
      expect(await bench.trade(tradeId)).toMatchObject({
        state: 'REJECTED',
        reason: 'EXPORTER_UNAVAILABLE',
        cancel_due: false,
      });
      expect(await stepsOf(bench, tradeId)).toEqual(['request', 'reject']);
      expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'CANCELLED' });
    },
    LONG_MS,
  );

  test(
    'that arrives after the cancel holds nothing',
    async () => {
      const late = gate('BEFORE');
      bench.network.on('preflight', late.fault);
      const tradeId = await bought(bench);
      expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'CANCELLED' });
      const { stock, used } = await offerOf(tradeId);
      late.open();
      await late.passed;
      expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'CANCELLED' });
      expect(await offerOf(tradeId)).toEqual({ stock, used });
    },
    LONG_MS,
  );

  test(
    'that held before the machine went down is cancelled once it is back',
    async () => {
      const held = gate('AFTER');
      bench.network.on('preflight', held.fault, 1);
      const { tradeId } = await requested(bench);
      await bench.start(tradeId);
      await held.reached;
      await bench.network.down();
      held.open();
      expect(await bench.until(tradeId, 'REJECTED')).toMatchObject({ cancel_due: true });
      expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'HELD' });
      await bench.network.up();
      await bench.finished(tradeId);
      expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'CANCELLED' });
    },
    LONG_MS,
  );

  test(
    'is cancelled until the exporter acknowledges it',
    async () => {
      bench.network.on('preflight', answerLost);
      bench.network.on('cancel', swallowed, 4);
      const tradeId = await bought(bench);
      expect(callsOf(bench, tradeId)['cancel']).toBe(5);
      expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'CANCELLED' });
    },
    LONG_MS,
  );
});

describe('a confirm that captured, and whose answer was lost', () => {
  test.each<[string, Fault]>([
    ['401', answering(401, { code: 'TOKEN_EXPIRED' })],
    ['403', answering(403, { code: 'FORBIDDEN' })],
    ['404', answering(404, { code: 'NOT_FOUND' })],
    ['500', answering(500)],
    ['a broken connection', swallowed],
    ['no answer at all', silentBefore],
  ])(
    'is never refunded because the retry gets %s',
    async (_what, fault) => {
      bench.network.on('confirm', inTurn(answerLost, fault));
      bench.network.on('status', fault);
      bench.network.on('cancel', fault);
      const tradeId = await boughtUntil(bench, 'UNCERTAIN');
      const asked = callsOf(bench, tradeId)['status'] ?? 0;
      const hasAskedTwice = (): boolean => (callsOf(bench, tradeId)['status'] ?? 0) > asked + 1;
      await eventually('it has asked twice more', hasAskedTwice, LONG_MS);
      expect(await bench.trade(tradeId)).toMatchObject({ state: 'UNCERTAIN' });
      bench.network.heal();
      expect(await bench.finished(tradeId)).toMatchObject({ state: 'CONFIRMED' });
      expect(await stepsOf(bench, tradeId)).toEqual([
        ...['request', 'fund', 'mark-uncertain', 'settle'],
      ]);
    },
    LONG_MS,
  );

  test(
    'is not refunded because the machine is gone',
    async () => {
      const held = gate('AFTER');
      bench.network.on('confirm', held.fault, 1);
      const { tradeId } = await requested(bench);
      await bench.start(tradeId);
      await held.reached;
      await bench.network.down();
      held.open();
      await bench.until(tradeId, 'UNCERTAIN');
      await bench.network.up();
      expect(await bench.finished(tradeId)).toMatchObject({ state: 'CONFIRMED' });
    },
    LONG_MS,
  );
});

test(
  'a confirm that arrives after its refund captures nothing',
  async () => {
    const late = gate('BEFORE');
    bench.network.on('confirm', inTurn(late.fault, swallowed));
    const { tradeId, buyer } = await requested(bench);
    const before = await fundsOf(bench, buyer.accountId);
    await bench.start(tradeId);
    expect(await bench.finished(tradeId)).toMatchObject({
      state: 'COMPENSATED',
      reason: 'CANCELLED',
    });
    late.open();
    await late.passed;
    expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'CANCELLED' });
    expect(await fundsOf(bench, buyer.accountId)).toBe(before);
  },
  LONG_MS,
);

describe('the breaker', () => {
  test(
    'gates preflights alone: what is funded goes on, and a probe closes it again',
    async () => {
      const held = gate('BEFORE');
      bench.network.on('confirm', held.fault, 1);
      const { tradeId: funded } = await requested(bench);
      await bench.start(funded);
      await held.reached;

      bench.network.on('preflight', answering(500));
      const calls = (): number =>
        bench.network.calls.filter(({ call }) => call === 'preflight').length;
      for (let failure = 0; failure < FAILURES; failure += 1) await bought(bench);
      // On busy cores a purchase may outlast the pause and be the probe: then it is tried again.
      const isRefusedUnasked = async (): Promise<boolean> => {
        const before = calls();
        const { reason } = await bench.trade(await bought(bench));
        expect(reason).toBe('EXPORTER_UNAVAILABLE');
        return calls() === before;
      };
      await eventually('a purchase is refused without a call', isRefusedUnasked, LONG_MS);

      held.open();
      expect(await bench.finished(funded)).toMatchObject({ state: 'CONFIRMED' });

      bench.network.heal();
      const isClosed = async (): Promise<boolean> =>
        (await bench.trade(await bought(bench))).state === 'CONFIRMED';
      await eventually('a probe has closed it', isClosed, LONG_MS);
    },
    LONG_MS,
  );
});

test(
  'without a token nothing new begins, and what is funded is finished',
  async () => {
    const { database, tokens } = bench.importer.node;
    const held = gate('BEFORE');
    bench.network.on('confirm', held.fault, 1);
    const { tradeId, buyer } = await requested(bench);
    await bench.start(tradeId);
    await held.reached;
    const stored = await database.db.selectFrom('control_token').selectAll().execute();
    await database.db.deleteFrom('control_token').execute();
    tokens.forget(EXPORTER);
    held.open();
    expect(await bench.finished(tradeId)).toMatchObject({ state: 'CONFIRMED' });

    const before = await fundsOf(bench, buyer.accountId);
    const next = await bench.request(buyer, await bench.offer());
    await bench.start(next);
    expect(await bench.finished(next)).toMatchObject({ reason: 'EXPORTER_UNAVAILABLE' });
    expect(await fundsOf(bench, buyer.accountId)).toBe(before);
    await database.db.insertInto('control_token').values(stored).execute();
  },
  LONG_MS,
);

test(
  'a balance that was spent in between is refused at funding, and its hold is cancelled',
  async () => {
    const buyer = await bench.buyer(PRICE + 10_00n);
    const held = gate('AFTER');
    bench.network.on('preflight', held.fault, 1);
    const tradeId = await bench.request(buyer, await bench.offer());
    await bench.start(tradeId);
    await held.reached;
    const spent = await bench.request(buyer, await bench.offer({ unitPriceMinor: 50_00n }));
    await bench.start(spent);
    await bench.finished(spent);
    held.open();
    expect(await bench.finished(tradeId)).toMatchObject({ reason: 'INSUFFICIENT_FUNDS' });
    expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'CANCELLED' });
    expect(await fundsOf(bench, buyer.accountId)).toBe(PRICE + 10_00n - 50_00n);
  },
  LONG_MS,
);

async function offerOf(tradeId: string): Promise<{ stock: number; used: number }> {
  const { origin_offer_id: originOfferId } = await bench.trade(tradeId);
  return bench.exporter.node.database.db
    .selectFrom('offer')
    .select(['stock', 'used'])
    .where('offer_id', '=', originOfferId)
    .executeTakeFirstOrThrow();
}
