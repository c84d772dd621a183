// Records what is missing among the histories of the Control Plane's schedules and of the gateway's
// test: `npx node test/replay/record-upkeep.ts`.
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createReconcileActivities } from '../../activities/reconcile/activities.ts';
import { createRetentionActivities } from '../../activities/retention/activities.ts';
import { applyTradeEvents } from '../../db/cp/trades/apply.ts';
import { inTransaction } from '../../db/pool.ts';
import { workflowBundle } from '../../workers/compose/workflow-bundle.ts';
import { APPROVAL_REMINDER } from '../../workflows/approval-reminder/contract.ts';
import { CP_TASK_QUEUE } from '../../workflows/policy-revision/contract.ts';
import { RECONCILE } from '../../workflows/reconcile/contract.ts';
import { RETENTION } from '../../workflows/retention/contract.ts';
import { signalTestWorkflowId } from '../../workflows/signal-test/contract.ts';
import { WORK_SWEEP } from '../../workflows/work-sweep/contract.ts';
import { startApprovalBench } from '../cp/approvals/bench.ts';
import { need, startSignalStage, type SignalStage } from '../cp/signals-stage.ts';
import { story } from '../support/trade-events.ts';
import { isKept, keepHistory } from './keep.ts';

const SILENT = pino({ level: 'silent' });
const EVENT_DAYS = 90;
const SIX_MINUTES_MS = 360_000n;

interface Recording {
  readonly golden: string;
  /** Runs it to its end; answers the workflow's id. */
  readonly run: (stage: SignalStage) => Promise<string>;
}

const RECORDINGS: readonly Recording[] = [
  {
    golden: 'signal-test/v1/taken',
    run: async (stage) => testGateway(stage, (await stage.newWl()).wlId),
  },
  {
    golden: 'signal-test/v1/not-taken',
    async run(stage) {
      const wl = await stage.newWl();
      await wl.down();
      return testGateway(stage, wl.wlId);
    },
  },
  {
    golden: 'work-sweep/v1/started',
    async run(stage) {
      const pair = await stage.newPair();
      // Nothing else: the stage's way of starting can't tell a run that is there already.
      await stage.cp.db.deleteFrom('work_order').execute();
      await stage.signal(pair);
      // Orders of a moment ago are left to whoever is starting them right now.
      const aged = sql`UPDATE work_order SET created_at = created_at - interval '1 minute'`;
      await aged.execute(stage.cp.db);
      return schedule(stage, WORK_SWEEP);
    },
  },
  { golden: 'retention/v1/forgotten', run: (stage) => withUpkeep(stage, RETENTION) },
  {
    golden: 'reconcile/v1/raised',
    async run(stage) {
      const { src, dst } = await stage.newPair();
      const told = story('parked', { exporter: src, importer: dst });
      const { db } = stage.cp;
      await inTransaction(db, (tx) => applyTradeEvents(tx, told.events));
      await db.updateTable('clock_offset').set({ offset_ms: SIX_MINUTES_MS }).execute();
      return withUpkeep(stage, RECONCILE);
    },
  },
];

async function testGateway({ cp }: SignalStage, wlId: string): Promise<string> {
  const path = '/imbalance/signals/test';
  const asked = { method: 'POST', path, body: { wlId }, token: cp.master } as const;
  return signalTestWorkflowId(((await need(cp, asked)) as { testId: string }).testId);
}

/** Runs what a schedule runs, once. */
async function schedule(
  { client }: Pick<SignalStage, 'client'>,
  workflow: string,
): Promise<string> {
  const workflowId = `${workflow}/${randomUUID()}`;
  await client.workflow.execute(workflow, { taskQueue: CP_TASK_QUEUE, workflowId, args: [] });
  return workflowId;
}

/** The stage's own worker has no steps for these. */
async function withUpkeep(stage: SignalStage, workflow: string): Promise<string> {
  const { db } = stage.cp;
  await stage.stopWorker();
  const connection = await NativeConnection.connect({ address: stage.temporal.address });
  const worker = await Worker.create({
    ...{ connection, namespace: 'cp', taskQueue: CP_TASK_QUEUE },
    workflowBundle: await workflowBundle('cp', undefined, SILENT),
    activities: {
      ...createReconcileActivities({ db, work: { kick: () => undefined }, log: SILENT }),
      ...createRetentionActivities({ db, eventDays: EVENT_DAYS }),
    },
  });
  const workflowId = await worker.runUntil(schedule(stage, workflow));
  await connection.close();
  await stage.startWorker();
  return workflowId;
}

async function recordUpkeep(): Promise<void> {
  const stage = await startSignalStage();
  try {
    for (const { golden, run } of RECORDINGS) {
      if (await isKept(golden)) continue;
      const workflowId = await run(stage);
      await keepHistory(stage.client.workflow.getHandle(workflowId), golden);
    }
  } finally {
    await stage.stop();
  }
}

const REMINDED = 'approval-reminder/v1/reminded';

async function recordReminder(): Promise<void> {
  if (await isKept(REMINDED)) return;
  const bench = await startApprovalBench();
  try {
    await bench.waiting({ isHalfOver: true });
    const workflowId = await schedule(bench, APPROVAL_REMINDER);
    await keepHistory(bench.client.workflow.getHandle(workflowId), REMINDED);
  } finally {
    await bench.stop();
  }
}

await recordUpkeep();
await recordReminder();
