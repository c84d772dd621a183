import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { createWorkStarter, type WorkStarter } from '../../activities/work/starter.ts';
import { createWorkSweepActivities } from '../../activities/work/sweep.ts';
import { finishWork, orderWork, openWork, unstartedWork } from '../../db/cp/work-order.ts';
import { inTransaction } from '../../db/pool.ts';
import type { WorkOrder } from '../../domain/work/orders.ts';
import { createLogger } from '../../runtime/log.ts';
import type { TemporalHandle } from '../../stack/temporal/temporal.ts';
import type { WorkSweepResult } from '../../workflows/work-sweep/contract.ts';
import { testFolder, type TestFolder } from '../stack/setup.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { startControlPlane, type Stage } from './stage.ts';

const LONG = 60_000;
const log = createLogger({ name: 'test', level: 'silent' });
let stage: Stage;
let folder: TestFolder;
let temporal: TemporalHandle;
let connection: Connection;
let client: Client;
let starter: WorkStarter;
let isAway = false;

beforeAll(async () => {
  folder = await testFolder();
  [stage, temporal] = await Promise.all([
    startControlPlane(),
    startTestTemporal(folder.path, ['cp']),
  ]);
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection, namespace: 'cp' });
  const reachable = () => {
    if (isAway) throw new Error('the engine is not connected');
    return client;
  };
  starter = createWorkStarter({ db: stage.db, client: reachable, log });
}, LONG);

afterAll(async () => {
  await connection.close();
  await Promise.all([stage.stop(), temporal.stop()]);
  await folder.remove();
}, LONG);

const order = (workflowId: string): WorkOrder => ({
  ...{ workflowId, workflow: 'signalDispatch', input: { signalId: workflowId } },
  ...{ summary: `order ${workflowId}`, correlationId: 'c-1' },
});
const commit = (...ids: string[]) =>
  inTransaction(stage.db, async (tx) => {
    for (const id of ids) await orderWork(tx, order(id));
  });
const statusOf = async (id: string) => (await client.workflow.getHandle(id).describe()).status.name;
/** Orders of a moment ago are left to whoever is starting them right now. */
const age = () =>
  sql`UPDATE work_order SET created_at = created_at - interval '2 minutes',
    started_at = started_at - interval '2 minutes'`;
const sweep = async (): Promise<WorkSweepResult> => {
  await age().execute(stage.db);
  const { sweepWork } = createWorkSweepActivities({ db: stage.db, starter, log });
  const result: WorkSweepResult = await new MockActivityEnvironment().run(sweepWork);
  return result;
};

describe('work that a committed row has ordered', () => {
  test(
    'is started by a kick after the commit, once, however often it is kicked',
    async () => {
      const ids = Array.from({ length: 210 }, (_, index) => `many/${index}`);
      await commit(...ids);
      for (let kick = 0; kick < 5; kick += 1) starter.kick();
      await starter.settle();
      expect(await unstartedWork(stage.db, 1_000)).toEqual([]);
      expect(await statusOf('many/0')).toBe('RUNNING');
      expect(await statusOf('many/209')).toBe('RUNNING');
      await Promise.all(ids.map((id) => finishWork(stage.db, id)));
    },
    LONG,
  );

  test('never starts where the transaction that ordered it was rolled back', async () => {
    const failing = inTransaction(stage.db, async (tx) => {
      await orderWork(tx, order('rolled/back'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    starter.kick();
    await starter.settle();
    await expect(statusOf('rolled/back')).rejects.toThrow();
  });

  test('waits for the sweep where the engine was away', async () => {
    isAway = true;
    await commit('late/1', 'late/2');
    starter.kick();
    await starter.settle();
    expect(await unstartedWork(stage.db, 10)).toHaveLength(2);
    expect(await sweep()).toEqual({ looked: 2, started: 0, failed: 2 });
    isAway = false;
    expect(await sweep()).toEqual({ looked: 2, started: 2, failed: 0 });
    expect(await sweep()).toEqual({ looked: 2, started: 0, failed: 0 });
  });

  test('is not asked after again for a minute once it was seen running', async () => {
    const soon = { idleSeconds: 0, seenSeconds: 60, limit: 10 };
    expect(await openWork(stage.db, soon)).toEqual([]);
    expect(await openWork(stage.db, { ...soon, seenSeconds: 0 })).toHaveLength(2);
  });

  test('is started again where its run was ended by hand, and left alone once it is done', async () => {
    await client.workflow.getHandle('late/1').terminate('by hand');
    expect(await sweep()).toEqual({ looked: 2, started: 1, failed: 0 });
    expect(await statusOf('late/1')).toBe('RUNNING');
    await client.workflow.getHandle('late/1').terminate('by hand');
    await finishWork(stage.db, 'late/1');
    expect(await sweep()).toEqual({ looked: 1, started: 0, failed: 0 });
    await finishWork(stage.db, 'late/2');
    expect(await sweep()).toEqual({ looked: 0, started: 0, failed: 0 });
  });

  test('is due once more when it is ordered again', async () => {
    await commit('late/1');
    starter.kick();
    await starter.settle();
    expect(await statusOf('late/1')).toBe('RUNNING');
  });
});
