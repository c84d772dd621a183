import { heartbeat } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import type { CpSchema } from '../../db/cp/schema.ts';
import { markStarted, openWork } from '../../db/cp/work-order.ts';
import type { Logger } from '../../runtime/log.ts';
import type { WorkSweepActivities } from '../../workflows/work-sweep/contract.ts';
import type { WorkStarter } from './starter.ts';

export interface WorkSweepDeps {
  readonly db: Kysely<CpSchema>;
  readonly starter: Pick<WorkStarter, 'start'>;
  readonly log: Logger;
}

/** A start that is on its way right now is none of the sweep's business. */
const IDLE_SECONDS = 10;
/**
 * A run that was seen vanishes only by hand or with the engine's data. To ask the engine after each
 * of a thousand waiting ones at every sweep took it more than the work itself.
 */
const SEEN_SECONDS = 60;
const PAGE = 200;
const DUE = { idleSeconds: IDLE_SECONDS, seenSeconds: SEEN_SECONDS, limit: PAGE } as const;

/** The step of `workSweep`: a start is refused by the engine where a run is open already. */
export function createWorkSweepActivities(deps: WorkSweepDeps): WorkSweepActivities {
  const { db, starter, log } = deps;
  return {
    async sweepWork() {
      const sum = { looked: 0, started: 0, failed: 0 };
      let after = '';
      for (;;) {
        const orders = await openWork(db, { ...DUE, after });
        for (const order of orders) {
          const { workflowId } = order;
          try {
            if (await starter.start(order)) {
              sum.started += 1;
              log.warn({ workflowId }, 'ordered work without a run was started');
            }
            await markStarted(db, workflowId);
          } catch (err) {
            sum.failed += 1;
            log.warn({ err, workflowId }, 'ordered work could not be started');
          }
          heartbeat(workflowId);
        }
        sum.looked += orders.length;
        const last = orders.at(-1);
        if (last === undefined || orders.length < PAGE) return sum;
        after = last.workflowId;
      }
    },
  };
}
