import type { Kysely } from 'kysely';
import { addEvent } from '../../db/wl/outbox.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { inTransaction } from '../../db/pool.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { certificateFacts, loadTls } from '../../runtime/tls.ts';
import type {
  CertificateRenewalActivities,
  StuckReason,
} from '../../workflows/certificate-renewal/contract.ts';
import type { ControlPlaneClient } from '../clients/control-plane.ts';
import { correlated } from '../correlated.ts';
import { renew, type RenewalParts } from './renew.ts';

export interface RenewalDeps extends Omit<RenewalParts, 'requestCertificate'> {
  readonly db: Kysely<WlTables>;
  readonly wlId: string;
  readonly controlPlane: Pick<ControlPlaneClient, 'requestCertificate'>;
}

/** The steps of `certificateRenewal` at a WL. */
export function createCertificateRenewalActivities(
  deps: RenewalDeps,
): CertificateRenewalActivities {
  const { controlPlane } = deps;
  const requestCertificate = (csr: string) => controlPlane.requestCertificate(csr);
  return {
    renewCertificate: () => renew({ ...deps, requestCertificate }),
    reportStuckCertificate: ({ reason }) =>
      correlated((correlationId) => tell(deps, reason, correlationId)),
  };
}

async function tell(
  { db, wlId, files }: RenewalDeps,
  reason: StuckReason,
  correlationId: string,
): Promise<void> {
  invariant(reason !== 'UNREACHABLE', 'a WL waits for a Control Plane that is away');
  const { serial, notAfter } = certificateFacts(loadTls(files).cert);
  const data = { wlId, serial, notAfter: notAfter.toISOString(), reason };
  await inTransaction(db, (tx) =>
    addEvent(tx, { type: 'certificate.expiring', correlationId, data }),
  );
}
