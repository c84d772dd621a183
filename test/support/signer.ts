import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT, type JWK, type JWTHeaderParameters, type JWTPayload } from 'jose';

export interface TestKey {
  readonly kid: string;
  readonly jwk: JWK;
  readonly privateKey: KeyObject;
  readonly publicPem: string;
}

export interface RsaOptions {
  readonly modulusLength?: number;
  readonly publicExponent?: number;
}

/** An RSA key pair; small moduli and exponents are for the tests that refuse them. */
export function createTestKey(kid: string, options: RsaOptions = {}): TestKey {
  const { modulusLength = 2_048, publicExponent = 65_537 } = options;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return {
    kid,
    jwk: { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid } as JWK,
    privateKey,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Signs what it is told, without any judgement of its own. */
export function signToken(
  key: TestKey,
  claims: JWTPayload,
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header })
    .sign(key.privateKey, { crit: { b64: true, 'x-unknown': false } });
}

/** A token put together by hand, for those that no library would sign. */
export function forgeToken(header: object, claims: object, signature: string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode(header)}.${encode(claims)}.${signature}`;
}
