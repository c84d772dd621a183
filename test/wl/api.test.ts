import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { callJson, type CallAnswer } from '../../activities/clients/agent.ts';
import { BUYER_MESSAGES } from '../../api/wl/messages.ts';
import { verifyAudit } from '../../db/audit.ts';
import { applyOfferSync } from '../../db/wl/imported-offers.ts';
import { createOffer, updateOffer } from '../../db/wl/offers.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import { REFUSAL_CODES } from '../../domain/shared/codes.ts';
import { minor } from '../../domain/shared/money.ts';
import { CP_SUBJECT_URI } from '../../runtime/tls.ts';
import type { OfferSyncResult } from '../../workflows/offer-sync/contract.ts';
import { createTestPki } from '../support/certificates.ts';
import { startWlDatabases, type TestServer, type TestWl } from './database.ts';
import { EXPORTER, IMPORTER, pullDocument, pulledPolicy, pulledRelationship } from './documents.ts';
import { BACKOFFICE_KEY, identity, startNode, wlIdentity, type Identity } from './node.ts';
import { createTestIssuer, type TestIssuer } from './tokens.ts';

const STRANGER = '11111111-1111-4111-8111-111111111111';
const CHANGE = { actor: 'test', source: 'test', correlationId: 'test' };
const CONTEXT = { wlId: EXPORTER, currency: 'XEX', correlationId: 'test' };

let server: TestServer;
let wl: TestWl;
let issuer: TestIssuer;
let node: Awaited<ReturnType<typeof startNode>>;
let certificates: Record<
  'importer' | 'exporter' | 'stranger' | 'controlPlane' | 'foreign',
  Identity
>;
const nudges: string[] = [];
let importNow: () => Promise<OfferSyncResult>;

beforeAll(async () => {
  const pki = await createTestPki();
  server = await startWlDatabases(['api']);
  wl = server.open('api');
  issuer = createTestIssuer(['control-plane', EXPORTER, IMPORTER, STRANGER]);
  certificates = {
    importer: await wlIdentity(pki, IMPORTER),
    exporter: await wlIdentity(pki, EXPORTER),
    stranger: await wlIdentity(pki, STRANGER),
    controlPlane: await identity(pki, CP_SUBJECT_URI),
    foreign: await identity(pki, CP_SUBJECT_URI, { foreign: true }),
  };
  const syncs = {
    startPolicySync: async () => void nudges.push('pull'),
    importNow: () => importNow(),
  };
  const { tls } = certificates.exporter;
  node = await startNode({ wl, wlId: EXPORTER, currency: 'XEX', issuer, tls, syncs });
}, 60_000);
afterAll(async () => {
  await node.listeners.close();
  await Promise.all(Object.values(certificates).map(({ agent }) => agent.close()));
  await server.stop();
});

interface Request {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly as?: Identity;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly plain?: boolean;
}

function call({ method = 'GET', path, as, token, body, headers, plain }: Request) {
  return callJson({
    agent: (as ?? certificates.importer).agent,
    method,
    url: `${plain === true ? node.plainUrl : node.tlsUrl}${path}`,
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body }),
    timeoutMs: 5_000,
  });
}

function peerToken(change: Record<string, unknown> = {}): Promise<string> {
  return issuer.issue({
    sub: IMPORTER,
    aud: EXPORTER,
    scope: 'offers:sync trader:purchase',
    cnf: { 'x5t#S256': certificates.importer.thumbprint },
    ...change,
  });
}

const codeOf = ({ status, body }: CallAnswer): string =>
  `${status} ${(body as { code?: string }).code ?? 'none'}`;
const itemsOf = ({ body }: CallAnswer): Record<string, unknown>[] =>
  (body as { items: Record<string, unknown>[] }).items;

describe('the listing for a partner', () => {
  const path = '/api/v2/trader/offers';

  beforeAll(async () => {
    for (const [id, category] of [
      ['a', '7'],
      ['b', '15'],
      ['c', '7'],
      ['d', '7'],
    ] as const) {
      const created = await createOffer(
        wl.db,
        {
          offerId: id,
          title: `Oferta ${id}`,
          category: { id: category, name: `Categoria ${category}` },
          entity: { id: 'e1', name: 'Loja' },
          unitPriceMinor: 1_00n,
          currency: 'XEX',
          available: id === 'c' ? 0 : 3,
          status: id === 'd' ? 'DISABLED' : 'ENABLED',
        },
        CHANGE,
      );
      expect(created.ok).toBe(true);
    }
    const export_policy = {
      enabled: true,
      include_categories: [],
      exclude_categories: ['15'],
      entity_allowlist: [],
      entity_blocklist: [],
    };
    await applyPullDocument(
      wl.db,
      pullDocument({ wlId: EXPORTER, relationships: [pulledRelationship({ export_policy })] }),
      CONTEXT,
    );
  });

  test('holds what the policy lets out, sold-out offers as sold out', async () => {
    const answer = await call({ path, token: await peerToken() });
    expect(answer.status).toBe(200);
    expect(itemsOf(answer).map(({ offerId, available }) => [offerId, available])).toEqual([
      ['a', 3],
      ['c', 0],
    ]);
    expect(itemsOf(answer)[0]).toMatchObject({ unitPrice: '1.00', currency: 'XEX' });
  });

  test('comes in pages', async () => {
    const token = await peerToken();
    const seen: unknown[] = [];
    let cursor: string | undefined = '';
    for (let page = 0; page < 10 && cursor !== undefined; page += 1) {
      const query: string = cursor === '' ? '?limit=1' : `?limit=1&cursor=${cursor}`;
      const answer = await call({ path: `${path}${query}`, token });
      seen.push(...itemsOf(answer).map(({ offerId }) => offerId));
      cursor = (answer.body as { nextCursor?: string }).nextCursor;
    }
    expect(seen).toEqual(['a', 'c']);
  });

  test('is empty with its reason for a WL without a relationship', async () => {
    const cnf = { 'x5t#S256': certificates.stranger.thumbprint };
    const token = await peerToken({ sub: STRANGER, cnf });
    const answer = await call({ path, token, as: certificates.stranger });
    expect(answer.body).toEqual({ items: [], reason: 'RELATIONSHIP_MISSING' });
  });

  const REFUSED: readonly (readonly [string, () => Promise<Partial<Request>>])[] = [
    ['401 TOKEN_MISSING', async () => ({})],
    ['403 TOKEN_SCOPE', async () => ({ token: await peerToken({ scope: 'trader:purchase' }) })],
    ['403 TOKEN_AUDIENCE', async () => ({ token: await peerToken({ aud: STRANGER }) })],
    ['401 TOKEN_EXPIRED', async () => ({ token: await peerToken({ exp: 1_700_000_000 }) })],
    ['401 TOKEN_INVALID', async () => ({ token: `${await peerToken()}x` })],
    // Somebody else's token with one's own certificate.
    ['401 TOKEN_BINDING', async () => ({ token: await peerToken(), as: certificates.stranger })],
    // A token that names another WL than the certificate it is bound to.
    [
      '403 CERTIFICATE_SUBJECT',
      async () => ({
        token: await peerToken({ cnf: { 'x5t#S256': certificates.stranger.thumbprint } }),
        as: certificates.stranger,
      }),
    ],
    // A certificate of an authority that nobody trusts.
    [
      '401 CERTIFICATE_REQUIRED',
      async () => ({ token: await peerToken(), as: certificates.foreign }),
    ],
    // A token for approving one's own waiting purchases does not list as a partner.
    [
      '403 FORBIDDEN',
      async () => ({
        token: await peerToken({
          sub: EXPORTER,
          cnf: { 'x5t#S256': certificates.exporter.thumbprint },
        }),
        as: certificates.exporter,
      }),
    ],
  ];
  test.each(REFUSED)('is refused: %s', async (code, change) => {
    expect(codeOf(await call({ path, ...(await change()) }))).toBe(code);
  });

  test('needs no certificate on the plain listener of the local profile', async () => {
    const answer = await call({ path, token: await peerToken(), plain: true });
    expect(answer.status).toBe(200);
  });
});

describe('routes of the Control Plane', () => {
  test('answer categories and entities with their active offers', async () => {
    const as = certificates.controlPlane;
    expect((await call({ path: '/api/v2/trader/offer-categories', as })).body).toEqual({
      items: [
        { id: '15', name: 'Categoria 15', activeOffers: 1 },
        { id: '7', name: 'Categoria 7', activeOffers: 2 },
      ],
    });
    expect((await call({ path: '/api/v2/trader/entities', as })).body).toEqual({
      items: [{ id: 'e1', name: 'Loja', activeOffers: 3 }],
    });
  });

  test('are for its certificate alone, and do not exist on the plain listener', async () => {
    const path = '/api/v2/trader/entities';
    expect(codeOf(await call({ path }))).toBe('403 CERTIFICATE_SUBJECT');
    const { foreign, controlPlane } = certificates;
    expect(codeOf(await call({ path, as: foreign }))).toBe('401 CERTIFICATE_REQUIRED');
    expect(codeOf(await call({ path, as: controlPlane, plain: true }))).toBe('404 NOT_FOUND');
  });

  test('a nudge starts a pull, one for another WL does not', async () => {
    const nudge = (wlId: string): Promise<CallAnswer> =>
      call({
        method: 'POST',
        path: '/api/v2/control-plane/policies/changed',
        as: certificates.controlPlane,
        body: { wlId },
      });
    nudges.length = 0;
    expect((await nudge(EXPORTER)).status).toBe(202);
    expect(codeOf(await nudge(IMPORTER))).toBe('404 NOT_FOUND');
    expect(nudges).toEqual(['pull']);
  });
});

describe('debug import', () => {
  const path = '/api/v2/control-plane/debug/import';
  const run = (token: string | undefined, change: Partial<Request> = {}): Promise<CallAnswer> =>
    call({ method: 'POST', path, plain: true, ...(token !== undefined && { token }), ...change });
  const result = { imported: 2, updated: 1, disabled: 0, warnings: ['policy.stale' as const] };

  beforeAll(() => {
    importNow = async () => result;
  });

  test('answers what was imported, for a token meant for this WL', async () => {
    expect((await run(await peerToken())).body).toEqual(result);
  });

  test('takes the token that this WL got for a partner, as the run book does', async () => {
    expect((await run(await peerToken({ sub: EXPORTER, aud: IMPORTER }))).status).toBe(200);
    // Not one that a partner got for somebody else.
    const elsewhere = await run(await peerToken({ aud: STRANGER }));
    expect(codeOf(elsewhere)).toBe('401 TOKEN_AUDIENCE');
    expect((elsewhere.body as { detail: string }).detail).toBe('Invalid Control Plane token');
  });

  test('is refused without a valid token', async () => {
    for (const token of [undefined, 'nonsense', `${await peerToken()}x`]) {
      const answer = await run(token);
      expect(answer.status).toBe(401);
      expect((answer.body as { detail: string }).detail).toBe('Invalid Control Plane token');
    }
  });

  test('is answered 503 with Retry-After where the engine does not run', async () => {
    importNow = () => Promise.reject(new Error('no engine'));
    const answer = await run(await peerToken());
    expect(codeOf(answer)).toBe('503 ENGINE_UNAVAILABLE');
    expect(answer.headers['retry-after']).toBe('5');
  });
});

describe('the back office', () => {
  const token = BACKOFFICE_KEY;
  const offers = '/api/v2/backoffice/offers';
  const accounts = '/api/v2/backoffice/accounts';
  const newOffer = {
    title: 'Café especial',
    category: { id: '20', name: 'Café' },
    entity: { id: 'e2', name: 'Torrefação' },
    unitPrice: '12.50',
    available: 4,
  };

  async function actions(): Promise<string[]> {
    const rows = await wl.db.selectFrom('audit').selectAll().orderBy('seq').execute();
    const own = rows.filter(({ actor }) => actor === 'backoffice');
    return own.map(({ action, subject }) => `${action} ${subject}`);
  }

  test('is refused without its key', async () => {
    expect(codeOf(await call({ path: offers }))).toBe('401 TOKEN_MISSING');
    expect(codeOf(await call({ path: offers, token: 'backoffice-other' }))).toBe(
      '401 TOKEN_INVALID',
    );
  });

  test('creates and changes offers; each change that changes something is audited', async () => {
    const before = await actions();
    const created = await call({ method: 'POST', path: offers, token, body: newOffer });
    expect(created).toMatchObject({
      status: 201,
      body: { available: 4, currency: 'XEX', used: 0 },
    });
    const { offerId } = created.body as { offerId: string };
    const patch = (body: unknown): Promise<CallAnswer> =>
      call({ method: 'PATCH', path: `${offers}/${offerId}`, token, body });
    await sql`UPDATE offer SET used = 3 WHERE offer_id = ${offerId}`.execute(wl.db);
    expect((await patch({ available: 0 })).body).toMatchObject({ available: 0, used: 3 });
    expect((await patch({ unitPrice: 20.5 })).body).toMatchObject({ unitPrice: '20.50' });
    expect((await patch({ unitPrice: '20.50' })).status).toBe(200);
    expect(codeOf(await patch({ unitPrice: '1.005' }))).toBe('422 VALIDATION_FAILED');
    expect(codeOf(await patch({ price: '1.00' }))).toBe('422 VALIDATION_FAILED');
    const missing = await call({ method: 'PATCH', path: `${offers}/none`, token, body: {} });
    expect(codeOf(missing)).toBe('404 NOT_FOUND');
    expect((await actions()).slice(before.length)).toEqual([
      `offer.create ${offerId}`,
      `offer.update ${offerId}`,
      `offer.update ${offerId}`,
    ]);
    const journal = await sql<{ stock_delta: number; used: number; stock: number }>`
      SELECT stock_delta, used, stock FROM stock_journal WHERE offer_id = ${offerId}
       ORDER BY entry_id`.execute(wl.db);
    expect(journal.rows).toEqual([
      { stock_delta: 4, used: 0, stock: 4 },
      { stock_delta: -1, used: 3, stock: 3 },
    ]);
  });

  test('opens accounts: the token is told once, contacts are sealed and masked', async () => {
    const body = {
      name: 'Ana Prado',
      email: 'ana.prado@xpory.local',
      phone: '+55 11 90000-0009',
      buyOffer: true,
    };
    const created = await call({ method: 'POST', path: accounts, token, body });
    expect(created.status).toBe(201);
    const { accountId } = created.body as { accountId: string; token: string };
    const listed = await call({ path: accounts, token });
    const found = itemsOf(listed).find((item) => item['accountId'] === accountId);
    expect(found).toMatchObject({ contactMasked: 'an***@xpory.local', balances: [] });
    const patched = await call({
      method: 'PATCH',
      path: `${accounts}/${accountId}`,
      token,
      body: { buyOffer: false, status: 'BLOCKED' },
    });
    expect(patched.body).toMatchObject({ buyOffer: false, status: 'BLOCKED' });
    const dump = await sql<{ row: string }>`SELECT account::text AS row FROM account
      UNION ALL SELECT audit::text FROM audit`.execute(wl.db);
    const text = dump.rows.map(({ row }) => row).join('\n');
    for (const secret of ['Ana', 'ana.prado', '90000']) expect(text).not.toContain(secret);
  });

  test('credits once for each key', async () => {
    const created = await call({
      method: 'POST',
      path: accounts,
      token,
      body: { name: 'Bia', buyOffer: true },
    });
    const { accountId } = created.body as { accountId: string };
    const credit = (key: string | undefined, body: unknown): Promise<CallAnswer> =>
      call({
        method: 'POST',
        path: `${accounts}/${accountId}/credits`,
        token,
        body,
        headers: key === undefined ? {} : { 'idempotency-key': key },
      });
    const given = { amount: '100.00', currency: 'XEX', note: 'início' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => credit('k1', given)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    const replayed = answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true');
    expect(replayed).toHaveLength(7);
    expect(codeOf(await credit('k1', { ...given, amount: '1.00' }))).toBe(
      '422 IDEMPOTENCY_MISMATCH',
    );
    expect(codeOf(await credit(undefined, given))).toBe('400 IDEMPOTENCY_MISSING');
    expect(codeOf(await credit('k2', { ...given, currency: 'XIM' }))).toBe('422 VALIDATION_FAILED');
    await credit('k3', { ...given, amount: 2.5, currency: 'BRL' });
    const listed = itemsOf(await call({ path: accounts, token }));
    expect(listed.find((item) => item['accountId'] === accountId)).toMatchObject({
      balances: [
        { currency: 'BRL', amount: '2.50' },
        { currency: 'XEX', amount: '100.00' },
      ],
    });
    expect((await actions()).filter((line) => line === `account.credit ${accountId}`)).toHaveLength(
      2,
    );
    expect(await verifyAudit(wl.db)).not.toHaveProperty('brokenAt');
  });
});

describe('the store', () => {
  test('lists imported offers for anyone, eligible first', async () => {
    await applyPullDocument(
      wl.db,
      pullDocument({
        wlId: EXPORTER,
        policy: pulledPolicy({ revision: 2 }),
        relationships: [
          pulledRelationship({ src: IMPORTER, dst: EXPORTER, revision: 2, fxRate: '2' }),
        ],
      }),
      CONTEXT,
    );
    const listed = (id: string) => ({
      originOfferId: id,
      title: `Oferta ${id}`,
      category: { id: '7', name: 'Moda' },
      entity: { id: 'e9', name: 'Loja' },
      unitPrice: minor(3_00n),
      currency: 'XIM',
      available: 1,
    });
    await applyOfferSync(wl.db, CONTEXT, IMPORTER, [listed('x'), listed('y')]);
    await applyOfferSync(wl.db, CONTEXT, IMPORTER, [listed('y')]);
    const first = await call({ path: '/api/v2/imported-offers?limit=1', plain: true });
    expect(itemsOf(first)[0]).toMatchObject({
      originOfferId: 'y',
      exporterWlId: IMPORTER,
      unitPrice: '6.00',
      currency: 'XEX',
      originUnitPrice: '3.00',
      originCurrency: 'XIM',
      fxRate: '2',
      eligible: true,
      entityId: 'e9',
    });
    const { nextCursor } = first.body as { nextCursor: string };
    const second = await call({ path: `/api/v2/imported-offers?cursor=${nextCursor}` });
    expect(itemsOf(second)).toMatchObject([{ originOfferId: 'x', eligible: false }]);
  });

  test('serves the buyer page with nothing from elsewhere', async () => {
    const page = await call({ path: '/loja/', plain: true });
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.text).toContain('<html lang="pt-BR">');
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    const links = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
    expect(links).toEqual(['/loja/loja.css', '/loja/loja.js']);
    for (const path of links)
      expect((await call({ path: path ?? '', plain: true })).status).toBe(200);
    expect(page.text).not.toMatch(/https?:\/\/|<script>|style="|onclick/);
  });

  test('publishes its event keys', async () => {
    expect((await call({ path: '/.well-known/jwks.json' })).body).toEqual({ keys: [] });
  });

  test('has a message in both languages for every refusal', () => {
    expect(Object.keys(BUYER_MESSAGES).sort()).toEqual([...REFUSAL_CODES].sort());
    for (const { 'pt-BR': portuguese, en } of Object.values(BUYER_MESSAGES)) {
      expect(portuguese).not.toBe(en);
      expect(portuguese.length).toBeGreaterThan(10);
    }
    expect(BUYER_MESSAGES.INSUFFICIENT_FUNDS['pt-BR']).toBe('Saldo X$ insuficiente');
    expect(BUYER_MESSAGES.OUT_OF_STOCK['pt-BR']).toBe('Oferta esgotada.');
  });
});

test('stock that is put up while units are held counts on top of them', async () => {
  await sql`UPDATE offer SET used = 2 WHERE offer_id = 'a'`.execute(wl.db);
  const updated = await updateOffer(wl.db, 'a', { available: 5 }, CHANGE);
  expect(updated).toMatchObject({ ok: true, value: { stock: 7, used: 2 } });
});
