import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createAgent } from '../../../activities/clients/agent.ts';
import { createApprovalRelayActivities } from '../../../activities/approval-relay/activities.ts';
import { installRuntime } from '../../../runtime/temporal.ts';
import { testBundle } from '../../support/bundles.ts';
import { CP_TASK_QUEUE } from '../../../workflows/policy-revision/contract.ts';
import { testFolder } from '../../stack/setup.ts';
import { startTestTemporal } from '../../support/temporal.ts';
import { startControlPlane, type Stage } from '../stage.ts';
import { addWaiting, startDecidingExporter, type DecidingExporter } from './exporter.ts';

export interface ApprovalBench {
  readonly cp: Stage;
  readonly client: Client;
  readonly exporter: DecidingExporter;
  /** How often the steps have asked for the start of what they ordered. */
  kicked(): number;
  /** A purchase that waits at the exporter, as its event tells; half of its time may be over. */
  waiting(options?: { readonly isHalfOver?: boolean }): Promise<string>;
  start(workflowId: string): Promise<void>;
  startWorker(): Promise<void>;
  stopWorker(): Promise<void>;
  stop(): Promise<void>;
}

const NAMESPACE = 'cp';
const SILENT = pino({ level: 'silent' });

/** Control Plane, engine, a worker with the steps of approvals, and an exporter that is a double. */
export async function startApprovalBench(): Promise<ApprovalBench> {
  installRuntime(SILENT);
  const folder = await testFolder();
  const temporal = await startTestTemporal(folder.path, [NAMESPACE]);
  const connection = await NativeConnection.connect({ address: temporal.address });
  const cp = await startControlPlane();
  const exporter = await startDecidingExporter(cp);
  const agent = createAgent({
    tls: await cp.pki.issue({ sanUri: 'urn:xpory:cp' }),
    connections: 2,
  });
  const bundle = await testBundle('cp');
  let kicks = 0;
  let running: { readonly worker: Worker; readonly done: Promise<void> } | undefined;
  const startWorker = async (): Promise<void> => {
    const worker = await Worker.create({
      ...{ connection, namespace: NAMESPACE, taskQueue: CP_TASK_QUEUE, workflowBundle: bundle },
      activities: createApprovalRelayActivities({
        ...{ db: cp.db, agent },
        peerUrlOf: () => Promise.resolve(exporter.url),
        work: { kick: () => void (kicks += 1) },
      }),
    });
    running = { worker, done: worker.run() };
  };
  const stopWorker = async (): Promise<void> => {
    running?.worker.shutdown();
    await running?.done;
    running = undefined;
  };
  await startWorker();
  return {
    ...{ cp, exporter, startWorker, stopWorker },
    kicked: () => kicks,
    client: new Client({ connection, namespace: NAMESPACE }),
    waiting: (options) => addWaiting(cp, exporter, options),
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
    async stop() {
      await stopWorker();
      await connection.close();
      await agent.close();
      exporter.close();
      await cp.stop();
      await temporal.stop();
      await folder.remove();
    },
  };
}
