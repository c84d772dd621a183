export { ALERT_DELIVERY, alertWorkflowId } from '../../domain/work/alert-orders.ts';

/** Ids and correlation; what is told and where to stands in the rows. */
export interface AlertDeliveryInput {
  readonly notificationId: string;
  readonly targetId: string;
  readonly correlationId: string;
}

/** CANCELLED: the target was removed meanwhile. FAILED: it took nothing for a day. */
export type AlertOutcome = 'SENT' | 'FAILED' | 'CANCELLED';

export interface AlertDeliveryActivities {
  /** One attempt, recorded; throws where the target did not take the alert. */
  deliverAlert(input: AlertDeliveryInput): Promise<{ readonly outcome: AlertOutcome }>;
  /** Ends a delivery that was given up; answers what has become of it. */
  giveUpAlert(input: AlertDeliveryInput): Promise<{ readonly outcome: AlertOutcome }>;
  /** Notes that the order is done. */
  finishAlert(input: AlertDeliveryInput): Promise<void>;
}
