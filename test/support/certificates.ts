import {
  createAuthority,
  issueFrom,
  type CertificateAuthority,
  type CertificateRequest,
} from '../../stack/certificates/certificates.ts';
import type { TlsMaterial } from '../../runtime/tls.ts';

export interface TestPki {
  readonly ca: string;
  /** What the Control Plane signs with. */
  readonly authority: CertificateAuthority;
  /** A certificate of the trusted authority. */
  issue(request: Partial<CertificateRequest>): Promise<TlsMaterial>;
  /** A certificate of an authority nobody trusts, whose holder trusts ours. */
  issueForeign(request: Partial<CertificateRequest>): Promise<TlsMaterial>;
}

/** A public key infrastructure of one test file. */
export async function createTestPki(): Promise<TestPki> {
  const [authority, foreign] = await Promise.all([
    createAuthority('XporY test CA'),
    createAuthority('XporY test CA'),
  ]);
  const issueBy = async (issuer: CertificateAuthority, request: Partial<CertificateRequest>) => {
    const issued = await issueFrom(issuer, { commonName: 'test', ...request });
    return { ca: authority.certPem, cert: issued.certPem, key: issued.keyPem };
  };
  return {
    ca: authority.certPem,
    authority,
    issue: (request) => issueBy(authority, request),
    issueForeign: (request) => issueBy(foreign, request),
  };
}
