import type { Kysely } from 'kysely';
import { judgeStep, planProgress } from '../../db/cp/plans/deadline.ts';
import { raiseNotification } from '../../db/cp/notification.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { deliveryProgress } from '../../db/cp/settlements/read.ts';
import { finishWork } from '../../db/cp/work-order.ts';
import { inTransaction } from '../../db/pool.ts';
import {
  planWorkflowId,
  type CompensationPlanActivities,
} from '../../workflows/compensation-plan/contract.ts';
import {
  settlementWorkflowId,
  type SettlementDeliveryActivities,
} from '../../workflows/settlement-delivery/contract.ts';

type Activities = SettlementDeliveryActivities & CompensationPlanActivities;

export interface SettlementDeps {
  readonly db: Kysely<CpSchema>;
  /** Starts the alerts that a notification has ordered. */
  readonly work: { readonly kick: () => void };
}

/** The steps of `settlementDelivery` and `compensationPlan`: reads and writes of rows alone. */
export function createSettlementActivities({ db, work }: SettlementDeps): Activities {
  return {
    async readSettlementDelivery(side) {
      const row = await deliveryProgress(db, side);
      if (row === undefined) return { state: 'GONE' };
      return { state: row.applied_at === null ? 'DUE' : 'APPLIED' };
    },
    async reportUnsettled({ settlementId, wlId, correlationId }) {
      await inTransaction(db, (tx) =>
        raiseNotification(tx, {
          kind: 'STALE_POLICY',
          severity: 'WARNING',
          dedupeKey: settlementWorkflowId({ settlementId, wlId }),
          title: 'A white label has not applied a settlement',
          subject: `settlement/${settlementId}`,
          details: { settlementId, wlId },
          correlationId,
        }),
      );
      work.kick();
    },
    finishSettlementDelivery: (side) => finishWork(db, settlementWorkflowId(side)),
    async readCompensationPlan(plan) {
      const progress = await planProgress(db, plan);
      if (progress === undefined) return { state: 'GONE' };
      const { state, needed, compensated, next } = progress;
      if (state !== 'OPEN') return { state };
      return {
        ...{ state, needed, compensated },
        ...(next !== undefined && {
          next: { step: next.step, amount: next.amount, dueAtMs: next.dueAt.getTime() },
        }),
      };
    },
    async judgeDeadline(step) {
      await judgeStep(db, step);
      work.kick();
    },
    finishCompensationPlan: (plan) => finishWork(db, planWorkflowId(plan)),
  };
}
