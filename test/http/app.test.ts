import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fingerprint } from '../../api/http/idempotency.ts';
import { sampleRoutes } from './sample-routes.ts';
import { createTestPki } from '../support/certificates.ts';
import { startHttpParty, type HttpParty } from '../support/http-party.ts';

const OFFER = '/offers/fd1a88a9-3a01-43bb-ae20-32618c1b3752';
let party: HttpParty;

beforeAll(async () => {
  const pki = await createTestPki();
  party = await startHttpParty({
    routes: sampleRoutes,
    tls: await pki.issue({ dnsNames: ['wl-exporter.localhost'] }),
    rateLimits: {
      trader: { requests: 2, windowSeconds: 60 },
      refused: { requests: 3, windowSeconds: 60 },
    },
  });
});

afterAll(() => party.listeners.close());

async function call(path: string, init: RequestInit = {}) {
  const response = await fetch(`${party.plainUrl}${path}`, init);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const body = (isJson ? JSON.parse(text) : text) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

function put(body: string, type = 'application/json') {
  return call(OFFER, { method: 'PUT', body, headers: { 'content-type': type } });
}

describe('bodies', () => {
  test.each(['application/json; charset=utf-7', 'application/json;charset="utf-16"'])(
    'are not read as %s',
    async (type) => expect((await put('{"price":"1.00"}', type)).status).toBe(415),
  );

  test('are read as UTF-8, said or not', async () => {
    const type = 'application/json;charset="UTF-8"';
    expect((await put('{"price":"1.00"}', type)).status).toBe(200);
  });

  test.each(['"80"', '"80.0"', '80', '80.5', '0.01'])('take the amount %s', async (price) => {
    const body = `{"price": ${price}}`;
    const answer = await put(body);
    expect(answer.status).toBe(200);
    expect(answer.body['bytes']).toBe(body.length);
    expect(answer.body['price']).toMatch(/^\d+\.\d\d$/);
  });

  test.each(['"80.005"', '80.005', '1e21', '"1e2"', '" 80"', '"-1.00"', '0', 'null', 'true', '""'])(
    'refuse the amount %s with its pointer',
    async (price) => {
      const { status, body } = await put(`{"price": ${price}}`);
      expect(status).toBe(422);
      expect(body).toMatchObject({
        code: 'VALIDATION_FAILED',
        errors: [{ in: 'body', pointer: '/price' }],
      });
    },
  );

  test('refuse unknown fields at every depth', async () => {
    const { status, headers, body } = await put(
      '{"price": "1.00", "admin": true, "__proto__": {}, "category": {"id": "15", "a/b": 1}}',
    );
    expect(status).toBe(422);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body['errors']).toEqual([
      { in: 'body', pointer: '/category/a~1b', message: 'unknown field', rule: 'unknown' },
      { in: 'body', pointer: '/admin', message: 'unknown field', rule: 'unknown' },
      { in: 'body', pointer: '/__proto__', message: 'unknown field', rule: 'unknown' },
    ]);
  });

  test.each([
    ['{}', 'required'],
    ['{"price": null}', 'type'],
    ['{"price": "80.005"}', 'money'],
  ])('%s is refused by the rule %s', async (sent, rule) => {
    const { body } = await put(sent);
    const message = expect.any(String);
    expect(body['errors']).toContainEqual({ in: 'body', pointer: '/price', message, rule });
  });

  test('refuse a path that does not fit', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await call('/offers/7', { method: 'PUT', body: '{"price":1}', headers });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ in: 'path', pointer: '/offerId' }] },
    });
  });

  test.each([
    ['broken JSON', '{"price":', 'application/json', 400],
    ['JSON that is no object', '"x"', 'application/json', 400],
    ['no body', '', 'application/json', 422],
    ['another type', 'price=1', 'text/plain', 415],
    ['too large a body', `{"price":"${'1'.repeat(300_000)}"}`, 'application/json', 413],
    ['an unknown charset', '{}', 'application/json; charset=x-none', 415],
  ])('refuse %s', async (_name, text, type, status) => {
    const answer = await put(text, type);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code: 'VALIDATION_FAILED', status });
    expect(answer.body['correlationId']).toBe(answer.headers.get('x-correlation-id'));
  });

  test('come from forms where the route says so', async () => {
    const body = new URLSearchParams({ accountId: '8780', quantity: '3' });
    const headers = { 'accept-language': 'en-GB,pt;q=0.5' };
    const answer = await call('/buy', { method: 'POST', body, headers });
    expect(answer).toMatchObject({
      status: 200,
      body: { accountId: '8780', quantity: 3, language: 'en' },
    });
    const extra = new URLSearchParams({ accountId: '8780', quantity: '3', __proto__x: '1' });
    expect(await call('/buy', { method: 'POST', body: extra })).toMatchObject({ status: 422 });
    const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
    expect(await call('/buy', json)).toMatchObject({ status: 415 });
  });
});

test.each(['\0', 'a\ud800'])('a text that no table can hold is refused: %j', async (text) => {
  const answer = await call('/offers/fd1a88a9-3a01-43bb-ae20-32618c1b3752', {
    method: 'PUT',
    body: JSON.stringify({ price: '1.00', category: { id: text } }),
    headers: { 'content-type': 'application/json' },
  });
  expect(answer).toMatchObject({
    status: 422,
    body: { code: 'VALIDATION_FAILED', errors: [{ in: 'body', pointer: '/category/id' }] },
  });
});

test('the language is Portuguese unless English is preferred', async () => {
  const languages = ['', 'fr', 'pt', 'pt-BR,en;q=0.9', 'en', 'en-US,pt;q=0.1'];
  const answers = await Promise.all(
    languages.map((language) => {
      const body = new URLSearchParams({ accountId: '1', quantity: '1' });
      const headers: Record<string, string> =
        language === '' ? {} : { 'accept-language': language };
      return call('/buy', { method: 'POST', body, headers });
    }),
  );
  const expected = ['pt-BR', 'pt-BR', 'pt-BR', 'pt-BR', 'en', 'en'];
  expect(answers.map(({ body }) => body['language'])).toEqual(expected);
});

describe('idempotency keys', () => {
  const post = (headers: Record<string, string>) =>
    call('/credits', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json', ...headers },
    });

  test.each(['', 'a b', 'x'.repeat(256), 'caf\u00e9', 'a, b'])('refuse %j', async (key) => {
    const answer = await post({ 'idempotency-key': key });
    expect(answer).toMatchObject({ status: 400, body: { code: 'IDEMPOTENCY_MISSING' } });
  });

  test('are required where the route says so and take 255 visible characters', async () => {
    expect(await post({})).toMatchObject({ status: 400, body: { code: 'IDEMPOTENCY_MISSING' } });
    expect(await post({ 'idempotency-key': '~'.repeat(255) })).toMatchObject({ status: 204 });
  });

  test('the fingerprint of a body does not depend on how it is written', () => {
    expect(fingerprint({ a: 1, b: ['x'] })).toBe(fingerprint({ b: ['x'], a: 1.0 }));
    expect(fingerprint({ a: 1 })).not.toBe(fingerprint({ a: '1' }));
    expect(fingerprint({})).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('lists', () => {
  test('have a default limit, a largest one and an opaque cursor', async () => {
    const first = await call('/items');
    expect(first.body['items']).toEqual([50, 0]);
    const next = await call(`/items?limit=200&cursor=${String(first.body['nextCursor'])}`);
    expect(next.body['items']).toEqual([200, 7]);
  });

  test.each(['limit=201', 'limit=0', 'limit=x', 'cursor=abc', 'cursor=WyJhIl0', 'limit=1&limit=2'])(
    'refuse %s',
    async (query) => {
      const answer = await call(`/items?${query}`);
      expect(answer).toMatchObject({ status: 422, body: { code: 'VALIDATION_FAILED' } });
      expect(answer.body['errors']).toMatchObject([{ in: 'query' }]);
    },
  );
});

describe('rate limits', () => {
  const as = (bearer?: string) =>
    call('/limited', {
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    });

  test('of one WL are not felt by another, nor by itself in another group', async () => {
    const busy = [await as('wl-a'), await as('wl-a'), await as('wl-a')];
    expect(busy.map(({ status }) => status)).toEqual([204, 204, 429]);
    expect(busy[2]?.body).toMatchObject({ code: 'RATE_LIMITED' });
    expect(Number(busy[2]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await as('wl-b')).status).toBe(204);
    expect((await call('/items')).status).toBe(200);
  });

  test('slow a guesser down by address without locking out its neighbours', async () => {
    const guesses = [await as(), await as('bad'), await as('bad'), await as('bad')];
    expect(guesses.map(({ status }) => status)).toEqual([401, 401, 401, 429]);
    expect((await as('wl-c')).status).toBe(204);
  });
});

describe('problems', () => {
  test('of our own making tell the caller nothing but the correlation', async () => {
    const answer = await call('/fail/crash', { method: 'POST' });
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({
      type: 'about:blank',
      title: 'Something failed on our side',
      status: 500,
      code: 'INTERNAL',
      correlationId: answer.headers.get('x-correlation-id'),
    });
    const logged = party.logLines.find((line) => line.includes('select * from users'));
    expect(logged).toContain(String(answer.body['correlationId']));
    expect(logged).not.toContain('ana@loja');
  });

  test('carry headers and members of their own', async () => {
    const cooldown = await call('/fail/cooldown', { method: 'POST' });
    expect(cooldown).toMatchObject({
      status: 409,
      body: { code: 'COOL_DOWN', earlier: { tradeId: 't-1' } },
    });
    const unavailable = await call('/fail/unavailable', { method: 'POST' });
    expect(unavailable.status).toBe(503);
    expect(unavailable.headers.get('retry-after')).toBe('2');
  });

  test('that the document does not name are a fault, where answers are checked', async () => {
    expect((await call('/fail/undeclared', { method: 'POST' })).status).toBe(500);
    expect(party.logLines.join('\n')).toContain('CONFLICT is not a declared refusal');
  });

  test.each(['database-away', 'database-gone'])('of a database: %s', async (how) => {
    const answer = await call(`/fail/${how}`, { method: 'POST' });
    expect(answer).toMatchObject({ status: 503, body: { code: 'INTERNAL' } });
    expect(answer.headers.get('retry-after')).toBe('2');
  });

  test.each(['/nowhere', '/ITEMS', '/fail/%E0%A4%A'])('answer %s', async (path) => {
    const answer = await call(path);
    expect([400, 404]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(['NOT_FOUND', 'VALIDATION_FAILED']).toContain(answer.body['code']);
  });
});

describe('correlation', () => {
  test('is the caller\u2019s where it is well formed, else a new one', async () => {
    const own = await call('/items', { headers: { 'x-correlation-id': 'order-1:a' } });
    expect(own.headers.get('x-correlation-id')).toBe('order-1:a');
    const bad = await call('/items', { headers: { 'x-correlation-id': 'ana@loja.com.br' } });
    expect(bad.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('and the pattern of the route are in the log line, the URL is not', async () => {
    await call('/fail/none?mail=secret-value', {
      method: 'POST',
      headers: { 'x-correlation-id': 'find-me' },
    });
    const line = party.logLines.find((text) => text.includes('find-me'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      msg: 'request',
      route: '/fail/:how',
      status: '200',
    });
    expect(line).not.toContain('secret-value');
  });
});

test('answers are compared with what the route declares', async () => {
  const declared = await call('/report');
  expect(declared.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(declared.body).toBe('a\n1\n');
  expect(await call('/report?wrong=1')).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
});

test('nothing that a proxy may keep, sniff or frame', async () => {
  const { headers } = await call('/items');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(headers.get('x-powered-by')).toBeNull();
});

describe('operations', () => {
  test('health, readiness and metrics', async () => {
    expect(await call('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    party.health.add('database', () => undefined);
    expect(await call('/readyz')).toMatchObject({ status: 200, body: { ready: true } });
    party.health.add('engine', () => Promise.reject(new Error('password hunter2')));
    const notReady = await call('/readyz');
    expect(notReady).toMatchObject({
      status: 503,
      body: { ready: false, checks: { database: 'ok', engine: 'failed' } },
    });
    const metrics = await call('/metrics');
    expect(metrics.body).toMatch(
      /http_request_duration_seconds_bucket\{le="0.5",process="test",route="\/items",/,
    );
  });

  test('the document names parameters, bodies, answers and who may call', async () => {
    const { body } = await call('/openapi.json');
    const document = body as unknown as {
      openapi: string;
      paths: Record<string, Record<string, Record<string, unknown>>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toBe('3.1.0');
    expect(document.components.schemas).toHaveProperty('Problem');
    expect(document.paths['/offers/{offerId}']?.['put']).toMatchObject({
      parameters: [{ name: 'offerId', in: 'path', required: true, schema: { format: 'uuid' } }],
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { additionalProperties: false } } },
      },
    });
    expect(document.paths['/limited']?.['get']).toMatchObject({ security: [{ bearer: [] }] });
    expect(document.paths['/credits']?.['post']?.['parameters']).toMatchObject([
      { name: 'Idempotency-Key', required: true },
    ]);
  });

  test('the page about it needs nothing from elsewhere', async () => {
    const page = await call('/docs');
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toMatch(
      /default-src 'none'; style-src 'sha/,
    );
    expect(page.body).toContain('A &lt;test&gt; &amp; more');
    expect(page.body).toContain('/offers/{offerId}');
    expect(page.body).not.toMatch(/<script|src=|href="http/);
  });
});

test.each([
  ['DELETE', OFFER, 'PUT'],
  ['GET', '/buy', 'POST'],
  ['OPTIONS', '/buy', 'POST'],
])('%s %s is refused with the methods that the path has', async (method, path, allowed) => {
  const { status, headers, body } = await call(path, { method });
  expect(status).toBe(405);
  expect(headers.get('allow')).toBe(allowed);
  expect(body['code']).toBe('VALIDATION_FAILED');
});
