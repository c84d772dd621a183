import { z } from 'zod';
import { noteShown } from '../../../db/cp/certificate.ts';
import { CONTROL_PLANE_OWNER } from '../../../db/cp/key.ts';
import { arePartners } from '../../../db/cp/relationship.ts';
import { readWl } from '../../../db/cp/wl.ts';
import { CONTROL_PLANE } from '../../../runtime/tokens.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Reply, type Route } from '../../http/route.ts';
import { foundOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { timestamp, wlId, wlParams } from '../schemas.ts';
import type { SignedToken } from './signer.ts';

type TokenDeps = Pick<CpApiDeps, 'db' | 'sealer' | 'signer' | 'tokens'>;

const WL_SCOPES = ['policies:read', 'telemetry:write', 'signals:ack'] as const;
const PEER_SCOPES = [
  'offers:sync',
  'trader:purchase',
  'trader:decision',
  'trader:approve',
] as const;
const SUPPORT_SCOPES = ['support:read', 'support:act'] as const;
type PeerScope = (typeof PEER_SCOPES)[number];

/** What a WL may ask of itself: its own approvals, and the local run book's import. */
const OWN_SCOPES: readonly PeerScope[] = ['trader:approve', 'offers:sync'];

const tokenView = z.object({ token: z.string(), expiresAt: timestamp, scope: z.string() });

const peerBody = z.strictObject({
  targetWlId: wlId,
  scopes: z.array(z.enum(PEER_SCOPES)).min(1).max(PEER_SCOPES.length),
});

/** Tokens for WLs, over mTLS and bound to the certificate, and for support. */
export function tokenRoutes(deps: TokenDeps, guards: Guards): Route[] {
  const common = { tag: 'Tokens', method: 'post', params: wlParams } as const;
  return [
    route({
      ...common,
      path: '/wls/:id/token',
      summary: 'A token of this white label for the Control Plane',
      group: 'wl',
      guard: guards.certificate,
      responses: { 200: tokenView },
      refuses: ['NOT_FOUND'],
      handler: async ({ principal: { id, thumbprint }, facts: { certificate } }) => {
        foundOrProblem(await readWl(deps.db, deps.sealer, id));
        // Whoever shows a certificate can later be refused by its serial.
        if (certificate !== undefined) await noteShown(deps.db, id, certificate);
        const token = await deps.signer.issue({
          kind: 'WL',
          owner: id,
          sub: id,
          aud: CONTROL_PLANE,
          scopes: WL_SCOPES,
          thumbprint,
          ttlSeconds: deps.tokens.wlSeconds,
        });
        return replyOf(token, WL_SCOPES);
      },
    }),
    route({
      ...common,
      path: '/wls/:id/peer-token',
      summary: 'A token of this white label for a partner',
      group: 'wl',
      guard: guards.certificate,
      body: peerBody,
      responses: { 200: tokenView },
      refuses: ['NOT_FOUND', 'FORBIDDEN', 'TOKEN_SCOPE', 'RELATIONSHIP_MISSING'],
      handler: async ({ principal: { id, thumbprint }, body }) => {
        const scopes = [...new Set(body.scopes)];
        await checkPeer(deps, { id, targetWlId: body.targetWlId, scopes });
        const token = await deps.signer.issue({
          kind: 'PEER',
          owner: id,
          sub: id,
          aud: body.targetWlId,
          scopes,
          thumbprint,
          ttlSeconds: deps.tokens.peerSeconds,
        });
        return replyOf(token, scopes);
      },
    }),
    supportRoute(deps, guards),
  ];
}

function supportRoute(deps: TokenDeps, guards: Guards): Route {
  return route({
    tag: 'Tokens',
    method: 'post',
    params: wlParams,
    path: '/admin/api/wls/:id/support-token',
    summary: 'A short token with which support acts at a white label',
    group: 'admin',
    guard: guards.operator('support'),
    responses: { 200: tokenView },
    refuses: ['NOT_FOUND'],
    handler: async ({ params: { id }, principal }) => {
      foundOrProblem(await readWl(deps.db, deps.sealer, id));
      const token = await deps.signer.issue({
        kind: 'SUPPORT',
        owner: CONTROL_PLANE_OWNER,
        sub: principal.id,
        aud: id,
        scopes: SUPPORT_SCOPES,
        ttlSeconds: deps.tokens.supportSeconds,
      });
      return replyOf(token, SUPPORT_SCOPES);
    },
  });
}

interface PeerRequest {
  readonly id: string;
  readonly targetWlId: string;
  readonly scopes: readonly PeerScope[];
}

async function checkPeer(deps: TokenDeps, { id, targetWlId, scopes }: PeerRequest): Promise<void> {
  const caller = foundOrProblem(await readWl(deps.db, deps.sealer, id));
  const target = await readWl(deps.db, deps.sealer, targetWlId);
  if (target === undefined) {
    throw new Problem('NOT_FOUND', { detail: 'There is no such target.' });
  }
  if (caller.status === 'BLOCKED' || target.status === 'BLOCKED') {
    throw new Problem('FORBIDDEN', { detail: 'One of the two white labels is blocked.' });
  }
  const own = targetWlId === id;
  // A buyer that could approve at its seller would approve its own purchase (CONTRACTS.md).
  const refused = own
    ? scopes.find((scope) => !OWN_SCOPES.includes(scope))
    : scopes.find((scope) => scope === 'trader:approve');
  if (refused !== undefined) {
    const detail = `${refused} is not given for ${own ? 'the caller itself' : 'another party'}.`;
    throw new Problem('TOKEN_SCOPE', { detail });
  }
  if (!own && !(await arePartners(deps.db, id, targetWlId))) {
    throw new Problem('RELATIONSHIP_MISSING');
  }
}

function replyOf({ token, expiresAt }: SignedToken, scopes: readonly string[]): Reply {
  return {
    status: 200,
    body: { token, expiresAt: expiresAt.toISOString(), scope: scopes.join(' ') },
  };
}
