import type { Client } from '@temporalio/client';
import type { Kysely } from 'kysely';
import { readClock } from '../../db/wl/clock.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { PURCHASE_QUEUE } from '../../workflows/purchase/contract.ts';
import {
  WARM_UP_WORKFLOW,
  warmUpWorkflowId,
  type WarmUpActivities,
} from '../../workflows/warm-up/contract.ts';

/** The first purchase of a cold process took 1.9 s, the fifth 0.2 s. */
const ROUNDS = 5;
/** A warm-up that hangs must not keep a gateway from serving as exporter. */
const ROUND_TIMEOUT = '10 seconds';

export function createWarmUpActivities(db: Kysely<WlTables>): WarmUpActivities {
  return {
    async touch() {
      await readClock(db);
    },
  };
}

/** Runs a few eager workflows of no effect; returns once the path of a purchase is warm. */
export async function warmUpPurchases(
  client: Pick<Client, 'workflow'>,
  processId: string,
): Promise<void> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    await client.workflow.execute(WARM_UP_WORKFLOW, {
      workflowId: warmUpWorkflowId(processId, round),
      taskQueue: PURCHASE_QUEUE,
      workflowRunTimeout: ROUND_TIMEOUT,
      workflowIdConflictPolicy: 'TERMINATE_EXISTING',
      requestEagerStart: true,
      args: [],
    });
  }
}
