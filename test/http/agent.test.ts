import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import {
  ConnectionFailure,
  callJson,
  createAgent,
  type PartnerAgent,
} from '../../activities/clients/agent.ts';
import { CP_SUBJECT_URI, wlSubjectUri, type TlsMaterial } from '../../runtime/tls.ts';
import { createTestPki, type TestPki } from '../support/certificates.ts';

const EXPORTER = '6f1f7f4e-6d5b-4f57-9a55-0f6d4f0a8b11';

let pki: TestPki;
let material: TlsMaterial;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  pki = await createTestPki();
  material = await pki.issue({ dnsNames: ['wl-exporter.localhost'] });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function setup(listener: RequestListener, tls = material) {
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent: PartnerAgent = createAgent({ tls: material, connections: 2 });
  cleanups.push(async () => {
    await agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const url = `https://wl-exporter.localhost:${port}/x`;
  const call = (changes: Partial<Parameters<typeof callJson>[0]> = {}) =>
    callJson({ agent, method: 'POST', url, body: { a: '1.00' }, timeoutMs: 1_000, ...changes });
  return { agent, call, port };
}

const json = { 'content-type': 'application/problem+json' };

async function failureOf(call: Promise<unknown>): Promise<ConnectionFailure> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectionFailure);
  return error as ConnectionFailure;
}

describe('a call', () => {
  test('reaches *.localhost with our certificate and gives back status, body, text', async () => {
    const { call } = await setup((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        response.writeHead(409, { ...json, 'X-Got': String(request.headers['content-type']) });
        response.end(text);
      });
    });
    const answer = await call({ headers: { authorization: 'Bearer x' } });
    expect(answer).toMatchObject({ status: 409, body: { a: '1.00' }, text: '{"a":"1.00"}' });
    expect(answer.headers['x-got']).toBe('application/json');
    const signed = await call({ body: '{"b": 2}' });
    expect(signed.text).toBe('{"b": 2}');
  });

  test('follows no redirect and trusts no body that is not JSON', async () => {
    const { call } = await setup((_request, response) => {
      response.writeHead(302, { location: '/elsewhere', 'content-type': 'text/html' }).end('<p>');
    });
    expect(await call()).toMatchObject({ status: 302, body: undefined, text: '<p>' });
    const broken = await setup((_request, response) => {
      response.writeHead(200, json).end('{"a":');
    });
    expect(await broken.call()).toMatchObject({ status: 200, body: undefined });
  });
});

describe('a failure says how far the call came', () => {
  test('connect: nobody listens', async () => {
    const { call, port } = await setup(() => undefined);
    const url = `https://wl-exporter.localhost:${port === 1 ? 2 : 1}/x`;
    expect((await failureOf(call({ url }))).phase).toBe('connect');
  });

  test.each([
    ['another authority', () => pki.issueForeign({ dnsNames: ['wl-exporter.localhost'] })],
    ['another name', () => pki.issue({ dnsNames: ['other.localhost'] })],
  ])('connect: the server shows a certificate of %s', async (_name, issue) => {
    let requests = 0;
    const { call } = await setup(() => (requests += 1), await issue());
    expect((await failureOf(call())).phase).toBe('connect');
    expect(requests).toBe(0);
  });

  test('connect: another partner answers, whose certificate our authority signed too', async () => {
    let requests = 0;
    const own = wlSubjectUri(EXPORTER);
    const tls = await pki.issue({ sanUri: own, dnsNames: ['wl-exporter.localhost'] });
    const { agent, call } = await setup((_request, response) => {
      requests += 1;
      response.writeHead(200, json).end('{}');
    }, tls);
    const other = wlSubjectUri('0d7c5a3e-1111-4222-8333-444455556666');
    // The connections of those who may not care, and their sessions, are no way around it.
    expect((await call()).status).toBe(200);
    for (const partner of [other, CP_SUBJECT_URI]) {
      expect(await failureOf(call({ partner }))).toMatchObject({
        phase: 'connect',
        message: `wl-exporter.localhost shows the certificate of ${own} instead of ${partner}`,
      });
    }
    expect(requests).toBe(1);
    expect((await call({ partner: own })).status).toBe(200);
    await agent.renew();
    expect((await call({ partner: own })).status).toBe(200);
    expect((await failureOf(call({ partner: other }))).phase).toBe('connect');
  });

  test('connect: the server shows a certificate that names nobody', async () => {
    const { call } = await setup(() => undefined);
    const partner = wlSubjectUri(EXPORTER);
    expect((await failureOf(call({ partner }))).message).toBe(
      `wl-exporter.localhost shows the certificate of nobody instead of ${partner}`,
    );
  });

  test('a partner is called neither in the clear nor by what can not look', async () => {
    const { call } = await setup(() => undefined);
    const partner = wlSubjectUri(EXPORTER);
    const clear = call({ partner, url: 'http://wl-exporter.localhost/x' });
    const blind = new Agent();
    await expect(clear).rejects.toThrow('can not tell who answers');
    await expect(call({ partner, agent: blind })).rejects.toThrow('can not tell who answers');
    await blind.close();
  });

  test('response: the other side breaks off, before or within its answer', async () => {
    const before = await setup((request) => request.socket.destroy());
    expect((await failureOf(before.call())).phase).toBe('response');
    const within = await setup((request, response) => {
      response.writeHead(200, { ...json, 'content-length': '100' });
      response.write('{"a"', () => request.socket.destroy());
    });
    expect((await failureOf(within.call())).phase).toBe('response');
  });

  test('response: an answer that is too large', async () => {
    const { call } = await setup((_request, response) => {
      response.writeHead(200, json).end(`"${'x'.repeat(2_000)}"`);
    });
    const failure = await failureOf(call({ maxBytes: 1_000 }));
    expect(failure).toMatchObject({ phase: 'response', message: expect.stringContaining('1000') });
    expect((await call()).status).toBe(200);
  });

  test('timeout: no answer, or one that does not end', async () => {
    const silent = await setup(() => undefined);
    expect((await failureOf(silent.call({ timeoutMs: 60 }))).phase).toBe('timeout');
    const endless = await setup((_request, response) => {
      response.writeHead(200, json).write('{');
    });
    expect((await failureOf(endless.call({ timeoutMs: 60 }))).phase).toBe('timeout');
  });

  test('aborted: we gave up ourselves', async () => {
    const { call } = await setup(() => undefined);
    const controller = new AbortController();
    const failure = failureOf(call({ signal: controller.signal }));
    controller.abort();
    expect((await failure).phase).toBe('aborted');
  });
});
