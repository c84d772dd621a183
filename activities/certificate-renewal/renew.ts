import { X509Certificate } from 'node:crypto';
import { log } from '@temporalio/activity';
import { FilesNotWritable, nextKey, putInPlace } from '../../runtime/certificates/renewal-files.ts';
import { writeCertificateRequest } from '../../runtime/certificates/request.ts';
import { certificateFacts, isPair, loadTls, type TlsFiles } from '../../runtime/tls.ts';
import type { RenewalOutcome, StuckReason } from '../../workflows/certificate-renewal/contract.ts';
import { ControlPlaneRefusal } from '../clients/control-plane.ts';

/** What a party renews its certificate with. */
export interface RenewalParts {
  readonly files: TlsFiles;
  /** The name under which partners call us; a certificate without it is no use to us. */
  readonly host: string;
  /** The certificate for a PKCS#10 request, both PEM; the same request gets the same one. */
  readonly requestCertificate: (csr: string) => Promise<string>;
  readonly clock: () => Date;
}

/** From a third of its life on a certificate is due: weeks, in which a person can still act. */
const DUE_BELOW = 1 / 3;

/** Replaces the certificate where it is due. Throws where the Control Plane is away or in trouble. */
export async function renew(parts: RenewalParts): Promise<RenewalOutcome> {
  const { files, clock } = parts;
  const { notBefore, notAfter } = certificateFacts(loadTls(files).cert);
  const left = notAfter.getTime() - clock().getTime();
  const until = notAfter.toISOString();
  if (left >= (notAfter.getTime() - notBefore.getTime()) * DUE_BELOW) {
    return { kind: 'NOT_DUE', notAfter: until };
  }
  const stuck = (reason: StuckReason, cause?: unknown): RenewalOutcome => {
    log.warn('the certificate needs a person', { reason, notAfter: until, error: cause });
    return { kind: 'STUCK', reason, notAfter: until };
  };
  try {
    const cert = await certificateOfNextKey(parts);
    if (cert === undefined) return stuck('NOT_USABLE');
    await putInPlace(files, cert);
    const { serial, notAfter: end } = certificateFacts(cert);
    log.info('the certificate was renewed', { serial, notAfter: end.toISOString() });
    return { kind: 'RENEWED', serial, notAfter: end.toISOString() };
  } catch (error) {
    if (error instanceof FilesNotWritable) return stuck('NOT_WRITABLE', error);
    // The Control Plane is there and says no; that it is away is left to the next attempt.
    if (error instanceof ControlPlaneRefusal && error.status < 500) return stuck('REFUSED', error);
    throw error;
  }
}

/** What was issued has to be of our key, of our authority, and for our name and identity. */
async function certificateOfNextKey(parts: RenewalParts): Promise<string | undefined> {
  const { files, host, requestCertificate } = parts;
  const key = await nextKey(files);
  const pem = await requestCertificate(await writeCertificateRequest(key));
  const issued = new X509Certificate(pem);
  const { ca, cert } = loadTls(files);
  const isOurs =
    isPair(pem, String(key.export({ type: 'pkcs8', format: 'pem' }))) &&
    certificateFacts(pem).subjectUri === certificateFacts(cert).subjectUri &&
    issued.checkHost(host) !== undefined &&
    issued.verify(new X509Certificate(ca).publicKey);
  return isOurs ? pem : undefined;
}
