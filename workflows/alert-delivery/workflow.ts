import { ActivityFailure, log, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { AlertDeliveryActivities, AlertDeliveryInput, AlertOutcome } from './contract.ts';

type Attempt = Pick<AlertDeliveryActivities, 'deliverAlert'>;

const { deliverAlert } = proxyActivities<Attempt>({
  // A mail server may greet slowly; past this the attempt is a failed one.
  startToCloseTimeout: '45 seconds',
  // Somebody is waiting to be told: a worker that is killed meanwhile is noticed sooner than that.
  heartbeatTimeout: '10 seconds',
  // An alert that is a day old tells nobody anything; the console still has the notification.
  scheduleToCloseTimeout: '24 hours',
  // Some forty tries in the day: soon at first, then not a burden to a target that is down.
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '30 minutes' },
  summary: 'Deliver the alert',
});

// Our own database: without bound, because an order that is not finished is started again.
const rows = proxyActivities<Omit<AlertDeliveryActivities, 'deliverAlert'>>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '60 seconds' },
});

/** Carries one notification to one target, at least once; the target dedupes by the stable id. */
export async function alertDelivery(input: AlertDeliveryInput): Promise<AlertOutcome> {
  const outcome = await deliver(input);
  setCurrentDetails(`**${outcome}**`);
  await rows.finishAlert(input);
  return outcome;
}

async function deliver(input: AlertDeliveryInput): Promise<AlertOutcome> {
  try {
    return (await deliverAlert(input)).outcome;
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('an alert was given up', { ...input, cause: error.cause?.message });
    return (await rows.giveUpAlert(input)).outcome;
  }
}
