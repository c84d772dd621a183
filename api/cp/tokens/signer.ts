import { createPrivateKey, generateKeyPair, randomUUID, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, CompactSign, SignJWT } from 'jose';
import type { Kysely } from 'kysely';
import {
  CONTROL_PLANE_OWNER,
  currentKid,
  privateKey,
  type KeyOwner,
  type NewKeyPair,
  type NewSigningKey,
} from '../../../db/cp/key.ts';
import type { CpSchema, TokenKind } from '../../../db/cp/schema.ts';
import { sealColumn } from '../../../db/cp/sealed-columns.ts';
import { recordToken } from '../../../db/cp/token.ts';
import type { Sealer } from '../../../db/sealed.ts';
import { EVIDENCE_TYPE } from '../../../domain/audit/evidence.ts';
import { canonicalJson } from '../../../domain/shared/canonical.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { TOKEN_ALGORITHM, TOKEN_TYPE } from '../../../runtime/tokens.ts';

export interface SignerDeps {
  readonly db: Kysely<CpSchema>;
  readonly sealer: Sealer;
  /** Base URL of the Control Plane. */
  readonly issuer: string;
  readonly clock: () => Date;
}

export interface TokenRequest {
  readonly kind: TokenKind;
  /** Whose key signs: the subject WL's, or the Control Plane's own for people. */
  readonly owner: KeyOwner;
  readonly sub: string;
  readonly aud: string;
  readonly scopes: readonly string[];
  readonly roles?: readonly string[];
  /** Binds the token to the certificate that it was asked for with (RFC 8705). */
  readonly thumbprint?: string | undefined;
  readonly ttlSeconds: number;
}

export interface SignedToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** Everything that is signed with the keys in the Control Plane's custody. */
export interface Signer {
  readonly issue: (request: TokenRequest) => Promise<SignedToken>;
  readonly signAuditHead: (head: {
    readonly seq: string;
    readonly hash: string;
  }) => Promise<string>;
  /** Compact JWS over the canonical text of an evidence bundle's manifest. */
  readonly signManifest: (text: string) => Promise<string>;
  readonly issuer: string;
  readonly makeKey: () => Promise<NewSigningKey>;
  readonly makeKeyPair: () => Promise<NewKeyPair>;
}

const MODULUS_BITS = 2_048;
const MS_PER_SECOND = 1_000;
// Two keys a WL are used at a time; past this many WLs the oldest are unsealed again.
const CACHED_KEYS = 1_000;
const generate = promisify(generateKeyPair);

export function createSigner({ db, sealer, issuer, clock }: SignerDeps): Signer {
  const opened = new Map<string, KeyObject>();
  let lastHead: { readonly text: string; readonly signature: string } | undefined;

  // Which key is current is asked each time: a revoked key must not sign once more.
  const keyOf = async (owner: KeyOwner): Promise<{ kid: string; key: KeyObject }> => {
    const kid = await currentKid(db, owner);
    invariant(kid !== undefined, 'every owner has a current key');
    const known = opened.get(kid);
    if (known !== undefined) return { kid, key: known };
    const jwk = await privateKey(db, sealer, kid);
    invariant(jwk !== undefined, 'a current key has its private half');
    const key = createPrivateKey({ key: JSON.parse(jwk), format: 'jwk' });
    const [oldest] = opened.keys();
    if (opened.size >= CACHED_KEYS && oldest !== undefined) opened.delete(oldest);
    opened.set(kid, key);
    return { kid, key };
  };
  const makeKey = (): Promise<NewSigningKey> => makeSigningKey(sealer);
  return {
    async issue(request) {
      const { kid, key } = await keyOf(request.owner);
      return issueToken(request, { db, issuer, kid, key, now: clock() });
    },
    async signAuditHead({ seq, hash }) {
      const { kid, key } = await keyOf(CONTROL_PLANE_OWNER);
      const text = canonicalJson({ hash, seq });
      if (lastHead?.text === `${kid} ${text}`) return lastHead.signature;
      const signature = await new CompactSign(Buffer.from(text))
        .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid })
        .sign(key);
      lastHead = { text: `${kid} ${text}`, signature };
      return signature;
    },
    async signManifest(text) {
      const { kid, key } = await keyOf(CONTROL_PLANE_OWNER);
      return new CompactSign(Buffer.from(text))
        .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: EVIDENCE_TYPE, kid })
        .sign(key);
    },
    issuer,
    makeKey,
    async makeKeyPair() {
      const [current, next] = await Promise.all([makeKey(), makeKey()]);
      return { current, next };
    },
  };
}

interface SigningContext {
  readonly db: Kysely<CpSchema>;
  readonly issuer: string;
  readonly kid: string;
  readonly key: KeyObject;
  readonly now: Date;
}

async function issueToken(request: TokenRequest, context: SigningContext): Promise<SignedToken> {
  const { kind, sub, aud, scopes, roles, thumbprint, ttlSeconds } = request;
  const { db, issuer, kid, key, now } = context;
  const jti = randomUUID();
  const scope = scopes.join(' ');
  const issuedSeconds = Math.floor(now.getTime() / MS_PER_SECOND);
  const issuedAt = new Date(issuedSeconds * MS_PER_SECOND);
  const expiresAt = new Date((issuedSeconds + ttlSeconds) * MS_PER_SECOND);
  await recordToken(db, { jti, kind, sub, aud, scope, kid, thumbprint, issuedAt, expiresAt });
  const claims = {
    scope,
    ...(roles === undefined ? {} : { roles }),
    ...(thumbprint === undefined ? {} : { cnf: { 'x5t#S256': thumbprint } }),
  };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: TOKEN_TYPE, kid })
    .setIssuer(issuer)
    .setSubject(sub)
    .setAudience(aud)
    .setJti(jti)
    .setIssuedAt(issuedSeconds)
    .setExpirationTime(issuedSeconds + ttlSeconds)
    .sign(key);
  return { token, expiresAt };
}

/** The key's id is its RFC 7638 thumbprint, so that no two keys can share one. */
async function makeSigningKey(sealer: Sealer): Promise<NewSigningKey> {
  const pair = await generate('rsa', { modulusLength: MODULUS_BITS });
  const { kty, n, e } = pair.publicKey.export({ format: 'jwk' });
  invariant(kty === 'RSA' && n !== undefined && e !== undefined, 'an RSA key has n and e');
  const kid = await calculateJwkThumbprint({ kty, n, e });
  const clear = JSON.stringify(pair.privateKey.export({ format: 'jwk' }));
  return {
    kid,
    publicJwk: { kty, n, e, alg: TOKEN_ALGORITHM, use: 'sig' },
    privateSealed: sealColumn(sealer, 'signing_key.private_sealed', clear),
  };
}
