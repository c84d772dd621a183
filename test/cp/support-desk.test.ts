import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createAgent, type PartnerAgent } from '../../activities/clients/agent.ts';
import { createPartnerGuard } from '../../activities/clients/partner-guard.ts';
import { createSupportDesk } from '../../activities/clients/support-desk.ts';
import { askWl, purchasePath, type DeskCall } from '../../api/cp/desk/support-desk.ts';
import { Problem } from '../../api/http/problem.ts';
import { freePort } from '../stack/setup.ts';
import { createTestPki } from '../support/certificates.ts';

const [WELL, MUTE, NOBODY, UNKNOWN] = ['well', 'mute', 'nobody', 'unknown'];
const BULKHEAD = 2;

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly key: string | undefined;
}

let server: Server;
let agent: PartnerAgent;
let urls: Readonly<Record<string, string>>;
let seen: Seen[];
let minted: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
/** Requests to the mute WL that hang until the end. */
const hanging: ServerResponse[] = [];

beforeAll(async () => {
  const pki = await createTestPki();
  const [tls, mute] = await Promise.all([
    pki.issue({ sanUri: 'urn:xpory:wl:well', dnsNames: ['wl.localhost'] }),
    pki.issue({ sanUri: 'urn:xpory:wl:mute', dnsNames: ['mute.localhost'] }),
  ]);
  server = createServer(
    { key: tls.key, cert: tls.cert, ca: pki.ca, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      if (request.headers.host?.startsWith('mute') === true) return void hanging.push(response);
      const { method, url, headers } = request;
      const { authorization } = headers;
      seen.push({ method, url, authorization, key: headers['idempotency-key'] as string });
      answer(request, response);
    },
  );
  server.addContext('mute.localhost', { key: mute.key, cert: mute.cert, ca: pki.ca });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  urls = {
    well: `https://wl.localhost:${port}`,
    mute: `https://mute.localhost:${port}`,
    nobody: `https://wl.localhost:${await freePort()}`,
  };
  agent = createAgent({ tls: await pki.issue({ sanUri: 'urn:xpory:cp' }), connections: 4 });
});

afterAll(async () => {
  for (const response of hanging) response.destroy();
  await agent.destroy();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  seen = [];
  minted = [];
  answer = replying(200, { state: 'CONFIRMED' });
});

function replying(status: number, body: object) {
  return (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

function desk(limits = {}) {
  return createSupportDesk({
    agent,
    guard: createPartnerGuard({
      ...{ breakerFailures: 5, breakerHalfOpenMs: 60_000, bulkheadCalls: BULKHEAD },
    }),
    peerUrlOf: async (wlId) => urls[wlId],
    mint: async ({ wlId, person, scope }) => {
      minted.push(`${person} ${wlId} ${scope}`);
      return { token: `t${minted.length}`, expiresAt: new Date(Date.now() + 300_000) };
    },
    clock: () => new Date(),
    limits,
  });
}

function call(wlId: string | undefined, method: 'GET' | 'POST' = 'GET'): DeskCall {
  const path = purchasePath('a/b', method === 'GET' ? 'history' : 'retry');
  const rest = method === 'GET' ? {} : { body: { reason: 'asked' }, idempotencyKey: 'k-1' };
  return { wlId: wlId ?? '', person: 'ana', method, path, ...rest };
}

async function problemOf(asked: Promise<unknown>): Promise<Problem> {
  const thrown: unknown = await asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof Problem)) throw new Error('no problem was thrown', { cause: thrown });
  return thrown;
}

test('a person acts with a token of its own, with the one scope that the call needs', async () => {
  const one = desk();
  expect(await askWl(one, call(WELL))).toEqual({ status: 200, body: { state: 'CONFIRMED' } });
  await askWl(one, call(WELL));
  await askWl(one, call(WELL, 'POST'));
  expect(minted).toEqual(['ana well support:read', 'ana well support:act']);
  const path = '/api/v2/purchases/a%2Fb';
  expect(seen).toEqual([
    { method: 'GET', url: `${path}/history`, authorization: 'Bearer t1', key: undefined },
    { method: 'GET', url: `${path}/history`, authorization: 'Bearer t1', key: undefined },
    { method: 'POST', url: `${path}/retry`, authorization: 'Bearer t2', key: 'k-1' },
  ]);
});

test('a token that is no longer taken is replaced once', async () => {
  const one = desk();
  await askWl(one, call(WELL));
  answer = ({ headers }, response) => {
    const old = headers.authorization === 'Bearer t1';
    const reply = old ? replying(401, { code: 'TOKEN_INVALID' }) : replying(200, { ok: true });
    reply({} as IncomingMessage, response);
  };
  expect(await askWl(one, call(WELL))).toMatchObject({ body: { ok: true } });
  answer = replying(401, { code: 'TOKEN_INVALID' });
  const refused = await problemOf(askWl(one, call(WELL)));
  // A 401 would end the person's own session.
  expect([refused.status, refused.code]).toEqual([503, 'EXPORTER_UNAVAILABLE']);
  expect(minted).toHaveLength(3);
});

test('a problem of the white label is passed on with its code and status', async () => {
  answer = replying(403, { code: 'SAME_PERSON', detail: 'The purchase is NEEDS_ATTENTION.' });
  const problem = await problemOf(askWl(desk(), call(WELL, 'POST')));
  expect([problem.status, problem.code]).toEqual([403, 'SAME_PERSON']);
  expect(problem.options).toMatchObject({
    detail: 'The purchase is NEEDS_ATTENTION.',
    extensions: { wlId: WELL },
  });
  answer = replying(500, { hello: 'world' });
  const nonsense = await problemOf(askWl(desk(), call(WELL)));
  expect([nonsense.status, nonsense.code]).toEqual([503, 'EXPORTER_UNAVAILABLE']);
});

test('a white label that is away is named, with whether it may have acted', async () => {
  const outcomes = await Promise.all(
    [UNKNOWN, NOBODY, MUTE].map((wlId) =>
      problemOf(askWl(desk({ actMs: 300 }), call(wlId, 'POST'))),
    ),
  );
  expect(outcomes.map(({ code }) => code)).toEqual(outcomes.map(() => 'EXPORTER_UNAVAILABLE'));
  expect(outcomes.map(({ options }) => options.extensions)).toEqual([
    { wlId: UNKNOWN, outcomeUnknown: false },
    { wlId: NOBODY, outcomeUnknown: false },
    { wlId: MUTE, outcomeUnknown: true },
  ]);
});

test('one that hangs fills its own places and nobody else’s', async () => {
  const one = desk({ readMs: 2_000 });
  const stuck = Array.from({ length: BULKHEAD * 2 }, () => one.call(call(MUTE)));
  expect(await one.call(call(MUTE))).toEqual({
    ...{ kind: 'AWAY', detail: 'too many calls are under way', sent: false },
  });
  expect(await one.call(call(WELL))).toMatchObject({ kind: 'ANSWER', status: 200 });
  expect(await Promise.all(stuck)).toHaveLength(BULKHEAD * 2);
}, 30_000);
