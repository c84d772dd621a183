import { Problem } from '../../http/problem.ts';
import type { RequestFacts } from '../../http/route.ts';
import type { GuardDeps } from '../deps.ts';
import type { SupportPrincipal, SupportScope } from './principals.ts';

/** A person of the Control Plane with a support token for this WL. */
export async function checkSupport(
  { verifier }: GuardDeps,
  { bearer, listener, certificate }: RequestFacts,
  scope: SupportScope,
): Promise<SupportPrincipal> {
  const verification = await verifier.verify(bearer, {
    listener,
    certificateThumbprint: certificate?.thumbprint,
    subjects: ['operator'],
    requiredScopes: [scope],
  });
  if (!verification.ok) throw new Problem(verification.code);
  return { kind: 'support', userId: verification.claims.sub };
}
