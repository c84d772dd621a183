import { raiseNotification } from './notification.ts';
import type { CpTransaction } from './schema.ts';
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
