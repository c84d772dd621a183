import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import type { Kysely } from 'kysely';
import { markStarted, unstartedWork } from '../../db/cp/work-order.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import type { WorkOrder } from '../../domain/work/orders.ts';
import type { Logger } from '../../runtime/log.ts';
import { CP_TASK_QUEUE } from '../../workflows/policy-revision/contract.ts';
import { LOOK } from '../../workflows/signal-dispatch/contract.ts';
import { within } from '../../runtime/within.ts';

/** Starts the workflows that committed rows have ordered. */
export interface WorkStarter {
  /**
   * Called after a commit that may have ordered work; does not wait. What can't be started now is
   * left to the sweep: the fact stands whether the engine is there or not.
   */
  kick(): void;
  /** Starts one order; false where its workflow is running already. */
  start(order: WorkOrder): Promise<boolean>;
  /** Resolves once nothing that was kicked is under way. */
  settle(): Promise<void>;
}

export interface WorkStarterDeps {
  readonly db: Kysely<CpSchema>;
  readonly client: () => Pick<Client, 'workflow'>;
  readonly log: Logger;
}

/** A mass change orders hundreds at once; a page is one read and its starts. */
const PAGE = 200;
/** Starts under way at once: enough to hide the round trip, far from crowding the engine. */
const STARTS_AT_ONCE = 8;
// Starting takes milliseconds; the connection's own deadlines do not hold while it is refused, so a
// timer of ours does (TEMPORAL.md).
const START_LIMIT_MS = 3_000;

/**
 * A task whose worker died, or whose answer was lost, is given out again after this: the server's own
 * 10 s are too long for a signal. Tasks take milliseconds; longer ones are kept alive by heartbeats.
 */
const WORKFLOW_TASK_TIMEOUT = '2s';

export function createWorkStarter({ db, client, log }: WorkStarterDeps): WorkStarter {
  let running: Promise<void> | undefined;
  let again = false;

  const start = async (order: WorkOrder): Promise<boolean> => {
    const { workflowId, workflow, input, summary } = order;
    try {
      await within(
        START_LIMIT_MS,
        client().workflow.start(workflow, {
          taskQueue: CP_TASK_QUEUE,
          workflowId,
          args: [input],
          staticSummary: summary,
          workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  };
  const look = async ({ workflowId }: WorkOrder): Promise<void> => {
    try {
      await within(START_LIMIT_MS, client().workflow.getHandle(workflowId).signal(LOOK));
    } catch (error) {
      // It has ended between the two calls; the sweep starts it again.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  };
  const startPage = async (): Promise<boolean> => {
    const orders = await unstartedWork(db, PAGE);
    const left = orders.values();
    const lanes = Array.from({ length: Math.min(STARTS_AT_ONCE, orders.length) }, async () => {
      for (const order of left) {
        // Ordered again while it runs: it looks at its rows, which is what the order is about.
        if (!(await start(order))) await look(order);
        await markStarted(db, order.workflowId);
      }
    });
    const outcomes = await Promise.allSettled(lanes);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return orders.length === PAGE;
  };
  const run = async (): Promise<void> => {
    try {
      do {
        again = false;
        while (await startPage());
      } while (again);
    } catch (err) {
      log.warn({ err }, 'ordered work could not be started and is left to the sweep');
    }
  };
  return {
    start,
    kick() {
      again = true;
      running ??= run().finally(() => {
        running = undefined;
        if (again) this.kick();
      });
    },
    async settle() {
      while (running !== undefined) await running;
    },
  };
}
