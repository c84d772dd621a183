import { beforeAll, expect, test } from '@jest/globals';
import { createHmac, createPrivateKey, createPublicKey, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeProtectedHeader, type JWTPayload } from 'jose';
import { createSealer } from '../../db/sealed.ts';
import { openColumn } from '../../db/cp/sealed-columns.ts';
import { sealKeys, secretKey } from '../../runtime/environment.ts';
import { certificateFacts } from '../../runtime/tls.ts';
import { CP, EXPORTER, IMPORTER, tlsUrl } from '../../stack/parties.ts';
import type { WlParty } from '../../stack/parties.ts';
import { QA_MEMBER } from '../../stack/local-data/members.ts';
import { readFileSync } from 'node:fs';
import { eventually } from '../stack/setup.ts';
import { createTestKey, forgeToken, signToken, type TestKey } from '../support/signer.ts';
import { buy, buyerToken, countRows, importedOffers, outcomeOf, type Stage } from './stage.ts';
import { spareOffers } from './trades.ts';

const HOUR_SECONDS = 3_600;
const BETWEEN_TRIES_MS = 1_000;
const PREFLIGHT = '/api/v2/trader/purchase/preflight';

/** The keys that the Control Plane itself signs with, taken out of its database. */
interface Keys {
  readonly importer: TestKey;
  readonly controlPlane: TestKey;
}
type Claims = (change?: JWTPayload) => JWTPayload;
type Forgery = readonly [
  name: string,
  code: string,
  make: (key: TestKey, claims: Claims) => string | Promise<string>,
];

const expired = (): JWTPayload => ({ exp: now() - HOUR_SECONDS, iat: now() - 2 * HOUR_SECONDS });
const FORGERIES: readonly Forgery[] = [
  [
    'without a signature',
    '401 TOKEN_INVALID',
    (key, claims) => forgeToken({ alg: 'none', typ: 'JWT', kid: key.kid }, claims(), ''),
  ],
  ['HS256 with the public key', '401 TOKEN_INVALID', (key, claims) => hmacToken(key, claims())],
  [
    'for another audience',
    '403 TOKEN_AUDIENCE',
    (key, claims) => signToken(key, claims({ aud: randomUUID() })),
  ],
  [
    'without the scope',
    '403 TOKEN_SCOPE',
    (key, claims) => signToken(key, claims({ scope: 'trader:decision' })),
  ],
  ['expired', '401 TOKEN_EXPIRED', (key, claims) => signToken(key, claims(expired()))],
  [
    'of an unknown key',
    '401 TOKEN_INVALID',
    (_key, claims) => signToken(createTestKey('nobody'), claims()),
  ],
  [
    'of another key under a known id',
    '401 TOKEN_INVALID',
    (key, claims) => signToken(createTestKey(key.kid), claims()),
  ],
  [
    'bound to another certificate',
    '401 TOKEN_BINDING',
    (key, claims) => signToken(key, claims({ cnf: { 'x5t#S256': 'A'.repeat(43) } })),
  ],
  [
    'bound to nothing',
    '401 TOKEN_BINDING',
    (key, claims) => signToken(key, { ...claims(), cnf: undefined }),
  ],
  [
    "in another white label's name",
    '401 TOKEN_INVALID',
    (key, claims) => signToken(key, claims({ sub: EXPORTER.wlId })),
  ],
  [
    'of another issuer',
    '401 TOKEN_INVALID',
    (key, claims) => signToken(key, claims({ iss: 'https://cp.example' })),
  ],
];
/** An operator's token has neither scope nor binding: the session behind it is what is missing. */
const OF_OPERATORS: Readonly<Record<string, string>> = {
  'without the scope': '401 TOKEN_INVALID',
  'bound to nothing': '401 TOKEN_INVALID',
  "in another white label's name": '401 TOKEN_INVALID',
};

/** Tokens that only their maker believes in. */
export function tokenRefusals(stage: () => Stage): void {
  let keys: Keys;
  let hold: Record<string, unknown>;
  beforeAll(async () => {
    keys = await openKeys(stage());
    const [offer] = await importedOffers(stage());
    hold = {
      ...{ requesterWlId: IMPORTER.wlId, requesterTraderId: 'trader-importer-1', quantity: 1 },
      ...{ originOfferId: offer?.originOfferId, expectedUnitPrice: offer?.originUnitPrice },
      clientBuyerMasked: 'qa***@xpory.local',
    };
  });
  const preflight = async (bearer: string | undefined): Promise<string> => {
    const body = { ...hold, requestId: randomUUID() };
    const web = stage().stack.web(EXPORTER, 'importer');
    return outcomeOf(await web.ask(PREFLIGHT, { method: 'POST', bearer, body }));
  };
  const pull = async (bearer: string | undefined): Promise<string> =>
    outcomeOf(await stage().stack.web(CP, 'importer').ask('/policies/pull', { bearer }));
  const register = async (bearer: string | undefined): Promise<string> => {
    const body = { name: 'never', status: 'active' };
    const plan = { method: 'POST', bearer, body } as const;
    return outcomeOf(await stage().stack.web(CP, 'importer').ask('/admin/api/wls', plan));
  };

  test('the same claims under the right key are taken: the forgeries differ in one thing', async () => {
    const own = (claims: Claims) => signToken(keys.importer, claims());
    expect(await preflight(await own(peerClaims(stage())))).toBe('200 HELD');
    expect(await pull(await own(wlClaims(stage())))).toBe('200');
  });

  test.each(FORGERIES)('a token %s: %s, nothing written', async (name, code, make) => {
    const before = await countRows(stage());
    expect(await preflight(await make(keys.importer, peerClaims(stage())))).toBe(code);
    expect(await pull(await make(keys.importer, wlClaims(stage())))).toBe(code);
    const asOperator = await make(keys.controlPlane, operatorClaims(stage()));
    expect(await register(asOperator)).toBe(OF_OPERATORS[name] ?? code);
    expect(await countRows(stage())).toEqual(before);
  });

  test('no token at all', async () => {
    const before = await countRows(stage());
    const answers = [await preflight(undefined), await pull(undefined), await register(undefined)];
    expect(answers).toEqual(Array.from({ length: 3 }, () => '401 TOKEN_MISSING'));
    expect(await countRows(stage())).toEqual(before);
  });

  test('a rotated key verifies until its time is over', async () => {
    const signed = () => signToken(keys.importer, wlClaims(stage())());
    await stage().admin('POST', `/wls/${IMPORTER.wlId}/keys/rotate`);
    expect(decodeProtectedHeader(await buyerToken(stage())).kid).not.toBe(keys.importer.kid);
    expect(await pull(await signed())).toBe('200');
    const retireIn = (interval: string) =>
      stage().rows(CP, 'UPDATE signing_key SET retire_at = clock() + $1::interval WHERE kid = $2', [
        ...[interval, keys.importer.kid],
      ]);
    await retireIn('-1 second');
    expect(await pull(await signed())).toBe('401 TOKEN_INVALID');
    await retireIn('1 hour');
    expect(await pull(await signed())).toBe('200');
  });

  test('a revoked key verifies nowhere, and its partners know within seconds', async () => {
    const old = await signToken(keys.importer, peerClaims(stage())());
    const list = async (bearer: string): Promise<string> => {
      const web = stage().stack.web(EXPORTER, 'importer');
      return outcomeOf(await web.ask('/api/v2/trader/offers', { bearer }));
    };
    expect(await list(old)).toBe('200');
    await stage().admin('POST', `/wls/${IMPORTER.wlId}/keys/${keys.importer.kid}/revoke`);
    await eventually('the exporter knows', async () => (await list(old)) === '401 TOKEN_INVALID');
    const before = await countRows(stage());
    expect(await preflight(old)).toBe('401 TOKEN_INVALID');
    expect(await pull(await signToken(keys.importer, wlClaims(stage())()))).toBe(
      '401 TOKEN_INVALID',
    );
    expect(await countRows(stage())).toEqual(before);
    expect(await list(await buyerToken(stage()))).toBe('200');
  });

  test('a purchase confirms after the key of its tokens has been revoked', async () => {
    const [offer] = await spareOffers(stage(), 8);
    // The importer's own token is renewed when its first refusal comes back; refusals that come
    // quickly one after the other open the breaker for 5 s.
    const answers: string[] = [];
    while (answers.at(-1) !== 'CONFIRMED' && answers.length < 10) {
      if (answers.length > 0) await delay(BETWEEN_TRIES_MS);
      const { status, reason } = await buy(stage(), QA_MEMBER, offer?.offerId ?? '');
      answers.push(reason ?? status);
    }
    expect(answers.at(-1)).toBe('CONFIRMED');
  });
}

const now = (): number => Math.floor(Date.now() / 1_000);

function hmacToken({ kid, publicPem }: TestKey, claims: object): string {
  const unsigned = forgeToken({ alg: 'HS256', typ: 'JWT', kid }, claims, '');
  const signature = createHmac('sha256', publicPem)
    .update(unsigned.slice(0, -1))
    .digest('base64url');
  return `${unsigned}${signature}`;
}

/** As the Control Plane would issue it to that party. */
const claimsOf =
  ({ stack }: Stage, party: WlParty, facts: JWTPayload): Claims =>
  (change = {}) => ({
    ...{ iss: tlsUrl(CP, stack.ports), sub: party.wlId, jti: randomUUID() },
    ...{ iat: now(), exp: now() + HOUR_SECONDS },
    cnf: { 'x5t#S256': thumbprintOf(stack.pki.parties[party.slug]?.certPath) },
    ...facts,
    ...change,
  });
const peerClaims = (stage: Stage): Claims =>
  claimsOf(stage, IMPORTER, { aud: EXPORTER.wlId, scope: 'offers:sync trader:purchase' });
const wlClaims = (stage: Stage): Claims =>
  claimsOf(stage, IMPORTER, { aud: 'control-plane', scope: 'policies:read' });
const operatorClaims = (stage: Stage): Claims =>
  claimsOf(stage, IMPORTER, { aud: 'control-plane', sub: randomUUID(), roles: ['master'] });

const thumbprintOf = (path = ''): string => certificateFacts(readFileSync(path, 'utf8')).thumbprint;

async function openKeys(stage: Stage): Promise<Keys> {
  const { sealKeys: sealed, indexKey } = stage.stack.secrets.cp;
  const sealer = createSealer(sealKeys.parse(sealed), secretKey.parse(indexKey));
  const keyOf = async (wlId: string | null): Promise<TestKey> => {
    const [row] = await stage.rows<{ kid: string; private_sealed: string }>(
      CP,
      "SELECT kid, private_sealed FROM signing_key WHERE state = 'CURRENT' AND wl_id IS NOT DISTINCT FROM $1",
      [wlId],
    );
    const text = openColumn(sealer, 'signing_key.private_sealed', row?.private_sealed ?? null);
    const jwk = JSON.parse(text ?? '{}');
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
    const publicPem = createPublicKey(privateKey)
      .export({ type: 'spki', format: 'pem' })
      .toString();
    return { kid: row?.kid ?? '', jwk, privateKey, publicPem };
  };
  return { importer: await keyOf(IMPORTER.wlId), controlPlane: await keyOf(null) };
}
