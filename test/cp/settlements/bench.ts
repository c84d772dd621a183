import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createSettlementActivities } from '../../../activities/settlement/activities.ts';
import { createWorkStarter } from '../../../activities/work/starter.ts';
import { evaluatePair, movePair } from '../../../db/cp/pair.ts';
import { confirmSettlement, recordSettlement } from '../../../db/cp/settlements/desk.ts';
import { inTransaction } from '../../../db/pool.ts';
import { minor } from '../../../domain/shared/money.ts';
import { SIGNAL_DISPATCH } from '../../../domain/work/orders.ts';
import { installRuntime } from '../../../runtime/temporal.ts';
import { testBundle } from '../../support/bundles.ts';
import { CP_TASK_QUEUE } from '../../../workflows/policy-revision/contract.ts';
import { testFolder } from '../../stack/setup.ts';
import { startTestTemporal } from '../../support/temporal.ts';
import { startControlPlane, type Stage } from '../stage.ts';

export interface SettlementBench {
  readonly cp: Stage;
  readonly client: Client;
  /** Each WL that was nudged, in order; `deaf` ones can't be reached. */
  readonly nudged: string[];
  readonly deaf: Set<string>;
  /** How often the steps have asked for the start of what they ordered. */
  kicked(): number;
  /** Two new WLs, the first exporting to the second at 1.5 with a limit of 1,000.00. */
  pair(): Promise<{ readonly src: string; readonly dst: string }>;
  /** What both sides have reported of a trade: minor units of src's currency. */
  traded(pair: Traded['pair'], amountMinor: bigint): Promise<void>;
  /** Recorded and confirmed by two people; answers its id. */
  settle(pair: Traded['pair'], amountMinor: bigint): Promise<string>;
  /** Starts an ordered workflow with its time skipped. */
  start(workflowId: string): Promise<void>;
  /** Starts what is ordered as the Control Plane does; what runs is told to look. */
  kick(): Promise<void>;
  stop(): Promise<void>;
}

interface Traded {
  readonly pair: { readonly src: string; readonly dst: string };
}

const NAMESPACE = 'cp';
const SILENT = pino({ level: 'silent' });

/** Control Plane, engine, and a worker with the steps of settlements and plans, in this process. */
export async function startSettlementBench(): Promise<SettlementBench> {
  installRuntime(SILENT);
  const folder = await testFolder();
  const temporal = await startTestTemporal(folder.path, [NAMESPACE]);
  const connection = await NativeConnection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: NAMESPACE });
  const cp = await startControlPlane();
  const nudged: string[] = [];
  const deaf = new Set<string>();
  let kicks = 0;
  const worker = await Worker.create({
    ...{ connection, namespace: NAMESPACE, taskQueue: CP_TASK_QUEUE },
    workflowBundle: await testBundle('cp'),
    activities: {
      ...createSettlementActivities({ db: cp.db, work: { kick: () => void (kicks += 1) } }),
      nudgeWl({ wlId }: { readonly wlId: string }) {
        nudged.push(wlId);
        if (deaf.has(wlId)) return Promise.reject(new Error('no answer'));
        return Promise.resolve('NUDGED');
      },
    },
  });
  const running = worker.run();
  const work = createWorkStarter({ db: cp.db, client: () => client, log: SILENT });
  return {
    ...{ cp, client, nudged, deaf },
    ...deskOf(cp),
    kicked: () => kicks,
    async start(workflowId) {
      const order = await cp.db
        .selectFrom('work_order')
        .selectAll()
        .where('workflow_id', '=', workflowId)
        .executeTakeFirstOrThrow();
      await connection.workflowService.startWorkflowExecution({
        ...{ namespace: NAMESPACE, workflowId, requestId: randomUUID() },
        workflowType: { name: order.workflow },
        taskQueue: { name: CP_TASK_QUEUE },
        input: { payloads: [defaultPayloadConverter.toPayload(order.input)] },
        timeSkippingConfig: { enabled: true },
      });
    },
    async kick() {
      // This worker has no steps for the signals of the pairs.
      await cp.db.deleteFrom('work_order').where('workflow', '=', SIGNAL_DISPATCH).execute();
      work.kick();
      await work.settle();
    },
    async stop() {
      worker.shutdown();
      await running;
      await connection.close();
      await cp.stop();
      await temporal.stop();
      await folder.remove();
    },
  };
}

function deskOf(cp: Stage): Pick<SettlementBench, 'pair' | 'traded' | 'settle'> {
  const { db } = cp;
  const author = (actor: string) => ({ actor, source: 'test', correlationId: randomUUID() });
  const wl = async (currency: string): Promise<string> => {
    const body = { id: randomUUID(), name: `wl-${currency}`, status: 'active', currency };
    const path = '/admin/api/wls';
    const made = await cp.ask({ method: 'POST', path, body, token: cp.master });
    if (made.status !== 201) throw new Error(made.text);
    return body.id;
  };
  return {
    async pair() {
      const [src, dst] = [await wl('XEX'), await wl('XIM')];
      const path = `/admin/api/relationships/${src}/${dst}`;
      const body = { status: 'active', fxRate: '1.5', limitAmount: '1000.00' };
      const put = await cp.ask({ method: 'PUT', path, body, token: cp.master });
      if (put.status !== 200) throw new Error(put.text);
      return { src, dst };
    },
    traded: (pair, amountMinor) =>
      inTransaction(db, async (tx) => {
        const [at, reference] = [new Date(), randomUUID()];
        const deltas = { exports: amountMinor };
        await movePair(tx, pair, { kind: 'EXPORT', reference, deltas, at });
        await evaluatePair(tx, pair, { author: author('control-plane'), at });
      }),
    async settle(pair, amountMinor) {
      const recorded = await recordSettlement(db, {
        ...{ id: randomUUIDv7(), pair, amount: minor(amountMinor), note: 'test' },
        ...{ key: randomUUID(), fingerprint: 'test', author: author('maker') },
      });
      if (!recorded.ok) throw new Error(recorded.code);
      const { id } = recorded.value;
      const confirmed = await confirmSettlement(db, { id, author: author('checker') });
      if (!confirmed.ok) throw new Error(confirmed.code);
      return id;
    },
  };
}
