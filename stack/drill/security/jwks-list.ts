import type { ServerResponse } from 'node:http';
import { ES256, HMAC, RS256, ecKey, edKey, EDDSA, rsaKey } from './forge.ts';
import type { ForgeKey, Json, Signing } from './forge.ts';

/** What the double of the Control Plane publishes, and the token that shall not be believed for it. */
export interface JwksAttack {
  readonly name: string;
  readonly expected: string;
  readonly key: ForgeKey;
  readonly signing: Signing;
  readonly alg: string;
  /** Answers `/.well-known/jwks.json`; `key` as a JWKS would show it. */
  readonly answer: (response: ServerResponse, published: Json) => void;
}

const KID = 'published';
const INVALID = '401 TOKEN_INVALID';
const GOOD = rsaKey(KID);
const TOO_MANY = 20_000;

const json = (response: ServerResponse, body: unknown): void => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
};

/** One key, published with changes. */
const key = (
  name: string,
  change: Json,
  more: Partial<Pick<JwksAttack, 'key' | 'signing' | 'alg' | 'expected'>> = {},
): JwksAttack => ({
  ...{ name, expected: INVALID, key: GOOD, signing: RS256, alg: 'RS256', ...more },
  answer: (response, published) => json(response, { keys: [{ ...published, ...change }] }),
});

/** A document that is none, or that comes in another way than it should. */
const answered = (name: string, answer: JwksAttack['answer'], expected = INVALID): JwksAttack => ({
  ...{ name, expected, key: GOOD, signing: RS256, alg: 'RS256', answer },
});

const WEAK = rsaKey(KID, 1_024);
const padded = Buffer.concat([
  Buffer.alloc(128),
  Buffer.from(String(WEAK.privateKey.export({ format: 'jwk' })['n']), 'base64url'),
]).toString('base64url');

export const JWKS_ATTACKS: readonly JwksAttack[] = [
  key('the right key', {}, { expected: '200' }),
  key('RSA of 512 bits', {}, { key: rsaKey(KID, 512) }),
  key('RSA of 1,024 bits', {}, { key: WEAK }),
  key('RSA of 1,024 bits, padded to 2,048', { n: padded }, { key: WEAK }),
  key('RSA of 2,040 bits', {}, { key: rsaKey(KID, 2_040) }),
  key('RSA with the exponent 3', {}, { key: rsaKey(KID, 2_048, 3) }),
  key('RSA with the exponent 1', { e: 'AQ' }),
  key('RSA with an exponent of 0', { e: 'AA' }),
  key('RSA without n', { n: undefined }),
  key('RSA without e', { e: undefined }),
  key('RSA with an empty n', { n: '' }),
  key('RSA with n that is no base64', { n: '!!!' }),
  key('RSA with n a number', { n: 1 }),
  key('RSA with n of 100,000 letters', { n: 'q'.repeat(100_000) }),
  key('kty missing', { kty: undefined }),
  key('kty unknown', { kty: 'XYZ' }),
  key('kty EC with an RSA body', { kty: 'EC' }),
  key('a key of P-256', {}, { key: ecKey(KID, 'prime256v1'), signing: ES256, alg: 'ES256' }),
  key('a key of secp256k1', {}, { key: ecKey(KID, 'secp256k1'), signing: ES256, alg: 'RS256' }),
  key('a key of Ed25519', {}, { key: edKey(KID), signing: EDDSA, alg: 'EdDSA' }),
  key('a shared secret', { kty: 'oct', k: 'AAAA' }, { signing: HMAC, alg: 'HS256' }),
  key('for encryption', { use: 'enc' }),
  key('for another algorithm', { alg: 'RS512' }),
  key('for HS256', { alg: 'HS256' }),
  key('of another white label', { sub: '00000000-0000-4000-8000-000000000000' }),
  key('of nobody', { sub: undefined }),
  key('under another kid', { kid: 'other' }),
  key('without a kid', { kid: undefined }),
  key('with its kid a number', { kid: 1 }),
  answered('no keys', (response) => json(response, { keys: [] })),
  answered('keys that are no list', (response) => json(response, { keys: { [KID]: {} } })),
  answered('a list', (response) => json(response, [])),
  answered('null', (response) => json(response, null)),
  answered('a text', (response) => json(response, 'keys')),
  answered('no JSON', (response) => response.end('<html></html>')),
  answered('nothing', (response) => response.end()),
  answered('an answer cut off', (response) => {
    response.setHeader('content-length', '1000');
    response.write('{"keys":[');
    response.destroy();
  }),
  answered('right keys as a page', (response, published) => {
    response.setHeader('content-type', 'text/html');
    response.end(JSON.stringify({ keys: [published] }));
  }),
  answered('right keys with status 500', (response, published) => {
    response.statusCode = 500;
    json(response, { keys: [published] });
  }),
  answered('the way to another place', (response) => {
    response.writeHead(302, { location: '/elsewhere' }).end();
  }),
  answered(`${TOO_MANY} keys and the right one`, (response, published) => {
    const many = Array.from({ length: TOO_MANY }, (_, index) => ({
      ...published,
      kid: `k${index}`,
    }));
    json(response, { keys: [...many, published] });
  }),
  answered('an answer that does not come', () => undefined),
];
