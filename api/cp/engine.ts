import { WorkflowFailedError, WorkflowIdConflictPolicy, type Client } from '@temporalio/client';
import { CP_TASK_QUEUE } from '../../workflows/policy-revision/contract.ts';
import {
  SNAPSHOT_SYNC,
  snapshotWorkflowId,
  type SnapshotSyncInput,
  type SnapshotSyncResult,
} from '../../workflows/snapshot-sync/contract.ts';
import { Problem } from '../http/problem.ts';
import { within } from '../../runtime/within.ts';

/** The workflows whose result a request waits for; the others are ordered with what they follow. */
export interface Engine {
  /** Runs or joins a sync; ENGINE_UNAVAILABLE or EXPORTER_UNAVAILABLE where it gives no answer. */
  readonly syncSnapshot: (input: SnapshotSyncInput) => Promise<SnapshotSyncResult>;
}

export interface EngineDeps {
  readonly client: Pick<Client, 'workflow'>;
}

// Starting takes milliseconds; the connection's own deadlines do not hold while it is refused, so a
// timer of ours does (TEMPORAL.md).
const START_TIMEOUT_MS = 3_000;
// Longer than the workflow lets itself take, so that its own answer arrives.
const SYNC_TIMEOUT_MS = 25_000;

export function createEngine({ client }: EngineDeps): Engine {
  return { syncSnapshot: (input) => syncSnapshot(client, input) };
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
