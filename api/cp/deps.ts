import type { Kysely } from 'kysely';
import type { Author, CpSchema } from '../../db/cp/schema.ts';
import type { Sealer } from '../../db/sealed.ts';
import type { RequestCode } from '../../domain/shared/codes.ts';
import type { Result } from '../../domain/shared/result.ts';
import type { EventResult } from '../../domain/telemetry/events.ts';
import type { CertificateFacts } from '../../runtime/tls.ts';
import type { Authority } from '../../runtime/certificates/authority.ts';
import type { CpConfig, Profile } from '../../runtime/config.ts';
import type { TokenVerifier } from '../../runtime/tokens.ts';
import type { SignalTestInput, SignalTestResult } from '../../workflows/signal-test/contract.ts';
import { Problem } from '../http/problem.ts';
import type { RequestFacts } from '../http/route.ts';
import type { SupportDesk } from './desk/support-desk.ts';
import type { Engine } from './engine.ts';
import type { Signer } from './tokens/signer.ts';

/** What the routes of the Control Plane work with; made once, in the process' entry file. */
export interface CpApiDeps {
  readonly db: Kysely<CpSchema>;
  readonly sealer: Sealer;
  readonly profile: Profile;
  readonly verifier: TokenVerifier;
  readonly signer: Signer;
  readonly engine: Engine;
  /** Starts work that a commit of this request has ordered. */
  readonly work: { readonly kick: () => void };
  readonly signals: {
    /** Tells workflows that their rows have changed; does not wait. */
    readonly look: (workflowIds: readonly string[]) => void;
    /** Asks a gateway whether it takes signals; ENGINE_UNAVAILABLE where nobody can ask. */
    readonly test: (input: SignalTestInput) => Promise<SignalTestResult>;
  };
  /** Asks white labels for what is theirs. */
  readonly supportDesk: SupportDesk;
  readonly tokens: CpConfig['tokens'];
  /** Told of each reported event. */
  readonly onEvent?: (event: TakenEvent) => void;
  /** What people are told of where to look further. */
  readonly console: CpConfig['console'];
  /** Whether alerts can be sent by mail; absent means not. */
  readonly hasMail?: boolean;
  readonly own: OwnCertificate;
  /** Signs certificates and revocation lists; absent where this process was given no key. */
  readonly authority?: Authority | undefined;
}

/** What the Control Plane shows to others. */
export interface OwnCertificate {
  /** Names under which it is called: its next certificate is for them. */
  readonly hosts: readonly string[];
  /** The one that new connections see now. */
  readonly inUse: () => Omit<CertificateFacts, 'subjectUri'>;
}

/** How a reported event was taken, for figures and traces. */
export interface TakenEvent {
  readonly result: EventResult;
  /** Why it was set aside; `none` where it was not. */
  readonly reason: string;
  /** Of what the event tells of; known only where the event could be read. */
  readonly correlationId?: string | undefined;
}

export type Principal = OperatorPrincipal | WlPrincipal;

/** A process of the Control Plane itself, by its certificate. */
export interface OwnPrincipal {
  readonly kind: 'control-plane';
  readonly id: string;
}

export interface OperatorPrincipal {
  readonly kind: 'operator';
  readonly id: string;
  /** End of the session. */
  readonly expiresAt: Date;
  /** A master has every role. */
  readonly has: (role: 'master' | 'operator' | 'risk' | 'support' | 'auditor') => boolean;
}

export interface WlPrincipal {
  readonly kind: 'wl';
  readonly id: string;
  /** Of the certificate that the request came with. */
  readonly thumbprint?: string | undefined;
}

/** Who changes something, for the audit. */
export function authorOf(principal: Principal, facts: RequestFacts): Author {
  return {
    actor: principal.id,
    source: principal.kind === 'operator' ? 'admin-api' : 'wl-api',
    correlationId: facts.correlationId,
  };
}

/** The value of a result, or its code as a problem. */
export function valueOrProblem<T, C extends RequestCode>(
  result: Result<T, C>,
  details: { readonly [K in C]?: string } = {},
): T {
  if (result.ok) return result.value;
  const detail = details[result.code];
  throw new Problem(result.code, detail === undefined ? {} : { detail });
}

/** The value, or NOT_FOUND where there is none. */
export function foundOrProblem<T>(value: T | undefined): T {
  if (value === undefined) throw new Problem('NOT_FOUND');
  return value;
}
