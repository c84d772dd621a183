import type { Client } from '@temporalio/client';
import {
  IMPORT_NOW,
  importNowId,
  type OfferSyncResult,
} from '../../workflows/offer-sync/contract.ts';
import { POLICY_SYNC, POLICY_SYNC_ID, PULL_SIGNAL } from '../../workflows/policy-sync/contract.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { startSignalApply } from '../signal-apply/starter.ts';
import { within } from '../../runtime/within.ts';

/** What the API may set off: it reaches the network in no other way. */
export interface SyncStarter {
  /** Pulls as soon as a worker gets to it; a pull that is running is followed by another. */
  startPolicySync(): Promise<void>;
  /** Pulls and syncs now and waits for the result. */
  importNow(correlationId: string): Promise<OfferSyncResult>;
  /** Does behind the answer what a signal takes too long for. */
  startSignalApply(signalId: string): Promise<void>;
}

/** Somebody waits for the answer; a sync that takes longer has a partner that hangs. */
const IMPORT_LIMIT_MS = 30_000;
/** Starting takes milliseconds, and the Control Plane waits 3 s for the answer to its nudge. */
const START_LIMIT_MS = 2_000;

/** Starts the syncs through the engine; `client` may connect lazily. */
export function createSyncStarter(client: () => Pick<Client, 'workflow'>): SyncStarter {
  return {
    async startPolicySync() {
      const started = client().workflow.signalWithStart(POLICY_SYNC, {
        workflowId: POLICY_SYNC_ID,
        taskQueue: BACKGROUND_QUEUE,
        signal: PULL_SIGNAL,
      });
      await within(START_LIMIT_MS, started);
    },
    startSignalApply: (signalId) => startSignalApply(client(), signalId),
    async importNow(correlationId) {
      const result: Promise<unknown> = client().workflow.execute(IMPORT_NOW, {
        workflowId: importNowId(correlationId),
        taskQueue: BACKGROUND_QUEUE,
        workflowRunTimeout: IMPORT_LIMIT_MS,
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      return (await within(IMPORT_LIMIT_MS + START_LIMIT_MS, result)) as OfferSyncResult;
    },
  };
}
