import { cancellationSignal } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import {
  closeAlert,
  readAlert,
  recordAlertAttempt,
  type Alert,
  type AlertDestination,
} from '../../db/cp/alert-delivery.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { finishWork } from '../../db/cp/work-order.ts';
import type { Sealer } from '../../db/sealed.ts';
import {
  alertWorkflowId,
  type AlertDeliveryActivities,
  type AlertDeliveryInput,
  type AlertOutcome,
} from '../../workflows/alert-delivery/contract.ts';
import type { Mailer } from './mail.ts';
import { AlertNotTaken } from './not-taken.ts';
import type { WebhookSender } from './webhook.ts';

export interface AlertDeps {
  readonly db: Kysely<CpSchema>;
  readonly sealer: Sealer;
  readonly webhook: WebhookSender;
  /** Undefined where no mail server is configured. */
  readonly mail: Mailer | undefined;
}

/** The steps of `alertDelivery`. */
export function createAlertActivities(deps: AlertDeps): AlertDeliveryActivities {
  const { db, sealer } = deps;
  return {
    async deliverAlert(input) {
      const alert = await readAlert(db, sealer, input);
      if (alert.state !== 'PENDING') return { outcome: alert.state };
      const { destination } = alert;
      if (destination === undefined) return { outcome: await close(deps, input, 'CANCELLED') };
      try {
        await send(deps, { input, alert, destination });
      } catch (error) {
        if (!(error instanceof AlertNotTaken)) throw error;
        await recordAlertAttempt(db, input, error.message);
        throw error;
      }
      await recordAlertAttempt(db, input, undefined);
      return { outcome: 'SENT' };
    },
    async giveUpAlert(input) {
      return { outcome: await close(deps, input, 'FAILED') };
    },
    async finishAlert(input) {
      await finishWork(db, alertWorkflowId(input));
    },
  };
}

interface Sending {
  readonly input: AlertDeliveryInput;
  readonly alert: Alert;
  readonly destination: AlertDestination;
}

async function send(deps: AlertDeps, { input, alert, destination }: Sending): Promise<void> {
  // The same for every attempt: whoever gets an alert twice can tell.
  const messageId = `${input.notificationId}.${input.targetId}`;
  const signal = cancellationSignal();
  if (destination.kind === 'WEBHOOK') {
    await deps.webhook({ messageId, destination, notification: alert.notification, signal });
    return;
  }
  if (deps.mail === undefined) throw new AlertNotTaken('NO_MAIL_SERVER');
  const { address } = destination;
  await deps.mail({ messageId, address, notification: alert.notification, signal });
}

async function close(
  { db }: AlertDeps,
  input: AlertDeliveryInput,
  state: 'FAILED' | 'CANCELLED',
): Promise<AlertOutcome> {
  const became = await closeAlert(db, input, state);
  return became === 'PENDING' ? state : became;
}
