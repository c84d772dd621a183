import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
} from '@temporalio/client';
import type { Logger } from '../../runtime/log.ts';
import {
  CP_TASK_QUEUE,
  POLICY_REVISION,
  type PolicyRevisionInput,
} from '../../workflows/policy-revision/contract.ts';
import {
  SNAPSHOT_SYNC,
  snapshotWorkflowId,
  type SnapshotSyncInput,
  type SnapshotSyncResult,
} from '../../workflows/snapshot-sync/contract.ts';
import { Problem } from '../http/problem.ts';

/** The workflows that requests of the Control Plane start. */
export interface Engine {
  /**
   * Starts the nudge of a committed revision and does not wait: the change stands whether the
   * engine is there or not, and WLs find it at their next pull.
   */
  readonly announce: (announcement: PolicyRevisionInput) => void;
  /** Runs or joins a sync; ENGINE_UNAVAILABLE or EXPORTER_UNAVAILABLE where it gives no answer. */
  readonly syncSnapshot: (input: SnapshotSyncInput) => Promise<SnapshotSyncResult>;
  /** Resolves once every announcement has been made or given up. */
  readonly settle: () => Promise<void>;
}

export interface EngineDeps {
  readonly client: Pick<Client, 'workflow'>;
  readonly log: Logger;
}

// Starting takes milliseconds; the connection's own deadlines do not hold while it is refused, so a
// timer of ours does (TEMPORAL.md).
const START_TIMEOUT_MS = 3_000;
// Longer than the workflow lets itself take, so that its own answer arrives.
const SYNC_TIMEOUT_MS = 25_000;

export function createEngine({ client, log }: EngineDeps): Engine {
  const announcing = new Set<Promise<void>>();

  const start = async (announcement: PolicyRevisionInput): Promise<void> => {
    const { revision } = announcement;
    try {
      await within(
        START_TIMEOUT_MS,
        client.workflow.start(POLICY_REVISION, {
          taskQueue: CP_TASK_QUEUE,
          workflowId: revision,
          args: [announcement],
          staticSummary: `Tell the white labels of ${revision}`,
          // One workflow a revision, whoever announces it again and however much later.
          workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        }),
      );
    } catch (err) {
      if (err instanceof WorkflowExecutionAlreadyStartedError) return;
      log.warn({ err, revision }, 'a committed revision could not be announced');
    }
  };
  return {
    announce(announcement) {
      if (announcement.wlIds.length === 0) return;
      const running = start(announcement).finally(() => announcing.delete(running));
      announcing.add(running);
    },
    syncSnapshot: (input) => syncSnapshot(client, input),
    async settle() {
      await Promise.all(announcing);
    },
  };
}

async function syncSnapshot(
  client: EngineDeps['client'],
  input: SnapshotSyncInput,
): Promise<SnapshotSyncResult> {
  try {
    const handle = await within(
      START_TIMEOUT_MS,
      client.workflow.start(SNAPSHOT_SYNC, {
        taskQueue: CP_TASK_QUEUE,
        workflowId: snapshotWorkflowId(input),
        args: [input],
        staticSummary: `Read ${input.kind.toLowerCase()} of ${input.wlId}`,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      }),
    );
    const result: SnapshotSyncResult = await within(SYNC_TIMEOUT_MS, handle.result());
    return result;
  } catch (cause) {
    const code =
      cause instanceof WorkflowFailedError ? 'EXPORTER_UNAVAILABLE' : 'ENGINE_UNAVAILABLE';
    throw new Problem(code, { headers: { 'Retry-After': RETRY_AFTER_SECONDS }, cause });
  }
}

const RETRY_AFTER_SECONDS = '5';

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    // The one that lost the race may still fail; what it says came too late to matter.
    work.catch(() => undefined);
  }
}
