import type { WorkerOptions } from '@temporalio/worker';
import { createWarmUpActivities } from '../../activities/upkeep/warm-up.ts';
import { PURCHASE_QUEUE } from '../../workflows/purchase/contract.ts';
import type { WlNode } from './wl-node.ts';

/** A dead sticky worker stalls an update by this long, where the default is 10 s (TEMPORAL.md). */
const STICKY_TIMEOUT = '1s';
/** Purchases kept in memory; one waits for an approval for a day, and is replayed when evicted. */
const CACHED_WORKFLOWS = 500;

/**
 * Purchases that run at once in this process; more wait at the engine, where waiting costs nothing.
 * A task that is not heard of for a second is given to another worker and runs all its steps again:
 * with the default of 40 on two busy cores most tasks were late, and each late one doubled the load.
 */
const RUNNING_PURCHASES = 16;

/**
 * Purchases that the gateway has begun and not answered; further buyers wait in a line before their
 * row is written. Fewer than the worker runs: one is answered before its task is completed, and an
 * eager start that finds no room goes through the engine's queue, at twice the cost.
 */
export const PURCHASES_AT_ONCE = 12;

/** How a purchase worker is set; the benchmark's bare purchase is set alike. */
export const PURCHASE_WORKER = {
  stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
  maxCachedWorkflows: CACHED_WORKFLOWS,
  maxConcurrentWorkflowTaskExecutions: RUNNING_PURCHASES,
} as const;

/** The purchase worker of a WL: in the gateway, and once more in the worker as its standby. */
export function purchaseWorker(
  node: Pick<WlNode, 'purchaseActivities' | 'database'>,
  bundle: NonNullable<WorkerOptions['workflowBundle']>,
): WorkerOptions {
  return {
    taskQueue: PURCHASE_QUEUE,
    workflowBundle: bundle,
    activities: { ...node.purchaseActivities, ...createWarmUpActivities(node.database.db) },
    ...PURCHASE_WORKER,
  };
}
