import type { WorkOrder } from './orders.ts';

/** Starts as `alertDelivery`, with the notification that it carries. */
export const ALERT_DELIVERY = 'alertDelivery';

/** `alert/<notificationId>/<targetId>`: one workflow a notification and target. */
export function alertWorkflowId(delivery: {
  readonly notificationId: string;
  readonly targetId: string;
}): string {
  return `alert/${delivery.notificationId}/${delivery.targetId}`;
}

/** Carries one notification to one target. */
export function alertWork(delivery: {
  readonly notificationId: string;
  readonly targetId: string;
  /** The notification's kind, for the engine's UI. */
  readonly kind: string;
  readonly correlationId: string;
}): WorkOrder {
  const { notificationId, targetId, kind, correlationId } = delivery;
  return {
    workflowId: alertWorkflowId(delivery),
    workflow: ALERT_DELIVERY,
    input: { notificationId, targetId, correlationId },
    summary: `Tell a target of ${kind}`,
    correlationId,
  };
}
