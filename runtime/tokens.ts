import { createPublicKey, type KeyObject } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify, type JWK, type JWTPayload } from 'jose';
import { z } from 'zod';

/** `aud` of tokens that are meant for the Control Plane, and owner of its own signing keys. */
export const CONTROL_PLANE = 'control-plane';
export const TOKEN_ALGORITHM = 'RS256';
export const TOKEN_TYPE = 'JWT';
export const CLOCK_SKEW_SECONDS = 30;

const LEAST_MODULUS_BITS = 2_048;
const LEAST_EXPONENT = 65_537n;
// A header line of Node is at most 16 KiB; ours are under 1 KiB.
const MAX_TOKEN_CHARACTERS = 4_096;
const KID_FORM = /^[\x21-\x7e]{1,128}$/;
// Ids are looked up in databases, which have no NUL and no use for the rest of the control characters.
const ID_FORM = /^[\x21-\x7e]{1,255}$/;

export interface VerificationKey {
  readonly jwk: JWK;
  /** Whose key it is: a WL id, or `control-plane` for the keys that sign for operators. */
  readonly sub: string;
}

export interface TokenVerifierDeps {
  /** Base URL of the Control Plane, compared as text. */
  readonly issuer: string;
  /** This party: a WL id or `control-plane`. */
  readonly audience: string;
  /** The published key of that id, or undefined where there is none (any more). */
  readonly keysFor: (kid: string) => Promise<VerificationKey | undefined>;
  readonly clock: () => Date;
}

/** WLs sign as themselves; operators and support act under the Control Plane's keys. */
export type SubjectKind = 'wl' | 'operator';

export interface TokenClaims {
  readonly subjectKind: SubjectKind;
  readonly sub: string;
  readonly aud: string;
  readonly scopes: readonly string[];
  /** Roles of an operator; empty for WLs. */
  readonly roles: readonly string[];
  readonly jti: string;
  readonly kid: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** Thumbprint of the certificate that the token is bound to. */
  readonly certificateThumbprint?: string;
}

export interface VerifyOptions {
  /** Bindings are checked on `tls`; on `plain` there is no certificate to compare with. */
  readonly listener: 'tls' | 'plain';
  readonly certificateThumbprint?: string | undefined;
  /** All of them have to be in the token. */
  readonly requiredScopes?: readonly string[];
  /** Who may call at all; only WLs unless told. */
  readonly subjects?: readonly SubjectKind[];
}

export type TokenCode =
  | 'TOKEN_MISSING'
  | 'TOKEN_INVALID'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_AUDIENCE'
  | 'TOKEN_SCOPE'
  | 'TOKEN_BINDING';

export type Verification =
  | { readonly ok: true; readonly claims: TokenClaims }
  | { readonly ok: false; readonly code: TokenCode };

export interface TokenVerifier {
  verify(token: string | undefined, options: VerifyOptions): Promise<Verification>;
}

const headerShape = z.object({
  alg: z.literal(TOKEN_ALGORITHM),
  typ: z.literal(TOKEN_TYPE),
  kid: z.string().regex(KID_FORM),
  // Extensions that we would have to understand: we understand none.
  crit: z.undefined().optional(),
  b64: z.undefined().optional(),
});

const claimsShape = z.object({
  sub: z.string().regex(ID_FORM),
  aud: z.string().min(1),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().regex(ID_FORM),
  scope: z.string().default(''),
  roles: z.array(z.string()).default([]),
  cnf: z.object({ 'x5t#S256': z.string().min(1) }).optional(),
});

type Claims = z.output<typeof claimsShape>;

/**
 * Verifies tokens of the Control Plane by the rules of CONTRACTS.md. Keys come from `keysFor`
 * alone; a key or key address in the token itself (`jwk`, `jku`, `x5u`, `x5c`) is not looked at.
 */
export function createTokenVerifier(deps: TokenVerifierDeps): TokenVerifier {
  const imported = new WeakMap<JWK, KeyObject>();
  return {
    async verify(token, options) {
      if (token === undefined || token === '') return refuse('TOKEN_MISSING');
      const kid = readKid(token);
      if (kid === undefined) return refuse('TOKEN_INVALID');
      const key = await deps.keysFor(kid);
      const publicKey = key === undefined ? undefined : importKey(key.jwk, imported);
      if (key === undefined || publicKey === undefined) return refuse('TOKEN_INVALID');
      const checked = await checkSignature(token, publicKey, deps);
      if (!checked.ok) return checked;
      return authorise({ ...checked, kid, owner: key.sub }, deps, options);
    },
  };
}

function refuse(code: TokenCode): { readonly ok: false; readonly code: TokenCode } {
  return { ok: false, code };
}

function readKid(token: string): string | undefined {
  if (token.length > MAX_TOKEN_CHARACTERS || !isCanonical(token)) return undefined;
  try {
    const header = headerShape.safeParse(decodeProtectedHeader(token));
    return header.success ? header.data.kid : undefined;
  } catch {
    // The only thing the decoder throws about is text that is no token.
    return undefined;
  }
}

/** One token has one text: decoders admit padding and idle bits, which would make it have many. */
function isCanonical(token: string): boolean {
  return token
    .split('.')
    .every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}

function importKey(jwk: JWK, imported: WeakMap<JWK, KeyObject>): KeyObject | undefined {
  const known = imported.get(jwk);
  if (known !== undefined) return known;
  if (jwk.kty !== 'RSA' || jwk.use === 'enc') return undefined;
  if (jwk.alg !== undefined && jwk.alg !== TOKEN_ALGORITHM) return undefined;
  const { n, e } = jwk;
  if (n === undefined || e === undefined) return undefined;
  const key = readKey({ kty: 'RSA', n, e });
  const { modulusLength = 0, publicExponent = 0n } = key?.asymmetricKeyDetails ?? {};
  if (key === undefined) return undefined;
  if (modulusLength < LEAST_MODULUS_BITS || publicExponent < LEAST_EXPONENT) return undefined;
  imported.set(jwk, key);
  return key;
}

/** Undefined for numbers that make no key: whoever is shown one has a bad token, not a bug. */
function readKey(key: { kty: 'RSA'; n: string; e: string }): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return undefined;
  }
}

async function checkSignature(
  token: string,
  key: KeyObject,
  { issuer, clock }: TokenVerifierDeps,
): Promise<{ readonly ok: true; readonly claims: Claims } | ReturnType<typeof refuse>> {
  try {
    const { payload } = await jwtVerify<JWTPayload>(token, key, {
      algorithms: [TOKEN_ALGORITHM],
      typ: TOKEN_TYPE,
      issuer,
      currentDate: clock(),
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ['sub', 'aud', 'iat', 'exp', 'jti'],
    });
    const claims = claimsShape.safeParse(payload);
    return claims.success ? { ok: true, claims: claims.data } : refuse('TOKEN_INVALID');
  } catch (error) {
    if (error instanceof errors.JWTExpired) return refuse('TOKEN_EXPIRED');
    if (error instanceof errors.JOSEError) return refuse('TOKEN_INVALID');
    throw error;
  }
}

interface CheckedToken {
  readonly claims: Claims;
  readonly kid: string;
  readonly owner: string;
}

function authorise(
  { claims, kid, owner }: CheckedToken,
  { audience, clock }: TokenVerifierDeps,
  options: VerifyOptions,
): Verification {
  const subjectKind: SubjectKind = owner === CONTROL_PLANE ? 'operator' : 'wl';
  // A WL's key speaks for that WL alone, or one WL could issue tokens in another's name.
  if (subjectKind === 'wl' && owner !== claims.sub) return refuse('TOKEN_INVALID');
  if (claims.iat * 1_000 > clock().getTime() + CLOCK_SKEW_SECONDS * 1_000) {
    return refuse('TOKEN_INVALID');
  }
  if (claims.aud !== audience) return refuse('TOKEN_AUDIENCE');
  const { subjects = ['wl'], requiredScopes = [] } = options;
  if (!subjects.includes(subjectKind)) return refuse('TOKEN_SCOPE');
  const thumbprint = claims.cnf?.['x5t#S256'];
  if (options.listener === 'tls' && !isBound(subjectKind, thumbprint, options)) {
    return refuse('TOKEN_BINDING');
  }
  const scopes = claims.scope.split(' ').filter((scope) => scope !== '');
  if (!requiredScopes.every((scope) => scopes.includes(scope))) return refuse('TOKEN_SCOPE');
  return {
    ok: true,
    claims: {
      subjectKind,
      sub: claims.sub,
      aud: claims.aud,
      scopes,
      roles: subjectKind === 'operator' ? claims.roles : [],
      jti: claims.jti,
      kid,
      issuedAt: new Date(claims.iat * 1_000),
      expiresAt: new Date(claims.exp * 1_000),
      ...(thumbprint === undefined ? {} : { certificateThumbprint: thumbprint }),
    },
  };
}

// Tokens of WLs are issued over mTLS, so one without a binding is not one of ours. Operators log in
// with a password and have none.
function isBound(
  kind: SubjectKind,
  thumbprint: string | undefined,
  { certificateThumbprint }: VerifyOptions,
): boolean {
  if (thumbprint === undefined) return kind === 'operator';
  return thumbprint === certificateThumbprint;
}
