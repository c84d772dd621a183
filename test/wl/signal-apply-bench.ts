import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createSignalApplyActivities } from '../../activities/signal-apply/activities.ts';
import { startSignalApply } from '../../activities/signal-apply/starter.ts';
import { saveToken } from '../../db/wl/control-tokens.ts';
import type { SignalAnswer } from '../../domain/imbalance/signal.ts';
import { CONTROL_PLANE } from '../../runtime/tokens.ts';
import { installRuntime } from '../../runtime/temporal.ts';
import { testBundle } from '../support/bundles.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { testFolder } from '../stack/setup.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { testSealer } from './database.ts';
import { IMPORTER } from './documents.ts';
import { startSignalStage, type SignalStage } from './signal-stage.ts';

export interface SignalApplyBench {
  readonly stage: SignalStage;
  readonly client: Client;
  /** Acks as the Control Plane got them, repeated ones too. */
  readonly acks: readonly { readonly signalId: string; readonly answer: SignalAnswer }[];
  /** So many acks fail after the Control Plane has taken them. */
  loseAcks(times: number): void;
  startWorker(): Promise<{ stop(): Promise<void> }>;
  stop(): Promise<void>;
}

const SILENT = pino({ level: 'silent' });
const NAMESPACE = 'wl-importer';
const HOUR_MS = 3_600_000;

/** The importer's signal route, with an engine behind it and a Control Plane that takes acks. */
export async function startSignalApplyBench(): Promise<SignalApplyBench> {
  installRuntime(SILENT);
  const folder = await testFolder();
  const temporal = await startTestTemporal(folder.path, [NAMESPACE]);
  const stage = await startSignalStage();
  const connection = await NativeConnection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: NAMESPACE });
  stage.onPending((signalId) => startSignalApply(client, signalId));
  const { db } = stage.wl('importer');
  const sealer = testSealer('k1');
  const issuedAt = new Date();
  await saveToken(db, sealer, {
    ...({ kind: 'WL', audience: CONTROL_PLANE, token: 'the token of a test' } as const),
    ...{ issuedAt, expiresAt: new Date(issuedAt.getTime() + HOUR_MS) },
  });
  const acks: { signalId: string; answer: SignalAnswer }[] = [];
  let lost = 0;
  const ackSignal = async (_token: string, signalId: string, answer: SignalAnswer) => {
    acks.push({ signalId, answer });
    lost -= 1;
    if (lost >= 0) throw new Error('the answer to the ack was lost');
    return true;
  };
  const workflows = await testBundle('wl');
  const own = { wlId: IMPORTER, currency: 'XIM' };
  return {
    ...{ stage, client, acks },
    loseAcks: (times) => void (lost = times),
    async startWorker() {
      const worker = await Worker.create({
        ...{ connection, namespace: NAMESPACE, taskQueue: BACKGROUND_QUEUE },
        workflowBundle: workflows,
        activities: createSignalApplyActivities({ db, sealer, own, controlPlane: { ackSignal } }),
      });
      const running = worker.run();
      return {
        async stop() {
          worker.shutdown();
          await running;
        },
      };
    },
    async stop() {
      await connection.close();
      await stage.stop();
      await temporal.stop();
      await folder.remove();
    },
  };
}
