import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../stack/setup.ts';
import { answering, gate, type Gate } from '../support/fault-proxy.ts';
import { PRICE, startPurchaseBench, type PurchaseBench } from '../support/purchase-bench.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { ORPHAN_SWEEP, type SweepResult } from '../../workflows/orphan-sweep/contract.ts';
import { purchaseWorkflowId } from '../../workflows/purchase/contract.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { atExporter, fundsOf, stepsOf } from './books.ts';
import { boughtUntil, requested, type Requested } from './scenarios/scenario.ts';

const LONG_MS = 180_000;
const CONFIRMED_ONCE = ['request', 'fund', 'settle'];

let bench: PurchaseBench;
beforeAll(async () => {
  bench = await startPurchaseBench();
}, LONG_MS);
afterAll(() => bench.stop(), LONG_MS);
afterEach(async () => {
  await bench.worker.start();
  expect(await bench.calm()).toEqual([]);
}, LONG_MS);

interface Caught extends Requested {
  readonly process: WorkerProcess;
  readonly held: Gate;
}

/** A purchase of a worker process of its own, which stands in the middle of a call. */
async function catchAt(call: 'preflight' | 'confirm', at: 'BEFORE' | 'AFTER'): Promise<Caught> {
  await bench.worker.stop();
  const process = await startWorkerProcess(bench.importer);
  const held = gate(at);
  bench.network.on(call, held.fault, 1);
  const purchase = await requested(bench);
  await bench.start(purchase.tradeId);
  await held.reached;
  return { ...purchase, process, held };
}

async function expectOnce({ tradeId, buyer }: Requested): Promise<void> {
  expect(await stepsOf(bench, tradeId)).toEqual(CONFIRMED_ONCE);
  expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'CAPTURED' });
  const { amount_minor: amount } = await bench.trade(tradeId);
  expect(amount).toBe(PRICE);
  expect(await fundsOf(bench, buyer.accountId)).toBe(FUNDS - PRICE);
}
const FUNDS = 1_000_000_00n;

describe('a worker that is killed', () => {
  test.each([
    ['before the hold', 'preflight', 'BEFORE'],
    ['between hold and funding', 'preflight', 'AFTER'],
    ['between funding and capture', 'confirm', 'BEFORE'],
    ['between capture and settling', 'confirm', 'AFTER'],
  ] as const)(
    '%s leaves each step to be done once by another',
    async (_when, call, at) => {
      const caught = await catchAt(call, at);
      await caught.process.end();
      await bench.worker.start();
      caught.held.open();
      await bench.finished(caught.tradeId);
      await expectOnce(caught);
    },
    LONG_MS,
  );
});

describe('a worker that is stopped, and woken after another has finished', () => {
  test.each([
    ['holding', 'preflight'],
    ['capturing', 'confirm'],
  ] as const)(
    'while %s changes nothing any more',
    async (_what, call) => {
      const caught = await catchAt(call, 'AFTER');
      caught.process.signal('SIGSTOP');
      await bench.worker.start();
      caught.held.open();
      await bench.finished(caught.tradeId);
      await bench.worker.stop();
      caught.process.signal('SIGCONT');
      // It is awake again, and through with what it had in its hands, when it takes a new purchase.
      const next = await requested(bench);
      await bench.start(next.tradeId);
      await bench.finished(next.tradeId);
      await caught.process.end();
      await expectOnce(caught);
      await expectOnce(next);
    },
    LONG_MS,
  );

  test(
    'is fenced at every step: each one returns what the row says',
    async () => {
      const purchase = await requested(bench);
      const { tradeId } = purchase;
      await bench.start(tradeId);
      await bench.finished(tradeId);
      const { purchaseActivities: steps } = bench.importer.node;
      const answer = { status: 'CANCELLED', tradeId, currency: 'XEX' } as const;
      const late = [
        steps.fund({ tradeId, holdId: '00000000-0000-4000-8000-000000000000' }),
        steps.reject({ tradeId, reason: 'CANCELLED', cancelDue: true }),
        steps.refund({ tradeId, reason: 'CANCELLED', answer }),
        steps.settle({ tradeId, answer }),
        steps.awaitApproval({ tradeId, answer }),
        steps.markUncertain({ tradeId }),
        steps.park({ tradeId, reason: 'UNRESOLVED' }),
      ];
      for (const step of late) {
        expect(await step).toMatchObject({ state: 'CONFIRMED', version: 3, cancelDue: false });
      }
      expect((await steps.reserve({ tradeId })).reservation).toBeUndefined();
      await expectOnce(purchase);
    },
    LONG_MS,
  );
});

test(
  'a purchase that was terminated by hand is started again by the sweep, and learns',
  async () => {
    for (const call of ['confirm', 'status', 'cancel'] as const) {
      bench.network.on(call, answering(503));
    }
    const tradeId = await boughtUntil(bench, 'UNCERTAIN');
    const { workflow } = bench.importer.temporal.client;
    const purchase = workflow.getHandle(purchaseWorkflowId(tradeId));
    const { runId: terminated } = await purchase.describe();
    await purchase.terminate('by hand');
    const idle = 11;
    let moved = 0;
    const sweep = (): Promise<SweepResult> =>
      workflow.execute(ORPHAN_SWEEP, {
        workflowId: `sweep/${tradeId}`,
        taskQueue: BACKGROUND_QUEUE,
      });
    let isStarted = false;
    // A step that was under way may still touch the row, which then is not idle; and a sweep's step
    // that was late is done twice, of which the second finds nothing to start.
    do {
      await bench.moveClock(bench.importer, idle);
      moved += idle;
      expect(await sweep()).toMatchObject({ failed: 0 });
      isStarted = (await purchase.describe()).runId !== terminated;
    } while (!isStarted && moved < 5 * idle);
    await bench.moveClock(bench.importer, -moved);
    expect(isStarted).toBe(true);
    // Not before: the step that was under way would have finished the trade without a run.
    bench.network.heal();
    expect(await bench.finished(tradeId)).toMatchObject({ state: 'COMPENSATED' });
  },
  LONG_MS,
);

test(
  'a request whose start was lost is swept up, and refused after its minute',
  async () => {
    await bench.moveClock(bench.importer, -61);
    const { tradeId } = await requested(bench);
    await bench.moveClock(bench.importer, 61);
    const { workflow } = bench.importer.temporal.client;
    await workflow.execute(ORPHAN_SWEEP, {
      workflowId: `sweep/${tradeId}`,
      taskQueue: BACKGROUND_QUEUE,
    });
    await eventually('it is rejected', async () => {
      const { state, reason } = await bench.trade(tradeId);
      return state === 'REJECTED' && reason === 'ENGINE_UNAVAILABLE';
    });
    await bench.finished(tradeId);
    expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'CANCELLED' });
  },
  LONG_MS,
);
