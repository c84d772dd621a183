import type { Kysely } from 'kysely';
import { inTransaction } from '../pool.ts';
import { CONTROL_PLANE_OWNER } from './key.ts';
import { closeNotifications, raiseNotification } from './notification.ts';
import type { CpSchema, CpTransaction } from './schema.ts';
import type { StoredEvent } from './telemetry/stored-event.ts';

/** A WL can't renew its certificate by itself; said once for each certificate and reason. */
export async function recordCertificateExpiring(
  tx: CpTransaction,
  { wlId, data, correlationId }: StoredEvent<'certificate.expiring'>,
): Promise<void> {
  const { serial, notAfter, reason } = data;
  await raiseNotification(tx, {
    ...({ kind: 'KEYS', severity: 'WARNING' } as const),
    dedupeKey: `certificate/${wlId}/${serial}/${reason}`,
    title: 'A white label can not renew its certificate',
    subject: `wl/${wlId}`,
    details: { serial, notAfter, reason },
    correlationId,
  });
}

/** As the audit calls what is issued to the Control Plane itself. */
const OWN_SUBJECT = `certificates/${CONTROL_PLANE_OWNER}`;

/**
 * The Control Plane can't renew its own certificate: every white label's calls end with it. Said once
 * for each certificate and reason.
 */
export function recordOwnCertificateStuck(
  db: Kysely<CpSchema>,
  stuck: {
    readonly serial: string;
    readonly notAfter: Date;
    readonly reason: string;
    readonly correlationId: string;
  },
): Promise<boolean> {
  const { serial, notAfter, reason, correlationId } = stuck;
  return inTransaction(db, (tx) =>
    raiseNotification(tx, {
      ...({ kind: 'KEYS', severity: 'CRITICAL' } as const),
      dedupeKey: `${OWN_SUBJECT}/${serial}/${reason}`,
      title: 'The Control Plane can not renew its own certificate',
      subject: OWN_SUBJECT,
      details: { serial, notAfter: notAfter.toISOString(), reason },
      correlationId,
    }),
  );
}

/** It has been renewed: what was told of the one before is over. */
export function closeOwnCertificateStuck(db: Kysely<CpSchema>): Promise<void> {
  return inTransaction(db, (tx) => closeNotifications(tx, { kind: 'KEYS', subject: OWN_SUBJECT }));
}
