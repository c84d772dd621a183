import { beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, type JWTPayload } from 'jose';
import { createTokenVerifier, type VerificationKey } from '../../runtime/tokens.ts';
import { createTestKey, forgeToken, signToken, type TestKey } from '../support/signer.ts';

const ISSUER = 'https://cp.localhost:8443';
const IMPORTER = '2a6f8e2c-874c-4476-aac3-0d535fb52ac7';
const EXPORTER = 'fd1a88a9-3a01-43bb-ae20-32618c1b3752';
const NOW = new Date('2025-06-01T12:00:00.000Z');
const SECONDS = NOW.getTime() / 1_000;
const ON_TLS = { listener: 'tls', certificateThumbprint: 'print-1' } as const;
const ON_PLAIN = { listener: 'plain' } as const;

let keys: Record<'importer' | 'exporter' | 'cp' | 'unpublished' | 'small' | 'cubic', TestKey>;

beforeAll(() => {
  keys = {
    importer: createTestKey('importer-1'),
    exporter: createTestKey('exporter-1'),
    cp: createTestKey('cp-1'),
    unpublished: createTestKey('importer-0'),
    small: createTestKey('small-1', { modulusLength: 1_024 }),
    cubic: createTestKey('cubic-1', { publicExponent: 3 }),
  };
});

function setup() {
  const published = new Map<string, VerificationKey>([
    ['importer-1', { jwk: keys.importer.jwk, sub: IMPORTER }],
    ['exporter-1', { jwk: keys.exporter.jwk, sub: EXPORTER }],
    ['cp-1', { jwk: keys.cp.jwk, sub: 'control-plane' }],
    ['small-1', { jwk: keys.small.jwk, sub: IMPORTER }],
    ['cubic-1', { jwk: keys.cubic.jwk, sub: IMPORTER }],
  ]);
  const verifier = createTokenVerifier({
    issuer: ISSUER,
    audience: EXPORTER,
    keysFor: async (kid) => published.get(kid),
    clock: () => NOW,
  });
  return { verifier, published };
}

function claims(changes: JWTPayload = {}): JWTPayload {
  return {
    iss: ISSUER,
    sub: IMPORTER,
    aud: EXPORTER,
    scope: 'offers:sync trader:purchase',
    iat: SECONDS - 60,
    exp: SECONDS + 3_600,
    jti: 'j-1',
    cnf: { 'x5t#S256': 'print-1' },
    ...changes,
  };
}

function without(name: string): JWTPayload {
  return Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name));
}

describe('a token of a WL', () => {
  test('says who calls and what it may', async () => {
    const { verifier } = setup();
    const token = await signToken(keys.importer, claims());
    const result = await verifier.verify(token, { ...ON_TLS, requiredScopes: ['offers:sync'] });
    expect(result).toEqual({
      ok: true,
      claims: {
        subjectKind: 'wl',
        sub: IMPORTER,
        aud: EXPORTER,
        scopes: ['offers:sync', 'trader:purchase'],
        roles: [],
        jti: 'j-1',
        kid: 'importer-1',
        issuedAt: new Date(NOW.getTime() - 60_000),
        expiresAt: new Date(NOW.getTime() + 3_600_000),
        certificateThumbprint: 'print-1',
      },
    });
  });

  test('counts until 30 s after its end and is TOKEN_EXPIRED from then on', async () => {
    const { verifier } = setup();
    const inSkew = await signToken(keys.importer, claims({ exp: SECONDS - 29 }));
    const past = await signToken(keys.importer, claims({ exp: SECONDS - 30 }));
    expect((await verifier.verify(inSkew, ON_TLS)).ok).toBe(true);
    expect(await verifier.verify(past, ON_TLS)).toEqual({ ok: false, code: 'TOKEN_EXPIRED' });
  });

  test('is checked for its binding on TLS alone, for all else on both', async () => {
    const { verifier } = setup();
    const token = await signToken(keys.importer, claims());
    const other = { listener: 'tls', certificateThumbprint: 'print-2' } as const;
    const refused = { ok: false, code: 'TOKEN_BINDING' };
    expect(await verifier.verify(token, other)).toEqual(refused);
    expect(await verifier.verify(token, { listener: 'tls' })).toEqual(refused);
    expect((await verifier.verify(token, ON_PLAIN)).ok).toBe(true);
    const unbound = await signToken(keys.importer, without('cnf'));
    expect(await verifier.verify(unbound, ON_TLS)).toEqual(refused);
    expect((await verifier.verify(unbound, ON_PLAIN)).ok).toBe(true);
  });

  test('stops counting when its key is no longer published', async () => {
    const { verifier, published } = setup();
    const token = await signToken(keys.importer, claims());
    expect((await verifier.verify(token, ON_TLS)).ok).toBe(true);
    published.delete('importer-1');
    expect(await verifier.verify(token, ON_TLS)).toEqual({ ok: false, code: 'TOKEN_INVALID' });
  });

  test('lacks scopes and audiences that it does not name', async () => {
    const { verifier } = setup();
    const token = await signToken(keys.importer, claims());
    const scoped = { ...ON_TLS, requiredScopes: ['offers:sync', 'trader:approve'] };
    expect(await verifier.verify(token, scoped)).toEqual({ ok: false, code: 'TOKEN_SCOPE' });
    const elsewhere = await signToken(keys.importer, claims({ aud: 'control-plane' }));
    expect(await verifier.verify(elsewhere, ON_TLS)).toEqual({ ok: false, code: 'TOKEN_AUDIENCE' });
  });
});

test('a published key that is none makes tokens invalid, and nothing else', async () => {
  const { verifier, published } = setup();
  const token = await signToken(keys.importer, claims());
  for (const change of [{ n: '!!!' }, { n: '' }, { e: '' }, { e: 'AA' }]) {
    published.set('importer-1', { jwk: { ...keys.importer.jwk, ...change }, sub: IMPORTER });
    expect(await verifier.verify(token, ON_TLS)).toEqual({ ok: false, code: 'TOKEN_INVALID' });
  }
});

test('no token at all is TOKEN_MISSING', async () => {
  const { verifier } = setup();
  expect(await verifier.verify(undefined, ON_TLS)).toEqual({ ok: false, code: 'TOKEN_MISSING' });
  expect(await verifier.verify('', ON_TLS)).toEqual({ ok: false, code: 'TOKEN_MISSING' });
});

test('an operator acts under a key of the Control Plane, where that is admitted', async () => {
  const { verifier } = setup();
  const operator = { ...without('cnf'), sub: 'user-1', scope: 'support:read', roles: ['support'] };
  const token = await signToken(keys.cp, operator);
  expect(await verifier.verify(token, ON_TLS)).toEqual({ ok: false, code: 'TOKEN_SCOPE' });
  const admitted = await verifier.verify(token, { listener: 'tls', subjects: ['operator'] });
  expect(admitted).toMatchObject({
    ok: true,
    claims: { subjectKind: 'operator', sub: 'user-1', roles: ['support'] },
  });
  const byWl = await signToken(keys.importer, { ...operator, sub: IMPORTER });
  const asWl = await verifier.verify(byWl, { ...ON_PLAIN, subjects: ['wl', 'operator'] });
  expect(asWl).toMatchObject({ ok: true, claims: { subjectKind: 'wl', roles: [] } });
});

const header = (changes: object = {}) => ({
  alg: 'RS256',
  typ: 'JWT',
  kid: 'importer-1',
  ...changes,
});

const ATTACKS: Record<string, () => Promise<string> | string> = {
  'alg none': () => forgeToken(header({ alg: 'none' }), claims(), ''),
  'alg None in other letters': () => forgeToken(header({ alg: 'nOnE' }), claims(), ''),
  'RS256 without a signature': () => forgeToken(header(), claims(), ''),
  'HS256 with the public key as secret': () =>
    new SignJWT(claims())
      .setProtectedHeader(header({ alg: 'HS256' }) as { alg: string })
      .sign(Buffer.from(keys.importer.publicPem)),
  'PS256 with the right key': async () => {
    const token = await signToken(keys.importer, claims());
    return token.replace(/^[^.]+/, encode(header({ alg: 'PS256' })));
  },
  'a key of its own in jwk': () =>
    signToken(keys.unpublished, claims(), { kid: 'importer-1', jwk: keys.unpublished.jwk }),
  'a key address of its own in jku': () =>
    signToken(keys.unpublished, claims(), { kid: 'importer-1', jku: 'https://evil.example/k' }),
  'a key address of its own in x5u': () =>
    signToken(keys.unpublished, claims(), { kid: 'importer-1', x5u: 'https://evil.example/k' }),
  'a certificate of its own in x5c': () =>
    signToken(keys.unpublished, claims(), { kid: 'importer-1', x5c: ['MIIB'] }),
  'an unknown kid': () => signToken(keys.unpublished, claims()),
  'no kid': () => forgeToken({ alg: 'RS256', typ: 'JWT' }, claims(), 'AA'),
  'a kid that is a path': () => signToken(keys.importer, claims(), { kid: '../../etc/passwd x' }),
  'the key of another WL': () => signToken(keys.exporter, claims()),
  'the sub of another WL': () => signToken(keys.importer, claims({ sub: EXPORTER })),
  'another typ': () => signToken(keys.importer, claims(), { typ: 'at+jwt' }),
  'no typ': async () => {
    const jwt = new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', kid: 'importer-1' });
    return jwt.sign(keys.importer.privateKey);
  },
  'another issuer': () => signToken(keys.importer, claims({ iss: 'https://cp.evil:8443' })),
  'no exp': () => signToken(keys.importer, without('exp')),
  'no jti': () => signToken(keys.importer, without('jti')),
  'no iat': () => signToken(keys.importer, without('iat')),
  'no sub': () => signToken(keys.importer, without('sub')),
  'several audiences': () => signToken(keys.importer, claims({ aud: [EXPORTER, 'x'] })),
  'an issue time in the future': () => signToken(keys.importer, claims({ iat: SECONDS + 31 })),
  'nbf in the future': () => signToken(keys.importer, claims({ nbf: SECONDS + 31 })),
  'a modulus of 1024 bits': () => signedBy(keys.small),
  'a public exponent of 3': () => signToken(keys.cubic, claims()),
  'crit with an unknown extension': () =>
    signToken(keys.importer, claims(), { crit: ['x-unknown'], 'x-unknown': 1 }),
  'crit with b64 true': () => signToken(keys.importer, claims(), { crit: ['b64'], b64: true }),
  'b64 false': () => forgeToken(header({ b64: false, crit: ['b64'] }), claims(), 'AA'),
  'b64 false without crit': () => forgeToken(header({ b64: false }), claims(), 'AA'),
  'changed claims': async () => {
    const [head, , signature] = (await signToken(keys.importer, claims())).split('.');
    return `${head}.${encode(claims({ scope: 'trader:approve' }))}.${signature}`;
  },
  'a sub that no database can look up': () => signToken(keys.importer, claims({ sub: 'a\0b' })),
  'padding behind its signature': async () => `${await signToken(keys.importer, claims())}==`,
  'the idle bits of its signature set': async () => {
    const token = await signToken(keys.importer, claims());
    const next: Record<string, string> = { A: 'B', Q: 'R', g: 'h', w: 'x' };
    return `${token.slice(0, -1)}${next[token.at(-1) ?? ''] ?? ''}`;
  },
  'text that is no token': () => 'not.a.token',
  'four parts': async () => `${await signToken(keys.importer, claims())}.AA`,
  'a very long text': () => 'a'.repeat(100_000),
};

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

// The library refuses to sign with a key this small, so the signature is made beside it.
async function signedBy(key: TestKey): Promise<string> {
  const { sign } = await import('node:crypto');
  const input = `${encode(header({ kid: key.kid }))}.${encode(claims())}`;
  return `${input}.${sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`;
}

test.each(Object.keys(ATTACKS))('%s is TOKEN_INVALID', async (name) => {
  const { verifier } = setup();
  const token = await ATTACKS[name]?.();
  expect(await verifier.verify(token, ON_TLS)).toEqual({ ok: false, code: 'TOKEN_INVALID' });
  expect(await verifier.verify(token, ON_PLAIN)).toEqual({ ok: false, code: 'TOKEN_INVALID' });
});
