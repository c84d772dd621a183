import type { WorkOrder } from './orders.ts';

export const SETTLEMENT_DELIVERY = 'settlementDelivery';
export const COMPENSATION_PLAN = 'compensationPlan';

/** `settlement/<settlementId>/<wlId>`: one workflow for each side that has to apply it. */
export function settlementWorkflowId(side: {
  readonly settlementId: string;
  readonly wlId: string;
}): string {
  return `settlement/${side.settlementId}/${side.wlId}`;
}

/** Tells one side of a settlement to pull, until it reports that it has applied it. */
export function settlementWork(side: {
  readonly settlementId: string;
  readonly wlId: string;
  readonly correlationId: string;
}): WorkOrder {
  const { settlementId, wlId, correlationId } = side;
  return {
    workflowId: settlementWorkflowId(side),
    workflow: SETTLEMENT_DELIVERY,
    input: { settlementId, wlId, correlationId },
    summary: `Settlement ${settlementId} at ${wlId}`,
    correlationId,
  };
}

/** `plan/<src>/<dst>/<n>`: the pair's nth plan (DESIGN.md 6). */
export function planWorkflowId(plan: {
  readonly src: string;
  readonly dst: string;
  readonly n: number;
}): string {
  return `plan/${plan.src}/${plan.dst}/${plan.n}`;
}

/** Watches the deadlines of one plan. */
export function planWork(plan: {
  readonly src: string;
  readonly dst: string;
  readonly n: number;
  readonly correlationId: string;
}): WorkOrder {
  const { src, dst, n, correlationId } = plan;
  return {
    workflowId: planWorkflowId(plan),
    workflow: COMPENSATION_PLAN,
    input: { src, dst, n, correlationId },
    summary: `Compensation of ${src} to ${dst}`,
    correlationId,
  };
}
