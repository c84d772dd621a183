import { readRoles, type OperatorRole } from '../../db/cp/operator.ts';
import { CONTROL_PLANE_OWNER } from '../../db/cp/key.ts';
import { CP_SUBJECT_URI, wlIdOf } from '../../runtime/tls.ts';
import type { SubjectKind, TokenClaims } from '../../runtime/tokens.ts';
import { isUuid } from '../../runtime/uuid.ts';
import { Problem } from '../http/problem.ts';
import { TOKEN_REFUSALS, type Refusal } from '../http/refusals.ts';
import type { Guard, RequestFacts } from '../http/route.ts';
import type { CpApiDeps, OperatorPrincipal, OwnPrincipal, Principal, WlPrincipal } from './deps.ts';

type GuardDeps = Pick<CpApiDeps, 'db' | 'verifier'>;

export interface Guards {
  /** A person with one of the roles; without any, every person. */
  readonly operator: (...roles: OperatorRole[]) => Guard<OperatorPrincipal>;
  /** A WL that shows its certificate; where the path names a WL, that one. */
  readonly certificate: Guard<WlPrincipal>;
  /** A process of the Control Plane itself, by its certificate. */
  readonly ownCertificate: Guard<OwnPrincipal>;
  /** A WL with a token for the Control Plane; where the path names a WL as `id`, that one. */
  readonly wlToken: (scope: string) => Guard<WlPrincipal>;
  /** A person of any role, or a WL with a token for the Control Plane. */
  readonly operatorOrWlToken: (scope: string) => Guard<Principal>;
  /** The WL of the path by its certificate, or a person with one of the roles. */
  readonly certificateOrOperator: (...roles: OperatorRole[]) => Guard<Principal>;
}

/** Who may call, for every route of the Control Plane. */
export function createGuards(deps: GuardDeps): Guards {
  const operator = (...roles: OperatorRole[]): Guard<OperatorPrincipal> => ({
    name: 'operator',
    needsCertificate: false,
    describe: { schemes: ['bearer'], text: rolesText(roles), refuses: refusesPeople(roles) },
    check: (facts) => checkOperator(deps, facts, roles),
    limitKey: ({ id }) => id,
  });
  const certificate: Guard<WlPrincipal> = {
    name: 'certificate',
    needsCertificate: true,
    describe: {
      schemes: ['mutualTLS'],
      text: 'Certificate of the WL in the path.',
      refuses: ['CERTIFICATE_SUBJECT'],
    },
    check: checkCertificate,
    limitKey: ({ id }) => id,
  };
  return {
    operator,
    certificate,
    ownCertificate: OWN_CERTIFICATE,
    wlToken: (scope) => ({
      name: 'wlToken',
      needsCertificate: false,
      describe: {
        schemes: ['bearer'],
        text: `Token of a WL for the Control Plane, ${scope}.`,
        refuses: WL_REFUSALS,
      },
      check: (facts) => checkWlToken(deps, facts, scope),
      limitKey: ({ id }) => id,
    }),
    operatorOrWlToken: (scope) => ({
      name: 'operatorOrWlToken',
      needsCertificate: false,
      describe: {
        schemes: ['bearer'],
        text: `${rolesText([])} Or the token of a WL for the Control Plane, ${scope}.`,
        refuses: WL_REFUSALS,
      },
      check: async (facts) => {
        const subjects = ['operator', 'wl'] as const;
        const { subjectKind } = await verify(deps.verifier, facts, { subjects });
        return subjectKind === 'operator'
          ? checkOperator(deps, facts, [])
          : checkWlToken(deps, facts, scope);
      },
      limitKey: ({ id }) => id,
    }),
    certificateOrOperator: (...roles) => ({
      name: 'certificateOrOperator',
      needsCertificate: false,
      describe: {
        schemes: ['mutualTLS', 'bearer'],
        text: `Certificate of the WL in the path, or: ${rolesText(roles)}`,
        refuses: ['CERTIFICATE_SUBJECT', ...refusesPeople(roles)],
      },
      check: (facts) =>
        speaksByCertificate(facts) ? checkCertificate(facts) : checkOperator(deps, facts, roles),
      limitKey: ({ id }) => id,
    }),
  };
}

const OWN_CERTIFICATE: Guard<OwnPrincipal> = {
  name: 'ownCertificate',
  needsCertificate: true,
  describe: {
    schemes: ['mutualTLS'],
    text: 'Certificate of the Control Plane itself.',
    refuses: ['CERTIFICATE_SUBJECT'],
  },
  check: checkOwnCertificate,
  limitKey: ({ id }) => id,
};

/** A WL may send its token along; a person's token counts where the certificate is another's. */
function speaksByCertificate({ certificate, bearer, params }: RequestFacts): boolean {
  if (certificate === undefined) return false;
  const id = wlIdOf(certificate);
  return bearer === undefined || (id !== undefined && isPathId(params, id));
}

const WL_REFUSALS = [...TOKEN_REFUSALS, 'CERTIFICATE_SUBJECT', 'FORBIDDEN'] as const;

function refusesPeople(roles: readonly OperatorRole[]): readonly Refusal[] {
  return roles.length === 0 ? TOKEN_REFUSALS : [...TOKEN_REFUSALS, 'FORBIDDEN'];
}

function rolesText(roles: readonly OperatorRole[]): string {
  if (roles.length === 0) return 'Operator token of any role.';
  return `Operator token, role ${roles.join(' or ')}; a master has every role.`;
}

async function checkOperator(
  { db, verifier }: GuardDeps,
  facts: RequestFacts,
  roles: readonly OperatorRole[],
): Promise<OperatorPrincipal> {
  const claims = await verify(verifier, facts, { subjects: ['operator'] });
  // The token says what was true at login; a person who was blocked since may do nothing.
  const isSession = isUuid(claims.sub) && isUuid(claims.jti);
  const held = isSession ? await readRoles(db, { id: claims.sub, jti: claims.jti }) : undefined;
  if (held === undefined) {
    throw new Problem('TOKEN_INVALID', { detail: 'This session has been ended.' });
  }
  const has = (role: OperatorRole): boolean => held.includes(role) || held.includes('master');
  if (roles.length > 0 && !roles.some(has)) {
    throw new Problem('FORBIDDEN', { detail: rolesText(roles) });
  }
  return { kind: 'operator', id: claims.sub, expiresAt: claims.expiresAt, has };
}

function checkCertificate({ certificate, params }: RequestFacts): WlPrincipal {
  const id = wlIdOf(certificate);
  if (certificate === undefined || id === undefined || !isPathId(params, id)) {
    throw new Problem('CERTIFICATE_SUBJECT');
  }
  return { kind: 'wl', id, thumbprint: certificate.thumbprint };
}

async function checkOwnCertificate({ certificate }: RequestFacts): Promise<OwnPrincipal> {
  if (certificate?.subjectUri !== CP_SUBJECT_URI) throw new Problem('CERTIFICATE_SUBJECT');
  return { kind: 'control-plane', id: CONTROL_PLANE_OWNER };
}

async function checkWlToken(
  { verifier }: GuardDeps,
  facts: RequestFacts,
  scope: string,
): Promise<WlPrincipal> {
  const { sub: id } = await verify(verifier, facts, { requiredScopes: [scope] });
  if (facts.listener === 'tls' && wlIdOf(facts.certificate) !== id) {
    throw new Problem('CERTIFICATE_SUBJECT');
  }
  if (!isPathId(facts.params, id)) {
    throw new Problem('FORBIDDEN', { detail: 'The path names another WL than the token.' });
  }
  return { kind: 'wl', id, thumbprint: facts.certificate?.thumbprint };
}

async function verify(
  verifier: CpApiDeps['verifier'],
  { bearer, listener, certificate }: RequestFacts,
  asked: {
    readonly subjects?: readonly SubjectKind[];
    readonly requiredScopes?: readonly string[];
  },
): Promise<TokenClaims> {
  const verification = await verifier.verify(bearer, {
    listener,
    certificateThumbprint: certificate?.thumbprint,
    ...asked,
  });
  if (!verification.ok) throw new Problem(verification.code);
  return verification.claims;
}

// Routes about one WL call it `id`; a route without it has its own rule.
function isPathId({ id }: Readonly<Record<string, string>>, wlId: string): boolean {
  return id === undefined || id.toLowerCase() === wlId;
}
