import { z } from 'zod';
import { freeText } from '../../http/free-text.ts';
import {
  isKeyRevoked,
  issuedForKey,
  listCertificates,
  recordIssued,
  revokeCertificate,
  type CertificateHolder,
  type StoredCertificate,
} from '../../../db/cp/certificate.ts';
import { readWl } from '../../../db/cp/wl.ts';
import { CERTIFICATE_DAYS, type Authority } from '../../../runtime/certificates/authority.ts';
import {
  CertificateRequestRefused,
  readCertificateRequest,
  type CertificateRequest,
} from '../../../runtime/certificates/request.ts';
import { CP_SUBJECT_URI, serialOf, wlSubjectUri } from '../../../runtime/tls.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Reply, type Route } from '../../http/route.ts';
import { authorOf, foundOrProblem, valueOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { timestamp, wlId, wlParams } from '../schemas.ts';

export type CertificateDeps = Pick<
  CpApiDeps,
  'db' | 'sealer' | 'profile' | 'work' | 'authority' | 'own'
>;

// Ten times the request for the largest key that is taken.
const MAX_CSR = 32_768;
const MAX_REASON = 200;
// Zero is nobody's: no certificate has it, and no table takes it.
const SERIAL_FORM = /^0{0,39}[1-9A-Fa-f][0-9A-Fa-f]{0,39}$/;
const MAX_SERIAL = 40;
const DAY_MS = 86_400_000;
// A repeated request is answered with the same certificate while that is as good as a new one.
const AS_GOOD_AS_NEW_MS = (CERTIFICATE_DAYS - 1) * DAY_MS;
// In the local stack every party is also called by these.
const LOCAL_HOSTS = ['localhost', '127.0.0.1'];

export const csrBody = z.strictObject({ csr: z.string().min(1).max(MAX_CSR) });
export const revokeBody = z.strictObject({ reason: freeText(MAX_REASON) });
export const serial = z
  .string()
  .max(MAX_SERIAL)
  .regex(SERIAL_FORM, 'is hexadecimal')
  .transform(serialOf);

export const issuedView = z.object({
  serial: z.string(),
  thumbprint: z.string(),
  notBefore: timestamp,
  notAfter: timestamp,
  certificate: z.string().meta({ description: 'PEM.' }),
  authority: z.string().meta({ description: 'PEM of the authority that has signed it.' }),
});
export const ownCertificateView = z.object({
  serial: z.string(),
  origin: z.enum(['ISSUED', 'SHOWN', 'NAMED']),
  state: z.enum(['VALID', 'REVOKED']),
  thumbprint: z.string().nullable(),
  hosts: z.array(z.string()),
  notBefore: timestamp.nullable(),
  notAfter: timestamp.nullable(),
  recordedBy: z.string(),
  recordedAt: timestamp,
  revokedAt: timestamp.nullable(),
  revokedBy: z.string().nullable(),
  reason: z.string().nullable(),
});
export const certificateView = ownCertificateView.extend({ wlId: z.string() });

/** Certificates of WLs: issued for a request, listed, revoked. */
export function certificateRoutes(deps: CertificateDeps, guards: Guards): Route[] {
  const common = {
    tag: 'Keys',
    group: 'wl',
    method: 'post',
    guard: guards.certificateOrOperator('operator'),
  } as const;
  return [
    route({
      ...common,
      path: '/wls/:id/certificates',
      summary: 'A certificate for a PKCS#10 request; its names are decided here',
      params: wlParams,
      body: csrBody,
      responses: { 200: issuedView, 201: issuedView },
      refuses: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'],
      handler: async ({ params: { id }, body, principal, facts }) => {
        const authority = authorityOf(deps);
        const request = await requestOf(body.csr);
        return issue(deps, { id, authority, request, author: authorOf(principal, facts) });
      },
    }),
    route({
      ...common,
      path: '/wls/:id/certificates/:serial/revoke',
      summary: 'Ends a certificate: here at once, at every white label within a minute',
      params: z.object({ id: wlId, serial }),
      body: revokeBody,
      responses: { 200: certificateView },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ params: { id, serial: revoked }, body, principal, facts }) => {
        const certificate = await revoke(deps, {
          ...{ wlId: id, serial: revoked, reason: body.reason },
          mayName: principal.kind === 'operator',
          author: authorOf(principal, facts),
        });
        return { status: 200, body: { ...viewOf(certificate), wlId: id } };
      },
    }),
    route({
      tag: 'Keys',
      group: 'admin',
      method: 'get',
      guard: guards.operator(),
      path: '/admin/api/wls/:id/certificates',
      summary: 'Certificates of a white label, newest first',
      params: wlParams,
      responses: { 200: z.object({ items: z.array(certificateView) }) },
      handler: async ({ params: { id } }) => {
        const items = await listCertificates(deps.db, id);
        return { status: 200, body: { items: items.map((row) => ({ ...viewOf(row), wlId: id })) } };
      },
    }),
  ];
}

/** Ends a certificate; the one that this process shows is replaced first. */
export async function revoke(
  deps: CertificateDeps,
  ended: Omit<Parameters<typeof revokeCertificate>[1], 'sign'>,
): Promise<StoredCertificate> {
  const authority = authorityOf(deps);
  if (ended.serial === deps.own.inUse().serial) {
    // Every WL would refuse this process, and none could be told of the next certificate.
    const detail = 'The Control Plane shows this certificate: put another one in its place first.';
    throw new Problem('CONFLICT', { detail });
  }
  const outcome = await revokeCertificate(deps.db, {
    ...ended,
    sign: (list) => authority.signRevocationList({ ...list, now: new Date() }),
  });
  const { certificate } = valueOrProblem(outcome, {
    CONFLICT: 'The certificate is revoked already.',
  });
  deps.work.kick();
  return certificate;
}

export function authorityOf({ authority }: CertificateDeps): Authority {
  if (authority !== undefined) return authority;
  const detail = 'This Control Plane has no authority to sign with: CA_CERT_FILE, CA_KEY_FILE.';
  throw new Problem('CONFLICT', { detail });
}

export async function requestOf(csr: string): Promise<CertificateRequest> {
  try {
    return await readCertificateRequest(csr);
  } catch (cause) {
    if (!(cause instanceof CertificateRequestRefused)) throw cause;
    const errors = [{ in: 'body', pointer: '/csr', message: cause.message }] as const;
    throw new Problem('VALIDATION_FAILED', { errors: [...errors], cause });
  }
}

async function issue(
  deps: CertificateDeps,
  asked: {
    readonly id: string;
    readonly authority: Authority;
    readonly request: CertificateRequest;
    readonly author: Parameters<typeof recordIssued>[2];
  },
): Promise<Reply> {
  const { id, ...rest } = asked;
  const wl = foundOrProblem(await readWl(deps.db, deps.sealer, id));
  if (wl.status === 'BLOCKED') {
    throw new Problem('FORBIDDEN', { detail: 'The white label is blocked.' });
  }
  const hosts = hostsOf(wl.peerUrl, deps.profile === 'local');
  return issueTo(deps, { ...rest, wlId: id, hosts });
}

interface Issuing {
  readonly wlId: CertificateHolder;
  readonly hosts: readonly string[];
  readonly authority: Authority;
  readonly request: CertificateRequest;
  readonly author: Parameters<typeof recordIssued>[2];
}

/** Signs and records; the same request gets the same certificate. */
export async function issueTo(deps: CertificateDeps, issuing: Issuing): Promise<Reply> {
  const { wlId: holder, hosts, authority, request, author } = issuing;
  const { keyFingerprint, publicKey } = request;
  if (await isKeyRevoked(deps.db, keyFingerprint)) {
    throw new Problem('CONFLICT', { detail: 'A certificate of this key was revoked: make a key.' });
  }
  const now = new Date();
  const known = await issuedForKey(deps.db, holder, keyFingerprint);
  if (known !== undefined && isAsGoodAsNew(known, hosts, now)) {
    return { status: 200, body: issuedViewOf(known, authority) };
  }
  const subjectUri = holder === null ? CP_SUBJECT_URI : wlSubjectUri(holder);
  const { pem, facts } = await authority.issue({ publicKey, subjectUri, hosts, now });
  await recordIssued(deps.db, { ...facts, wlId: holder, pem, keyFingerprint, hosts }, author);
  const { serial: issued, thumbprint, notBefore, notAfter } = facts;
  const row = { serial: issued, thumbprint, not_before: notBefore, not_after: notAfter, pem };
  return { status: 201, body: issuedViewOf(row, authority) };
}

/** Without an endpoint it is a client's certificate, with which the endpoint can be registered. */
function hostsOf(peerUrl: string | null, isLocal: boolean): string[] {
  if (peerUrl === null) return [];
  const host = new URL(peerUrl).hostname.replace(/^\[(.*)\]$/, '$1');
  return withLocal([host], isLocal);
}

export function withLocal(hosts: readonly string[], isLocal: boolean): string[] {
  return [...new Set([...hosts, ...(isLocal ? LOCAL_HOSTS : [])])];
}

function isAsGoodAsNew(known: StoredCertificate, hosts: readonly string[], now: Date): boolean {
  const left = (known.not_after?.getTime() ?? 0) - now.getTime();
  return left > AS_GOOD_AS_NEW_MS && (known.hosts ?? []).join() === hosts.join();
}

type IssuedRow = Pick<
  StoredCertificate,
  'serial' | 'thumbprint' | 'not_before' | 'not_after' | 'pem'
>;

function issuedViewOf(row: IssuedRow, { certPem }: Authority) {
  return {
    serial: row.serial,
    thumbprint: row.thumbprint ?? '',
    notBefore: row.not_before?.toISOString() ?? '',
    notAfter: row.not_after?.toISOString() ?? '',
    certificate: row.pem ?? '',
    authority: certPem,
  };
}

export function viewOf(row: StoredCertificate): z.output<typeof ownCertificateView> {
  return {
    serial: row.serial,
    origin: row.origin,
    state: row.state,
    thumbprint: row.thumbprint,
    hosts: row.hosts ?? [],
    notBefore: row.not_before?.toISOString() ?? null,
    notAfter: row.not_after?.toISOString() ?? null,
    recordedBy: row.recorded_by,
    recordedAt: row.recorded_at.toISOString(),
    revokedAt: row.revoked_at?.toISOString() ?? null,
    revokedBy: row.revoked_by,
    reason: row.revoked_reason,
  };
}
