import { decodeJwt, errors } from 'jose';
import type { Verification } from '../../../runtime/tokens.ts';
import { Problem } from '../../http/problem.ts';
import type { RequestFacts } from '../../http/route.ts';
import type { GuardDeps } from '../deps.ts';

/** The source run book looks for this text. */
const REFUSED = 'Invalid Control Plane token';

/**
 * A token meant for this WL. In the local profile also one that this WL got for a partner, because
 * the source run book imports with it.
 */
export async function checkImport(
  deps: GuardDeps,
  facts: RequestFacts,
): Promise<{ subject: string }> {
  const { bearer, listener, certificate } = facts;
  const options = {
    listener,
    certificateThumbprint: certificate?.thumbprint,
    subjects: ['wl', 'operator'],
  } as const;
  let verification: Verification = await deps.verifier.verify(bearer, options);
  if (!verification.ok && verification.code === 'TOKEN_AUDIENCE' && deps.profile === 'local') {
    const elsewhere = await deps.verifierFor(audienceOf(bearer)).verify(bearer, options);
    if (elsewhere.ok && elsewhere.claims.sub === deps.own.wlId) verification = elsewhere;
  }
  if (!verification.ok) throw new Problem(verification.code, { status: 401, detail: REFUSED });
  return { subject: verification.claims.sub };
}

/** Read before it is trusted: the verifier for this audience checks everything again. */
function audienceOf(token: string | undefined): string {
  try {
    const { aud } = decodeJwt(token ?? '');
    return typeof aud === 'string' ? aud : '';
  } catch (error) {
    // What is no token has no audience; the verifier refuses it.
    if (error instanceof errors.JOSEError) return '';
    throw error;
  }
}
