import { z } from 'zod';
import { listCertificates } from '../../../db/cp/certificate.ts';
import type { Author } from '../../../db/cp/schema.ts';
import { route, type Reply, type Route } from '../../http/route.ts';
import { authorOf } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { timestamp } from '../schemas.ts';
import {
  authorityOf,
  csrBody,
  issuedView,
  issueTo,
  ownCertificateView,
  requestOf,
  revoke,
  revokeBody,
  serial,
  viewOf,
  withLocal,
  type CertificateDeps,
} from './certificate-routes.ts';

const inUse = z.object({
  serial: z.string(),
  thumbprint: z.string(),
  notBefore: timestamp,
  notAfter: timestamp,
});

/** In the table of certificates the Control Plane is nobody's id. */
const CONTROL_PLANE = null;
const PATH = '/admin/api/certificates';

/** Certificates of the Control Plane's own, for which a master asks, or one of its processes. */
export function ownCertificateRoutes(deps: CertificateDeps, guards: Guards): Route[] {
  const common = {
    tag: 'Keys',
    group: 'admin',
    method: 'post',
    guard: guards.operator('master'),
  } as const;
  return [
    route({
      ...common,
      path: PATH,
      summary:
        "A certificate of the Control Plane's own for a PKCS#10 request; put in place by files",
      body: csrBody,
      responses: { 200: issuedView, 201: issuedView },
      refuses: ['CONFLICT'],
      handler: async ({ body, principal, facts }) =>
        issueOwn(deps, { csr: body.csr, author: authorOf(principal, facts) }),
    }),
    route({
      ...{ tag: 'Keys', group: 'wl', method: 'post', guard: guards.ownCertificate },
      path: '/certificates',
      summary:
        'The next certificate of the Control Plane, for the process that shows the present one',
      body: csrBody,
      responses: { 200: issuedView, 201: issuedView },
      refuses: ['CONFLICT'],
      handler: async ({ body, principal, facts }) => {
        const { id: actor } = principal;
        const author = { actor, source: 'certificate-renewal', correlationId: facts.correlationId };
        return issueOwn(deps, { csr: body.csr, author });
      },
    }),
    route({
      ...common,
      path: `${PATH}/:serial/revoke`,
      summary: "Ends a certificate of the Control Plane's own, other than the one that it shows",
      params: z.object({ serial }),
      body: revokeBody,
      responses: { 200: ownCertificateView },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ params: { serial: revoked }, body, principal, facts }) => {
        const certificate = await revoke(deps, {
          ...{ wlId: CONTROL_PLANE, serial: revoked, reason: body.reason, mayName: true },
          author: authorOf(principal, facts),
        });
        return { status: 200, body: viewOf(certificate) };
      },
    }),
    route({
      tag: 'Keys',
      group: 'admin',
      method: 'get',
      guard: guards.operator(),
      path: PATH,
      summary: "Certificates of the Control Plane's own, newest first, and the one that it shows",
      responses: { 200: z.object({ inUse, items: z.array(ownCertificateView) }) },
      handler: async () => {
        const items = await listCertificates(deps.db, CONTROL_PLANE);
        const { notBefore, notAfter, serial: shown, thumbprint } = deps.own.inUse();
        const times = { notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() };
        const body = { inUse: { serial: shown, thumbprint, ...times }, items: items.map(viewOf) };
        return { status: 200, body };
      },
    }),
  ];
}

async function issueOwn(
  deps: CertificateDeps,
  { csr, author }: { readonly csr: string; readonly author: Author },
): Promise<Reply> {
  const authority = authorityOf(deps);
  const request = await requestOf(csr);
  const hosts = withLocal(deps.own.hosts, deps.profile === 'local');
  return issueTo(deps, { wlId: CONTROL_PLANE, hosts, authority, request, author });
}
