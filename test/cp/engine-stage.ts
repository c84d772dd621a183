import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createAlertActivities } from '../../activities/alerts/activities.ts';
import { createMailer } from '../../activities/alerts/mail.ts';
import { createPublicAgent, createWebhookSender } from '../../activities/alerts/webhook.ts';
import { createAgent } from '../../activities/clients/agent.ts';
import { createPolicyRevisionActivities } from '../../activities/policy-revision/activities.ts';
import { createWorkStarter, type WorkStarter } from '../../activities/work/starter.ts';
import { createWorkSweepActivities } from '../../activities/work/sweep.ts';
import { readWl } from '../../db/cp/wl.ts';
import type { MailConfig } from '../../runtime/config.ts';
import { createLogger } from '../../runtime/log.ts';
import { installRuntime } from '../../runtime/temporal.ts';
import { CP_TASK_QUEUE } from '../../workflows/policy-revision/contract.ts';
import { testFolder } from '../stack/setup.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { startControlPlane, type Stage } from './stage.ts';
import { testBundle } from '../support/bundles.ts';

export const LONG = 120_000;
export const NAMESPACE = 'cp';
/** The promise on policy drift, as the processes have it. */
export const DRIFT_SECONDS = 300;

export interface EngineStage {
  readonly cp: Stage;
  readonly client: Client;
  readonly work: WorkStarter;
  /** Seconds of each WL, as the metric gets them. */
  readonly drifts: readonly number[];
  /** Whether workflows that are started from now on have their time skipped. */
  skipTime(skip: boolean): void;
  stopWorker(): Promise<void>;
  startWorker(): Promise<void>;
  stop(): Promise<void>;
}

/** Control Plane, engine, and a worker with what cp-worker does about revisions and alerts. */
export async function startEngineStage(mail?: MailConfig): Promise<EngineStage> {
  const folder = await testFolder();
  const log = createLogger({ name: 'test', level: 'silent' });
  installRuntime(log);
  const temporal = await startTestTemporal(folder.path, [NAMESPACE]);
  const connection = await NativeConnection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: NAMESPACE });
  const kicks: { work?: WorkStarter } = {};
  const cp = await startControlPlane({ work: { kick: () => kicks.work?.kick() } });
  const { db, sealer, pki } = cp;
  let skips = false;
  const starting = () => (skips ? skipping(connection) : client);
  const work = createWorkStarter({ db, client: starting, log });
  kicks.work = work;
  const agent = createAgent({ tls: await pki.issue({ sanUri: 'urn:xpory:cp' }), connections: 4 });
  const outside = createPublicAgent('local', [pki.ca]);
  const drifts: number[] = [];
  const activities = {
    ...createWorkSweepActivities({ db, starter: work, log }),
    ...createPolicyRevisionActivities({
      ...{ db, agent, work, driftSeconds: DRIFT_SECONDS },
      peerUrlOf: async (wlId) => (await readWl(db, sealer, wlId))?.peerUrl ?? undefined,
      onDrift: (seconds) => void drifts.push(seconds),
    }),
    ...createAlertActivities({
      ...{ db, sealer },
      webhook: createWebhookSender({ agent: outside, profile: 'local' }),
      mail:
        mail === undefined ? undefined : createMailer({ ...mail, profile: 'local', ca: [pki.ca] }),
    }),
  };
  const workflowBundle = await testBundle('cp');
  let running: { readonly worker: Worker; readonly done: Promise<void> } | undefined;
  const startWorker = async (): Promise<void> => {
    const options = { connection, namespace: NAMESPACE, taskQueue: CP_TASK_QUEUE };
    const worker = await Worker.create({ ...options, workflowBundle, activities });
    running = { worker, done: worker.run() };
  };
  const stopWorker = async (): Promise<void> => {
    running?.worker.shutdown();
    await running?.done;
    running = undefined;
  };
  await startWorker();
  return {
    ...{ cp, client, work, drifts, startWorker, stopWorker },
    skipTime: (skip) => void (skips = skip),
    async stop() {
      await stopWorker();
      await work.settle();
      await Promise.all([agent.close(), outside.close(), connection.close()]);
      await temporal.stop();
      await cp.stop();
      await folder.remove();
    },
  };
}

/** Timers and backoff pass at once (TEMPORAL.md, Tests); the client has no option for it yet. */
function skipping(connection: NativeConnection): Pick<Client, 'workflow'> {
  const start = async (
    workflow: string,
    { workflowId, args }: { workflowId: string; args: unknown[] },
  ): Promise<void> => {
    await connection.workflowService.startWorkflowExecution({
      namespace: NAMESPACE,
      workflowId,
      workflowType: { name: workflow },
      taskQueue: { name: CP_TASK_QUEUE },
      input: { payloads: args.map((arg) => defaultPayloadConverter.toPayload(arg)) },
      requestId: randomUUID(),
      timeSkippingConfig: { enabled: true },
    });
  };
  return { workflow: { start } } as unknown as Pick<Client, 'workflow'>;
}
