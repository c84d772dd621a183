import { CP_SUBJECT_URI, wlIdOf } from '../../../runtime/tls.ts';
import type { TokenClaims } from '../../../runtime/tokens.ts';
import { Problem } from '../../http/problem.ts';
import type { RequestFacts } from '../../http/route.ts';
import type { GuardDeps } from '../deps.ts';
import type { ApproverPrincipal, PartnerPrincipal } from './principals.ts';

/** A partner with a peer token for us; on TLS the certificate has to be that partner's, too. */
export async function checkPeer(
  deps: GuardDeps,
  facts: RequestFacts,
  scopes: readonly string[],
): Promise<PartnerPrincipal> {
  const { sub } = await verifyWl(deps, facts, scopes);
  // A token for ourselves is for approving; it must not buy or list as if we were our partner.
  if (sub === deps.own.wlId) throw new Problem('FORBIDDEN');
  return { kind: 'partner', wlId: sub };
}

/**
 * A partner about a trade that is held already: its certificate is enough, because a token may have
 * expired while money was in between. One that comes along all the same must be right in everything
 * but its time. On the plain listener the token stands in for the certificate.
 */
export async function checkPartner(
  deps: GuardDeps,
  facts: RequestFacts,
  scope: string,
): Promise<PartnerPrincipal> {
  if (facts.listener === 'plain') return checkPeer(deps, facts, [scope]);
  if (facts.certificate === undefined) throw new Problem('CERTIFICATE_REQUIRED');
  if (facts.bearer !== undefined) {
    try {
      return await checkPeer(deps, facts, [scope]);
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'TOKEN_EXPIRED')) throw error;
    }
  }
  const wlId = wlIdOf(facts.certificate);
  if (wlId === undefined) throw new Problem('CERTIFICATE_SUBJECT');
  return { kind: 'partner', wlId };
}

/**
 * This WL itself by its own token, or the Control Plane's relay by certificate. A partner's token
 * would let a buyer approve its own purchase, as the source run book did: SELF_APPROVAL.
 */
export async function checkApprover(
  deps: GuardDeps,
  facts: RequestFacts,
): Promise<ApproverPrincipal> {
  const { certificate, bearer } = facts;
  if (bearer === undefined && certificate?.subjectUri === CP_SUBJECT_URI) {
    return { kind: 'control-plane' };
  }
  const claims = await verifyWl(deps, facts, []);
  if (claims.sub !== deps.own.wlId) throw new Problem('SELF_APPROVAL');
  if (!claims.scopes.includes('trader:approve')) throw new Problem('TOKEN_SCOPE');
  return { kind: 'own' };
}

async function verifyWl(
  { verifier }: GuardDeps,
  { bearer, listener, certificate }: RequestFacts,
  requiredScopes: readonly string[],
): Promise<TokenClaims> {
  if (listener === 'tls' && certificate === undefined) throw new Problem('CERTIFICATE_REQUIRED');
  const verification = await verifier.verify(bearer, {
    listener,
    certificateThumbprint: certificate?.thumbprint,
    requiredScopes,
  });
  if (!verification.ok) throw new Problem(verification.code);
  const { claims } = verification;
  if (listener === 'tls' && wlIdOf(certificate) !== claims.sub) {
    throw new Problem('CERTIFICATE_SUBJECT');
  }
  return claims;
}
