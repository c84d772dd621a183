import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { constants, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A key that tokens are signed with: one of the product's own, or one of the attacker's. */
export interface ForgeKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** SPKI, PEM: what key confusion uses as a secret. */
  readonly publicPem: string;
}

export type Signing = (input: Buffer, key: ForgeKey) => Buffer;
export type Json = Readonly<Record<string, unknown>>;

export interface Forgery {
  /** An object, or the text as it shall stand in the token. */
  readonly header?: Json | string;
  readonly claims: Json | string;
  readonly key: ForgeKey;
  readonly signing?: Signing;
}

export function keyOf(kid: string, privateKey: KeyObject): ForgeKey {
  const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  return { kid, privateKey, publicPem };
}

export const keyOfJwk = (kid: string, jwk: string): ForgeKey =>
  keyOf(kid, createPrivateKey({ key: JSON.parse(jwk), format: 'jwk' }));

export const rsaKey = (kid: string, modulusLength = 2_048, publicExponent = 65_537): ForgeKey =>
  keyOf(kid, generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey);

export const ecKey = (kid: string, namedCurve: string): ForgeKey =>
  keyOf(kid, generateKeyPairSync('ec', { namedCurve }).privateKey);

export const edKey = (kid: string): ForgeKey =>
  keyOf(kid, generateKeyPairSync('ed25519').privateKey);

export const RS256: Signing = (input, { privateKey }) => sign('sha256', input, privateKey);
export const RS384: Signing = (input, { privateKey }) => sign('sha384', input, privateKey);
export const RS512: Signing = (input, { privateKey }) => sign('sha512', input, privateKey);
export const RS1: Signing = (input, { privateKey }) => sign('sha1', input, privateKey);
export const PS256: Signing = (input, { privateKey }) =>
  sign('sha256', input, {
    key: privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  });
export const ES256: Signing = (input, { privateKey }) =>
  sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
export const EDDSA: Signing = (input, { privateKey }) => sign(null, input, privateKey);
/** The published key taken for a shared secret. */
export const HMAC: Signing = (input, { publicPem }) =>
  createHmac('sha256', publicPem).update(input).digest();
export const hmacWith =
  (secret: string): Signing =>
  (input) =>
    createHmac('sha256', secret).update(input).digest();
export const NO_SIGNATURE: Signing = () => Buffer.alloc(0);
export const constant =
  (bytes: Buffer): Signing =>
  () =>
    bytes;

export const encode = (part: Json | string): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** Signs what it is told, without any judgement of its own: no library would make most of these. */
export function forge({ header = {}, claims, key, signing = RS256 }: Forgery): string {
  const whole =
    typeof header === 'string' ? header : { alg: 'RS256', typ: 'JWT', kid: key.kid, ...header };
  const input = `${encode(whole)}.${encode(claims)}`;
  return `${input}.${signing(Buffer.from(input), key).toString('base64url')}`;
}
