import { EXPORTER, IMPORTER } from '../../parties.ts';
import {
  EDDSA,
  ES256,
  HMAC,
  NO_SIGNATURE,
  PS256,
  RS1,
  RS384,
  RS512,
  constant,
  forge,
  hmacWith,
} from './forge.ts';
import type { Json, Signing } from './forge.ts';
import type { Bench, Door } from './jwt.ts';
import { SECONDS_OF_HOUR, nowSeconds } from './range.ts';

/** One token of the list; where the doors differ in their answer, each has its own. */
export interface JwtAttack {
  readonly name: string;
  readonly expected: string | Readonly<Record<Door, string>>;
  readonly make: (bench: Bench) => string;
}

export const INVALID = '401 TOKEN_INVALID';
const EXPIRED = '401 TOKEN_EXPIRED';
const AUDIENCE = '403 TOKEN_AUDIENCE';
const BINDING = '401 TOKEN_BINDING';
/** People's tokens have neither scope nor binding: the session behind them is looked up. */
const forWls = (ofWls: string, person: string): Readonly<Record<Door, string>> => ({
  ...{ peer: ofWls, wl: ofWls },
  person,
});

/** Right claims and the right key, another header. */
const header = (name: string, change: Json, signing?: Signing): JwtAttack => ({
  name,
  expected: INVALID,
  make: ({ claims, key }) =>
    forge({ header: change, claims: claims(), key, ...(signing !== undefined && { signing }) }),
});

/** Right header and the right key, other claims. */
const claim = (
  name: string,
  change: (bench: Bench) => Json,
  expected: JwtAttack['expected'] = INVALID,
): JwtAttack => ({
  ...{ name, expected },
  make: (bench) => forge({ claims: bench.claims(change(bench)), key: bench.key }),
});

const missing = (name: string): JwtAttack => ({
  name: `without ${name}`,
  expected: INVALID,
  make: ({ without, key }) => forge({ claims: without(name), key }),
});

/** Signed by a key of the attacker's, under the id of the right one. */
const confused = (name: string, signing: Signing, change: Json, own: 'rsa' | 'ec' | 'ed') => ({
  name,
  expected: INVALID,
  make: ({ claims, key, other }: Bench) =>
    forge({ header: { ...change, kid: key.kid }, claims: claims(), key: other[own], signing }),
});

const ALGORITHMS: readonly JwtAttack[] = [
  header('alg none, no signature', { alg: 'none' }, NO_SIGNATURE),
  header('alg nOnE, no signature', { alg: 'nOnE' }, NO_SIGNATURE),
  header('alg NONE, right signature', { alg: 'NONE' }),
  header('alg empty', { alg: '' }),
  header('alg missing', { alg: undefined }),
  header('alg as a list', { alg: ['RS256'] }),
  header('alg as a number', { alg: 256 }),
  header('alg null', { alg: null }),
  header('alg rs256 in small letters', { alg: 'rs256' }),
  header('alg RS256 with a space', { alg: 'RS256 ' }),
  header('HS256, the public key as secret', { alg: 'HS256' }, HMAC),
  header('RS256 in the header, HMAC of the public key', {}, HMAC),
  header('HS256, an empty secret', { alg: 'HS256' }, hmacWith('')),
  header('HS384, the public key as secret', { alg: 'HS384' }, HMAC),
  header('PS256 by the right key', { alg: 'PS256' }, PS256),
  header('PS256 signature under RS256', {}, PS256),
  header('RS384 by the right key', { alg: 'RS384' }, RS384),
  header('RS512 by the right key', { alg: 'RS512' }, RS512),
  header('RS512 signature under RS256', {}, RS512),
  header('RS1 by the right key', { alg: 'RS1' }, RS1),
  header('RS256 without a signature', {}, NO_SIGNATURE),
  header('RS256 with zeros', {}, constant(Buffer.alloc(256))),
  header('RS256 with one byte', {}, constant(Buffer.alloc(1, 1))),
  header('RS256 with 8 KiB of signature', {}, constant(Buffer.alloc(8_192, 1))),
  confused('ES256 by an own key under the right kid', ES256, { alg: 'ES256' }, 'ec'),
  confused('ES256 signature under RS256', ES256, {}, 'ec'),
  confused('EdDSA by an own key under the right kid', EDDSA, { alg: 'EdDSA' }, 'ed'),
  confused('RS256 by an own key under the right kid', RS512, {}, 'rsa'),
];

const own = (name: string, change: (bench: Bench) => Json): JwtAttack => ({
  name,
  expected: INVALID,
  make: (bench) => {
    const { claims, key, other } = bench;
    const changed = { kid: key.kid, ...change(bench) };
    return forge({ header: changed, claims: claims(), key: other.rsa });
  },
});

const HEADER_KEYS: readonly JwtAttack[] = [
  own('own key in jwk', ({ other }) => ({ jwk: other.rsa.privateKey.export({ format: 'jwk' }) })),
  own('own key in jwk, no kid', ({ other }) => ({
    kid: undefined,
    jwk: other.rsa.privateKey.export({ format: 'jwk' }),
  })),
  own('own key address in jku', ({ trapUrl }) => ({ jku: trapUrl })),
  own('own key address in x5u', ({ trapUrl }) => ({ x5u: trapUrl })),
  own('own key address as kid', ({ trapUrl }) => ({ kid: trapUrl })),
  own('own certificate in x5c', () => ({ x5c: [Buffer.alloc(200, 1).toString('base64')] })),
  own('own thumbprint in x5t#S256', () => ({ 'x5t#S256': 'A'.repeat(43) })),
  own('unknown kid of the own key', ({ other }) => ({ kid: other.rsa.kid })),
];

const kid = (name: string, value: unknown): JwtAttack => header(`kid ${name}`, { kid: value });

const KIDS: readonly JwtAttack[] = [
  kid('missing', undefined),
  kid('empty', ''),
  kid('null', null),
  kid('a number', 1),
  kid('a list', ['a']),
  kid('an object', { $ne: null }),
  kid('a path', '../../../../dev/null'),
  kid('an absolute path', '/etc/passwd'),
  kid('a file address', 'file:///dev/null'),
  kid('SQL that is always true', "' OR '1'='1"),
  kid('SQL that brings its key', "x'UNION/**/SELECT'AAAA'--"),
  kid('SQL that sleeps', "';SELECT/**/pg_sleep(10)--"),
  kid('a shell command', '$(id)|`id`'),
  kid('a NUL byte', 'a\0b'),
  kid('a line break', 'a\r\nX-Injected: 1'),
  kid('of other letters', 'ключ'),
  kid('__proto__', '__proto__'),
  kid('constructor', 'constructor'),
  kid('toString', 'toString'),
  kid('of 129 characters', 'k'.repeat(129)),
  kid('of 3,000 characters', 'k'.repeat(3_000)),
  {
    name: 'kid /dev/null, HS256 with an empty secret',
    expected: INVALID,
    make: ({ claims, key }) => {
      const changed = { alg: 'HS256', kid: '/dev/null' };
      return forge({ header: changed, claims: claims(), key, signing: hmacWith('') });
    },
  },
  header("kid of the right key in capitals' place", { kid: 'RIGHT' }),
];

const EXTENSIONS: readonly JwtAttack[] = [
  header('crit empty', { crit: [] }),
  header('crit as a text', { crit: 'exp' }),
  header('crit null', { crit: null }),
  header('crit of a known claim', { crit: ['exp'], exp: nowSeconds() + SECONDS_OF_HOUR }),
  header('crit of an unknown extension', { crit: ['x-unknown'], 'x-unknown': 1 }),
  header('crit of an extension that is not there', { crit: ['x-absent'] }),
  header('crit b64 true', { crit: ['b64'], b64: true }),
  header('crit b64 false', { crit: ['b64'], b64: false }),
  header('b64 false without crit', { b64: false }),
  header('b64 true without crit', { b64: true }),
  header('typ missing', { typ: undefined }),
  header('typ at+jwt', { typ: 'at+jwt' }),
  header('typ JWE', { typ: 'JWE' }),
  header('typ JOSE', { typ: 'JOSE' }),
  header('typ in small letters', { typ: 'jwt' }),
  header('typ of evidence', { typ: 'xpory-evidence+jws' }),
  header('typ a number', { typ: 1 }),
];

const SUBJECTS: readonly JwtAttack[] = [
  ...['iss', 'sub', 'aud', 'iat', 'exp', 'jti'].map(missing),
  claim('iss of another', () => ({ iss: 'https://cp.example' })),
  claim('iss with a slash more', ({ claims }) => ({ iss: `${String(claims()['iss'])}/` })),
  claim('iss without TLS', ({ claims }) => ({
    iss: String(claims()['iss']).replace('https', 'http'),
  })),
  claim('iss as a list of the right one', ({ claims }) => ({ iss: [claims()['iss']] })),
  claim('iss empty', () => ({ iss: '' })),
  claim('aud of another', ({ other }) => ({ aud: other.strangerId }), AUDIENCE),
  claim('aud a list of the right one', ({ claims }) => ({ aud: [claims()['aud']] })),
  claim('aud a list with the right one in it', ({ claims }) => ({ aud: ['x', claims()['aud']] })),
  claim('aud empty', () => ({ aud: '' })),
  claim('aud an object', ({ claims }) => ({ aud: { value: claims()['aud'] } })),
  claim(
    'aud in other letters',
    ({ claims }) => ({ aud: String(claims()['aud']).toUpperCase() }),
    AUDIENCE,
  ),
  claim('aud with a space', ({ claims }) => ({ aud: `${String(claims()['aud'])} ` }), AUDIENCE),
  claim('sub of the partner', () => ({ sub: EXPORTER.wlId })),
  claim('sub of a stranger', ({ other }) => ({ sub: other.strangerId })),
  claim('sub empty', () => ({ sub: '' })),
  claim('sub a list', ({ claims }) => ({ sub: [claims()['sub']] })),
  claim('sub no id at all', () => ({ sub: 'x' })),
  claim('jti no id at all', () => ({ jti: 'x' }), forWls('200', INVALID)),
  claim('sub with a NUL byte', ({ claims }) => ({ sub: `${String(claims()['sub'])}\0` })),
  claim('jti empty', () => ({ jti: '' })),
  claim('jti a number', () => ({ jti: 1 })),
  claim('jti with a NUL byte', () => ({ jti: 'a\0b' })),
];

const TIMES: readonly JwtAttack[] = [
  claim('expired an hour ago', () => ({ exp: nowSeconds() - SECONDS_OF_HOUR }), EXPIRED),
  claim('expired 31 s ago, past the skew', () => ({ exp: nowSeconds() - 31 }), EXPIRED),
  claim('exp a text', () => ({ exp: String(nowSeconds() + SECONDS_OF_HOUR) })),
  claim('exp null', () => ({ exp: null })),
  claim('exp 0', () => ({ exp: 0 }), EXPIRED),
  claim('exp negative', () => ({ exp: -1 }), EXPIRED),
  claim('issued 5 min from now', () => ({ iat: nowSeconds() + 300 })),
  claim('iat a text', () => ({ iat: String(nowSeconds()) })),
  claim('nbf 5 min from now', () => ({ nbf: nowSeconds() + 300 })),
  claim('nbf a text', () => ({ nbf: String(nowSeconds()) })),
];

const POWERS: readonly JwtAttack[] = [
  claim('scope missing', () => ({ scope: undefined }), forWls('403 TOKEN_SCOPE', '200')),
  claim('scope a list', () => ({ scope: ['offers:sync', 'policies:read'] })),
  claim(
    'scope of other duties',
    () => ({ scope: 'trader:decision telemetry:write' }),
    forWls('403 TOKEN_SCOPE', '200'),
  ),
  claim(
    'scope in capitals',
    () => ({ scope: 'OFFERS:SYNC POLICIES:READ' }),
    forWls('403 TOKEN_SCOPE', '200'),
  ),
  claim(
    'scope with a longer name',
    () => ({ scope: 'offers:sync2 policies:read2' }),
    forWls('403 TOKEN_SCOPE', '200'),
  ),
  claim(
    'scope of everything by a star',
    () => ({ scope: '* admin' }),
    forWls('403 TOKEN_SCOPE', '200'),
  ),
  claim('cnf missing', () => ({ cnf: undefined }), forWls(BINDING, '200')),
  claim('cnf empty', () => ({ cnf: {} })),
  claim(
    'cnf of another certificate',
    ({ other }) => ({ cnf: { 'x5t#S256': other.strangerThumbprint } }),
    BINDING,
  ),
  claim('cnf a list', ({ other }) => ({ cnf: { 'x5t#S256': [other.strangerThumbprint] } })),
  claim('cnf by another method', () => ({ cnf: { jkt: 'A'.repeat(43) } })),
];

const STRANGERS: readonly JwtAttack[] = [
  {
    name: "another WL's key, in this one's name",
    expected: INVALID,
    make: ({ claims, other }) => forge({ claims: claims(), key: other.stranger }),
  },
  {
    name: "another WL's key under this one's kid",
    expected: INVALID,
    make: ({ claims, key, other }) =>
      forge({ header: { kid: key.kid }, claims: claims(), key: other.stranger }),
  },
  {
    name: "a partner's key for itself, by this one's certificate",
    expected: { peer: BINDING, wl: BINDING, person: '403 TOKEN_SCOPE' },
    make: ({ claims, other }) => {
      const cnf = { 'x5t#S256': other.strangerThumbprint };
      return forge({ claims: claims({ sub: EXPORTER.wlId, cnf }), key: other.exporter });
    },
  },
  {
    name: "a WL's key with the roles of a master",
    expected: { peer: INVALID, wl: INVALID, person: '403 TOKEN_SCOPE' },
    make: ({ claims, other, door }) =>
      forge({
        claims: claims({
          ...{ roles: ['master'], sub: door === 'person' ? EXPORTER.wlId : IMPORTER.wlId },
        }),
        key: other.exporter,
      }),
  },
  {
    name: "the Control Plane's key in a WL's name",
    expected: { peer: '403 TOKEN_SCOPE', wl: '403 TOKEN_SCOPE', person: INVALID },
    make: ({ claims, other }) =>
      forge({ claims: claims({ sub: IMPORTER.wlId, roles: ['master'] }), key: other.controlPlane }),
  },
];

export const JWT_ATTACKS: readonly JwtAttack[] = [
  ...[...ALGORITHMS, ...HEADER_KEYS, ...KIDS, ...EXTENSIONS],
  ...[...SUBJECTS, ...TIMES, ...POWERS, ...STRANGERS],
];
