import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CallAnswer } from '../../activities/clients/agent.ts';
import { BUYER_MESSAGES } from '../../api/wl/messages.ts';
import { applyOfferSync } from '../../db/wl/imported-offers.ts';
import { createOffer } from '../../db/wl/offers.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import { REFUSAL_CODES } from '../../domain/shared/codes.ts';
import { minor } from '../../domain/shared/money.ts';
import {
  CHANGE,
  CONTEXT,
  STRANGER,
  codeOf,
  itemsOf,
  startApi,
  type ApiStage,
  type Request,
} from './api-stage.ts';
import { EXPORTER, IMPORTER, pullDocument, pulledPolicy, pulledRelationship } from './documents.ts';

let stage: ApiStage;
const call: ApiStage['call'] = (request) => stage.call(request);
const peerToken: ApiStage['peerToken'] = (change) => stage.peerToken(change);

beforeAll(async () => {
  stage = await startApi();
}, 60_000);
afterAll(() => stage.stop());

describe('the listing for a partner', () => {
  const path = '/api/v2/trader/offers';

  beforeAll(async () => {
    for (const [id, category] of [
      ['a', '7'],
      ['b', '15'],
      ['c', '7'],
      ['d', '7'],
    ] as const) {
      await createOffer(
        stage.wl.db,
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
    }
    const export_policy = {
      enabled: true,
      include_categories: [],
      exclude_categories: ['15'],
      entity_allowlist: [],
      entity_blocklist: [],
    };
    await applyPullDocument(
      stage.wl.db,
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
    const cnf = { 'x5t#S256': stage.certificates.stranger.thumbprint };
    const token = await peerToken({ sub: STRANGER, cnf });
    const answer = await call({ path, token, as: stage.certificates.stranger });
    expect(answer.body).toEqual({ items: [], reason: 'RELATIONSHIP_MISSING' });
  });

  const REFUSED: readonly (readonly [string, () => Promise<Partial<Request>>])[] = [
    ['401 TOKEN_MISSING', async () => ({})],
    ['403 TOKEN_SCOPE', async () => ({ token: await peerToken({ scope: 'trader:purchase' }) })],
    ['403 TOKEN_AUDIENCE', async () => ({ token: await peerToken({ aud: STRANGER }) })],
    ['401 TOKEN_EXPIRED', async () => ({ token: await peerToken({ exp: 1_700_000_000 }) })],
    ['401 TOKEN_INVALID', async () => ({ token: `${await peerToken()}x` })],
    // Somebody else's token with one's own certificate.
    [
      '401 TOKEN_BINDING',
      async () => ({ token: await peerToken(), as: stage.certificates.stranger }),
    ],
    // A token that names another WL than the certificate it is bound to.
    [
      '403 CERTIFICATE_SUBJECT',
      async () => ({
        token: await peerToken({ cnf: { 'x5t#S256': stage.certificates.stranger.thumbprint } }),
        as: stage.certificates.stranger,
      }),
    ],
    // A certificate of an authority that nobody trusts.
    [
      '401 CERTIFICATE_REQUIRED',
      async () => ({ token: await peerToken(), as: stage.certificates.foreign }),
    ],
    // A token for approving one's own waiting purchases does not list as a partner.
    [
      '403 FORBIDDEN',
      async () => ({
        token: await peerToken({
          sub: EXPORTER,
          cnf: { 'x5t#S256': stage.certificates.exporter.thumbprint },
        }),
        as: stage.certificates.exporter,
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
    const as = stage.certificates.controlPlane;
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
    const { foreign, controlPlane } = stage.certificates;
    expect(codeOf(await call({ path, as: foreign }))).toBe('401 CERTIFICATE_REQUIRED');
    expect(codeOf(await call({ path, as: controlPlane, plain: true }))).toBe('404 NOT_FOUND');
  });

  test('a nudge starts a pull, one for another WL does not', async () => {
    const nudge = (wlId: string): Promise<CallAnswer> =>
      call({
        method: 'POST',
        path: '/api/v2/control-plane/policies/changed',
        as: stage.certificates.controlPlane,
        body: { wlId },
      });
    stage.nudges.length = 0;
    expect((await nudge(EXPORTER)).status).toBe(202);
    expect(codeOf(await nudge(IMPORTER))).toBe('404 NOT_FOUND');
    expect(stage.nudges).toEqual(['pull']);
  });
});

describe('debug import', () => {
  const path = '/api/v2/control-plane/debug/import';
  const run = (token: string | undefined, change: Partial<Request> = {}): Promise<CallAnswer> =>
    call({ method: 'POST', path, plain: true, ...(token !== undefined && { token }), ...change });
  const result = { imported: 2, updated: 1, disabled: 0, warnings: ['policy.stale' as const] };

  beforeAll(() => {
    stage.importNow = async () => result;
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
    stage.importNow = () => Promise.reject(new Error('no engine'));
    const answer = await run(await peerToken());
    expect(codeOf(answer)).toBe('503 ENGINE_UNAVAILABLE');
    expect(answer.headers['retry-after']).toBe('5');
  });
});

describe('the store', () => {
  test('lists imported offers for anyone, eligible first', async () => {
    await applyPullDocument(
      stage.wl.db,
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
    await applyOfferSync(stage.wl.db, CONTEXT, IMPORTER, [listed('x'), listed('y')]);
    await applyOfferSync(stage.wl.db, CONTEXT, IMPORTER, [listed('y')]);
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
