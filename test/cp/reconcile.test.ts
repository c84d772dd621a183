import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createReconcileActivities } from '../../activities/reconcile/activities.ts';
import { applyTradeEvents } from '../../db/cp/trades/apply.ts';
import { inTransaction } from '../../db/pool.ts';
import { createLogger } from '../../runtime/log.ts';
import { installRuntime } from '../../runtime/temporal.ts';
import type { TemporalHandle } from '../../stack/temporal/temporal.ts';
import { testBundle } from '../support/bundles.ts';
import { CP_TASK_QUEUE } from '../../workflows/policy-revision/contract.ts';
import { RECONCILE, type ReconcileResult } from '../../workflows/reconcile/contract.ts';
import { testFolder, type TestFolder } from '../stack/setup.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { story, type StoryFigures, type StoryName } from '../support/trade-events.ts';
import { EXPORTER, IMPORTER, registerBoth, startControlPlane, type Stage } from './stage.ts';

const PARTNERS = { importer: IMPORTER, exporter: EXPORTER };
const LONG = 90_000;
const MINUTE_MS = 60_000;
const log = createLogger({ name: 'test', level: 'silent' });
let stage: Stage;
let folder: TestFolder;
let temporal: TemporalHandle;
let connection: Connection;
let native: NativeConnection;
let worker: Worker;
let running: Promise<void>;
let runs = 0;
let kicks = 0;

beforeAll(async () => {
  folder = await testFolder();
  [stage, temporal] = await Promise.all([
    startControlPlane(),
    startTestTemporal(folder.path, ['cp']),
  ]);
  await registerBoth(stage);
  installRuntime(log);
  connection = await Connection.connect({ address: temporal.address });
  native = await NativeConnection.connect({ address: temporal.address });
  worker = await Worker.create({
    ...{ connection: native, namespace: 'cp', taskQueue: CP_TASK_QUEUE },
    workflowBundle: await testBundle('cp'),
    activities: createReconcileActivities({
      ...{ db: stage.db, log },
      work: { kick: () => void (kicks += 1) },
    }),
  });
  running = worker.run();
}, LONG);

afterAll(async () => {
  worker.shutdown();
  await running;
  await Promise.all([connection.close(), native.close()]);
  await Promise.all([stage.stop(), temporal.stop()]);
  await folder.remove();
}, LONG);

let offsetMs = 0n;
const wait = async (minutes: number) => {
  offsetMs += BigInt(minutes * MINUTE_MS);
  await stage.db.updateTable('clock_offset').set({ offset_ms: offsetMs }).execute();
};

const tell = async (name: StoryName, figures: StoryFigures = {}) => {
  const told = story(name, PARTNERS, figures);
  await inTransaction(stage.db, (tx) => applyTradeEvents(tx, told.events));
  return told;
};

const reconcile = async (): Promise<ReconcileResult> => {
  const client = new Client({ connection, namespace: 'cp' });
  const workflowId = `reconcile/${(runs += 1)}`;
  return client.workflow.execute(RECONCILE, { taskQueue: CP_TASK_QUEUE, workflowId, args: [] });
};

const raisedOf = ({ tradeId }: { readonly tradeId: string }) =>
  stage.db
    .selectFrom('trade_mismatch')
    .selectAll()
    .where('trade_id', '=', tradeId)
    .orderBy('raised_at')
    .execute();

const notesOf = ({ tradeId }: { readonly tradeId: string }) =>
  stage.db
    .selectFrom('notification')
    .selectAll()
    .where('kind', '=', 'MISMATCH')
    .where('subject', '=', `trade/${IMPORTER}/${EXPORTER}/${tradeId}`)
    .execute();

// What an earlier test left open is raised by now.
beforeEach(async () => {
  await wait(6);
  await reconcile();
});

describe('two sides that disagree', () => {
  test('are left alone for five minutes, then raised once, with both documents', async () => {
    const told = await tell('parked');
    await wait(4);
    const before = kicks;
    expect(await reconcile()).toEqual({ raised: 0 });
    expect(kicks).toBe(before);
    await wait(1);
    expect(await reconcile()).toEqual({ raised: 1 });
    expect(kicks).toBeGreaterThan(before);
    expect(await reconcile()).toEqual({ raised: 0 });
    expect(await notesOf(told)).toMatchObject([
      {
        severity: 'WARNING',
        details: {
          disagreement: ['STATUS'],
          importerDocument: { role: 'IMPORTER', status: 'PENDING' },
          exporterDocument: { role: 'EXPORTER', status: 'CONFIRMED' },
        },
      },
    ]);
  });

  test('are cleared by the intake when they agree again, and raised anew after that', async () => {
    const told = await tell('parked');
    await wait(5);
    await reconcile();
    await tell('unparked', { tradeId: told.tradeId });
    expect((await raisedOf(told)).map(({ resolved_at: at }) => at !== null)).toEqual([true]);
    const [, , , reversed] = story('reversed', PARTNERS, { tradeId: told.tradeId }).events;
    const gone = { ...reversed?.data, version: 9, status: 'REVERSED' } as const;
    if (reversed === undefined) throw new Error('a reversal has events');
    await inTransaction(stage.db, (tx) =>
      applyTradeEvents(tx, [{ ...reversed, data: { ...reversed.data, ...gone } }]),
    );
    await wait(5);
    expect(await reconcile()).toEqual({ raised: 1 });
    expect(await raisedOf(told)).toMatchObject([{}, { resolved_at: null }]);
    // What was told of the first is over.
    const notes = await notesOf(told);
    expect(notes).toHaveLength(2);
    expect(notes.filter(({ closed_at: at }) => at !== null)).toHaveLength(1);
  });

  test('about the amount, the currency or the revision of a sale', async () => {
    const amount = await tell('confirmed', { importerSays: { amount: '239.99' } });
    const currency = await tell('confirmed', { importerSays: { currency: 'BRL' } });
    const revision = await tell('confirmed', { exporterSays: { relationshipRevision: 2 } });
    await wait(5);
    expect(await reconcile()).toEqual({ raised: 3 });
    expect(await raisedOf(amount)).toMatchObject([{ disagreement: ['AMOUNT'] }]);
    expect(await raisedOf(currency)).toMatchObject([{ disagreement: ['AMOUNT'] }]);
    expect(await notesOf(revision)).toMatchObject([{ severity: 'INFO' }]);
  });

  test('about a sale that only one of them ever told of', async () => {
    const [unseen, unheard] = [await tell('unseen'), await tell('unheard')];
    await wait(5);
    expect(await reconcile()).toEqual({ raised: 2 });
    for (const told of [unseen, unheard]) expect(await raisedOf(told)).toHaveLength(1);
  });

  test('by hundreds, two runs at once: each is raised once', async () => {
    const told = Array.from({ length: 250 }, () => story('unseen', PARTNERS));
    await inTransaction(stage.db, (tx) =>
      applyTradeEvents(
        tx,
        told.flatMap(({ events }) => events),
      ),
    );
    await wait(5);
    const results = await Promise.all([reconcile(), reconcile()]);
    expect(results.reduce((sum, { raised }) => sum + raised, 0)).toBe(told.length);
  });
});

test('stories whose sides agree are never raised', async () => {
  const agreeing = ['confirmed', 'approved', 'reversed', 'refused', 'bornRefused'] as const;
  for (const name of [...agreeing, 'cancelled', 'held', 'waiting'] as const) await tell(name);
  await wait(60);
  expect(await reconcile()).toEqual({ raised: 0 });
});
