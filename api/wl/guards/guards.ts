import { createHash, timingSafeEqual } from 'node:crypto';
import { CP_SUBJECT_URI } from '../../../runtime/tls.ts';
import { Problem } from '../../http/problem.ts';
import { TOKEN_REFUSALS } from '../../http/refusals.ts';
import type { Guard } from '../../http/route.ts';
import type { GuardDeps } from '../deps.ts';
import { checkImport } from './import.ts';
import { checkBodyMember, checkHeaderMember } from './member.ts';
import { checkApprover, checkPartner, checkPeer } from './partner.ts';
import type {
  ApproverPrincipal,
  MemberPrincipal,
  PartnerPrincipal,
  SupportPrincipal,
  SupportScope,
} from './principals.ts';
import { checkSupport } from './support.ts';

export interface Guards {
  readonly peer: (...scopes: string[]) => Guard<PartnerPrincipal>;
  /** `scope` is what a token that comes along must carry. */
  readonly partner: (scope: string) => Guard<PartnerPrincipal>;
  readonly approver: Guard<ApproverPrincipal>;
  readonly controlPlane: Guard<{ readonly kind: 'control-plane' }>;
  /** Account and token in the headers. */
  readonly member: Guard<MemberPrincipal>;
  /** Account and token among the fields of the body. */
  readonly bodyMember: Guard<MemberPrincipal>;
  readonly support: (scope: SupportScope) => Guard<SupportPrincipal>;
  readonly memberOrSupport: (scope: SupportScope) => Guard<MemberPrincipal | SupportPrincipal>;
  readonly backoffice: Guard<{ readonly kind: 'backoffice' }>;
  readonly debugImport: Guard<{ readonly subject: string }>;
}

/** Who may call, for every route of a WL (CONTRACTS.md, Tokens and identity). */
export function createGuards(deps: GuardDeps): Guards {
  return { ...partyGuards(deps), ...peopleGuards(deps) };
}

const ACCOUNT_HEADERS = ['accountId', 'accountToken'] as const;
const WL_REFUSALS = [...TOKEN_REFUSALS, 'CERTIFICATE_REQUIRED', 'CERTIFICATE_SUBJECT'] as const;
// A secret is there and right, or it is not.
const MEMBER_REFUSALS = ['TOKEN_MISSING', 'TOKEN_INVALID'] as const;

function partyGuards(
  deps: GuardDeps,
): Pick<Guards, 'peer' | 'partner' | 'approver' | 'controlPlane' | 'debugImport'> {
  return {
    peer: (...scopes) => ({
      name: 'peer',
      needsCertificate: false,
      describe: {
        schemes: [['bearer', 'mutualTLS']],
        text: `Peer token for this WL (${scopes.join(', ')}) with the certificate it is bound to.`,
        refuses: [...WL_REFUSALS, 'FORBIDDEN'],
      },
      check: (facts) => checkPeer(deps, facts, scopes),
      limitKey: ({ wlId }) => wlId,
    }),
    partner: (scope) => ({
      name: 'partner',
      needsCertificate: false,
      describe: {
        schemes: ['mutualTLS', 'bearer'],
        text: "The partner's certificate, which is enough for a trade once held.",
        refuses: [...WL_REFUSALS, 'FORBIDDEN'],
      },
      check: (facts) => checkPartner(deps, facts, scope),
      limitKey: ({ wlId }) => wlId,
    }),
    approver: {
      name: 'approver',
      needsCertificate: false,
      describe: {
        schemes: ['bearer', 'mutualTLS'],
        text: "This WL's own token (trader:approve), or the Control Plane's certificate.",
        refuses: [...WL_REFUSALS, 'SELF_APPROVAL'],
      },
      check: (facts) => checkApprover(deps, facts),
      limitKey: ({ kind }) => kind,
    },
    controlPlane: {
      name: 'controlPlane',
      needsCertificate: true,
      describe: {
        schemes: ['mutualTLS'],
        text: 'Certificate of the Control Plane.',
        refuses: ['CERTIFICATE_SUBJECT'],
      },
      check: ({ certificate }) => {
        if (certificate?.subjectUri === CP_SUBJECT_URI) return { kind: 'control-plane' };
        throw new Problem('CERTIFICATE_SUBJECT');
      },
      limitKey: ({ kind }) => kind,
    },
    debugImport: {
      name: 'debugImport',
      needsCertificate: false,
      describe: {
        schemes: ['bearer'],
        text: 'A Control Plane token meant for this WL.',
        // The source run book expects 401 whatever is wrong with the token.
        refuses: TOKEN_REFUSALS.map((code) => ({ code, status: 401 })),
      },
      check: (facts) => checkImport(deps, facts),
      limitKey: ({ subject }) => subject,
    },
  };
}

function peopleGuards(
  deps: GuardDeps,
): Pick<Guards, 'member' | 'bodyMember' | 'support' | 'memberOrSupport' | 'backoffice'> {
  const member: Guard<MemberPrincipal> = {
    name: 'member',
    needsCertificate: false,
    describe: {
      schemes: [ACCOUNT_HEADERS],
      text: 'The member, by account and token.',
      refuses: MEMBER_REFUSALS,
    },
    check: (facts) => checkHeaderMember(deps, facts),
    limitKey: ({ account }) => account.accountId,
  };
  const support = (scope: SupportScope): Guard<SupportPrincipal> => ({
    name: 'support',
    needsCertificate: false,
    describe: {
      schemes: ['bearer'],
      text: `Support token for this WL, ${scope}.`,
      refuses: TOKEN_REFUSALS,
    },
    check: (facts) => checkSupport(deps, facts, scope),
    limitKey: ({ userId }) => userId,
  });
  return {
    member,
    bodyMember: {
      ...member,
      name: 'bodyMember',
      describe: {
        schemes: [],
        text: 'The member, by `accountId` and `token` of the body.',
        refuses: MEMBER_REFUSALS,
      },
      check: (facts) => checkBodyMember(deps, facts),
    },
    support,
    memberOrSupport: (scope) => ({
      name: 'memberOrSupport',
      needsCertificate: false,
      describe: {
        schemes: [ACCOUNT_HEADERS, 'bearer'],
        text: `The member, by account and token, or a support token, ${scope}.`,
        refuses: TOKEN_REFUSALS,
      },
      check: (facts) =>
        facts.bearer === undefined
          ? checkHeaderMember(deps, facts)
          : checkSupport(deps, facts, scope),
      limitKey: (principal) =>
        principal.kind === 'member' ? principal.account.accountId : principal.userId,
    }),
    backoffice: {
      name: 'backoffice',
      needsCertificate: false,
      describe: {
        schemes: ['backofficeKey'],
        text: "The back office's key.",
        refuses: MEMBER_REFUSALS,
      },
      check: ({ bearer }) => {
        if (bearer === undefined) throw new Problem('TOKEN_MISSING');
        if (!equalInConstantTime(bearer, deps.backofficeKey)) throw new Problem('TOKEN_INVALID');
        return { kind: 'backoffice' };
      },
      limitKey: ({ kind }) => kind,
    },
  };
}

// Hashes have equal lengths, so the comparison tells nothing about the key's.
function equalInConstantTime(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
