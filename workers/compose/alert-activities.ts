import { rootCertificates } from 'node:tls';
import { beating } from '../../activities/beating.ts';
import { createAlertActivities } from '../../activities/alerts/activities.ts';
import { createMailer } from '../../activities/alerts/mail.ts';
import { createPublicAgent, createWebhookSender } from '../../activities/alerts/webhook.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import type { CpConfig } from '../../runtime/config.ts';
import { loadTls } from '../../runtime/tls.ts';
import type { PartyDatabase } from './party-database.ts';
import type { ProcessParts } from './process.ts';

/** What alerts need in a process that runs the Control Plane's workflows. */
export function alertActivities(
  { profile, listen, mail }: Pick<CpConfig, 'profile' | 'listen' | 'mail'>,
  parts: Pick<ProcessParts, 'shutdown'> & { readonly database: PartyDatabase<CpSchema> },
) {
  // Servers on the developer's own machine show certificates of the stack's authority.
  const ca =
    profile === 'local' ? [...rootCertificates, loadTls(listen.certificates).ca] : undefined;
  const agent = createPublicAgent(profile, ca);
  parts.shutdown.add('alerts', () => agent.close());
  const { db, sealer } = parts.database;
  return beating(
    createAlertActivities({
      ...{ db, sealer },
      webhook: createWebhookSender({ agent, profile }),
      mail: mail === undefined ? undefined : createMailer({ ...mail, profile, ca }),
    }),
  );
}
