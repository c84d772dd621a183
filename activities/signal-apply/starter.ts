import type { Client } from '@temporalio/client';
import type { Kysely } from 'kysely';
import type { WlTables } from '../../db/wl/schema.ts';
import { unfinishedSignals } from '../../db/wl/signals.ts';
import { within } from '../../runtime/within.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { SIGNAL_APPLY, signalApplyId } from '../../workflows/signal-apply/contract.ts';

/** Starting takes milliseconds, and the Control Plane waits a second for its answer. */
const START_LIMIT_MS = 800;
/** Pairs of a WL that are stopped at once with so many offers are few; the next sweep has the rest. */
const SWEEP_MAX = 100;

/** Starts the rest of a signal behind its 202; where a run is open, that one is it. */
export async function startSignalApply(
  client: Pick<Client, 'workflow'>,
  signalId: string,
): Promise<void> {
  const started = client.workflow.start(SIGNAL_APPLY, {
    workflowId: signalApplyId(signalId),
    taskQueue: BACKGROUND_QUEUE,
    args: [{ signalId }],
    staticSummary: 'The rest of an imbalance signal',
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  await within(START_LIMIT_MS, started);
}

/** Starts what a crash, or an engine that was away, has left behind. */
export async function sweepSignals(
  client: Pick<Client, 'workflow'>,
  db: Kysely<WlTables>,
): Promise<void> {
  for (const id of await unfinishedSignals(db, SWEEP_MAX)) await startSignalApply(client, id);
}
