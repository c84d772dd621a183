import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import express from 'express';
import { z } from 'zod';
import { callJson, createAgent } from '../../activities/clients/agent.ts';
import { listen } from '../../api/http/listeners.ts';
import { Problem } from '../../api/http/problem.ts';
import { anyone, route, type Guard } from '../../api/http/route.ts';
import { wlIdOf, wlSubjectUri, type TlsMaterial } from '../../runtime/tls.ts';
import { createTestPki } from '../support/certificates.ts';
import { startHttpParty, type HttpParty } from '../support/http-party.ts';

const IMPORTER = '2a6f8e2c-874c-4476-aac3-0d535fb52ac7';
const EXPORTER = 'fd1a88a9-3a01-43bb-ae20-32618c1b3752';
const TIMEOUT_MS = 2_000;

const partner: Guard<string> = {
  name: 'partner',
  needsCertificate: true,
  describe: {
    schemes: ['mutualTLS'],
    text: 'Certificate of a WL.',
    refuses: ['CERTIFICATE_SUBJECT'],
  },
  check({ certificate }) {
    const wlId = wlIdOf(certificate);
    if (wlId === undefined) throw new Problem('CERTIFICATE_SUBJECT');
    return wlId;
  },
};

const whoAmI = route({
  method: 'get',
  path: '/partner',
  summary: 'Who is calling',
  tag: 'test',
  group: 'trader',
  guard: partner,
  responses: { 200: z.object({ wlId: z.string(), thumbprint: z.string() }) },
  handler: ({ principal, facts }) => ({
    status: 200,
    body: { wlId: principal, thumbprint: facts.certificate?.thumbprint },
  }),
});

const seen = route({
  method: 'get',
  path: '/seen',
  summary: 'What the listener sees',
  tag: 'test',
  group: 'public',
  guard: anyone,
  responses: { 200: z.object({ listener: z.string(), certificate: z.boolean() }) },
  handler: ({ facts }) => ({
    status: 200,
    body: { listener: facts.listener, certificate: facts.certificate !== undefined },
  }),
});

const revoked = new Set<string>();
let now = new Date();
let party: HttpParty;
let certificates: Record<
  'importer' | 'foreign' | 'nameless' | 'twoNames' | 'controlPlane' | 'expired',
  TlsMaterial
>;
const agents: ReturnType<typeof createAgent>[] = [];

beforeAll(async () => {
  const pki = await createTestPki();
  const sanUri = wlSubjectUri(IMPORTER);
  const server = await pki.issue({
    sanUri: wlSubjectUri(EXPORTER),
    dnsNames: ['wl-exporter.localhost'],
  });
  const past = { notBefore: new Date(Date.now() - 9e9), notAfter: new Date(Date.now() - 1e9) };
  certificates = {
    importer: await pki.issue({ sanUri }),
    foreign: await pki.issueForeign({ sanUri }),
    nameless: await pki.issue({ dnsNames: ['somebody.localhost'] }),
    twoNames: await pki.issue({ sanUri, dnsNames: ['x, URI:urn:xpory:cp'] }),
    controlPlane: await pki.issue({ sanUri: 'urn:xpory:cp' }),
    expired: await pki.issue({ sanUri, ...past }),
  };
  party = await startHttpParty({
    routes: [whoAmI, seen],
    tls: server,
    isRevoked: ({ serial }) => revoked.has(serial),
    clock: () => now,
  });
});

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.close()));
  await party.listeners.close();
});

function get(url: string, tls: TlsMaterial | { readonly ca: string }) {
  const agent = createAgent({ tls: tls as TlsMaterial, connections: 1 });
  agents.push(agent);
  return callJson({ agent, method: 'GET', url, timeoutMs: TIMEOUT_MS });
}

describe('a route that needs a certificate', () => {
  test('knows the partner by its SAN and thumbprint', async () => {
    const answer = await get(`${party.tlsUrl}/partner`, certificates.importer);
    expect(answer).toMatchObject({ status: 200, body: { wlId: IMPORTER } });
    const { thumbprint } = answer.body as { thumbprint: string };
    expect(thumbprint).toMatch(/^[\w-]{43}$/);
  });

  test('does not exist on the plain listener', async () => {
    const [there, nowhere] = await Promise.all(
      ['/partner', '/nowhere'].map(async (path) => {
        const answer = await fetch(`${party.plainUrl}${path}`);
        const { correlationId: _own, ...body } = (await answer.json()) as Record<string, unknown>;
        return { status: answer.status, body };
      }),
    );
    expect(there).toEqual(nowhere);
    expect(there).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  test.each([
    ['no certificate', () => ({ ca: certificates.importer.ca })],
    ['the certificate of another authority', () => certificates.foreign],
    ['an expired certificate', () => certificates.expired],
  ])('refuses %s with CERTIFICATE_REQUIRED', async (_name, material) => {
    const answer = await get(`${party.tlsUrl}/partner`, material());
    expect(answer).toMatchObject({ status: 401, body: { code: 'CERTIFICATE_REQUIRED' } });
  });

  test.each([
    ['without a party name', () => certificates.nameless],
    ['of the Control Plane where a WL is asked for', () => certificates.controlPlane],
    ['whose names try to smuggle another', () => certificates.twoNames],
  ])('refuses a certificate %s with CERTIFICATE_SUBJECT', async (_name, material) => {
    const answer = await get(`${party.tlsUrl}/partner`, material());
    expect(answer).toMatchObject({ status: 403, body: { code: 'CERTIFICATE_SUBJECT' } });
  });
});

test('other routes answer on both listeners and see certificates of our authority', async () => {
  const plain = await fetch(`${party.plainUrl}/seen`);
  expect(await plain.json()).toEqual({ listener: 'plain', certificate: false });
  const own = await get(`${party.tlsUrl}/seen`, certificates.importer);
  expect(own.body).toEqual({ listener: 'tls', certificate: true });
  const foreign = await get(`${party.tlsUrl}/seen`, certificates.foreign);
  expect(foreign.body).toEqual({ listener: 'tls', certificate: false });
});

interface RawAnswer {
  readonly status: number;
  readonly session: Buffer;
  readonly reused: boolean;
}

/** One request over a connection that can hand on its TLS session. */
function rawGet(path: string, options: ConnectionOptions): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port: party.listeners.tlsPort,
    servername: 'wl-exporter.localhost',
    ca: certificates.importer.ca,
    ...options,
  });
  let session: Buffer | undefined;
  let text = '';
  socket.on('session', (ticket) => (session = ticket));
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.on('error', reject);
  socket.on('end', () => {
    const status = Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]);
    resolve({ status, session: session ?? Buffer.alloc(0), reused: socket.isSessionReused() });
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  return promise;
}

describe('a resumed session', () => {
  test('without a certificate is still without one', async () => {
    const first = await rawGet('/partner', {});
    const second = await rawGet('/partner', { session: first.session });
    expect(second).toMatchObject({ reused: true, status: 401 });
  });

  test('with a foreign certificate is still refused', async () => {
    const { cert, key } = certificates.foreign;
    const first = await rawGet('/partner', { cert, key });
    const second = await rawGet('/partner', { cert, key, session: first.session });
    expect(second).toMatchObject({ status: 401 });
  });

  test('with a certificate keeps it, until it is revoked or its time is over', async () => {
    const { cert, key } = certificates.importer;
    const first = await rawGet('/partner', { cert, key });
    const resume = () => rawGet('/partner', { cert, key, session: first.session });
    expect(await resume()).toMatchObject({ reused: true, status: 200 });
    now = new Date(Date.now() + 2 * 365 * 86_400_000);
    expect(await resume()).toMatchObject({ status: 401 });
    now = new Date();
    const { X509Certificate } = await import('node:crypto');
    revoked.add(new X509Certificate(cert).serialNumber.toUpperCase());
    expect(await resume()).toMatchObject({ status: 401 });
    revoked.clear();
  });
});

test('an open connection notices a revocation with its next request', async () => {
  const agent = createAgent({ tls: certificates.importer, connections: 1 });
  agents.push(agent);
  const url = `${party.tlsUrl}/partner`;
  const call = () => callJson({ agent, method: 'GET', url, timeoutMs: TIMEOUT_MS });
  expect((await call()).status).toBe(200);
  const { X509Certificate } = await import('node:crypto');
  revoked.add(new X509Certificate(certificates.importer.cert).serialNumber.toUpperCase());
  expect((await call()).status).toBe(401);
  revoked.clear();
  expect((await call()).status).toBe(200);
});

describe('listening', () => {
  test('on an occupied port fails, names its variable and leaves nothing open', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as { port: number };
    const tls = certificates.importer;
    const attempt = listen({
      app: express(),
      tls: { port: 0, bindHost: '127.0.0.1', tls },
      plain: { port, variable: 'EXPORTER_HTTP_PORT' },
    });
    await expect(attempt).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is in use: stop what uses it or set EXPORTER_HTTP_PORT`,
    );
    await new Promise((resolve) => blocker.close(resolve));
  });

  test('ends in order: the running request is answered, kept connections are closed', async () => {
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const app = express();
    app.get('/slow', async (_request, response) => {
      started.resolve();
      await release.promise;
      response.json({ done: true });
    });
    const listeners = await listen({ app, plain: { port: 0 } });
    const answer = fetch(`http://127.0.0.1:${listeners.plainPort}/slow`);
    await started.promise;
    const closed = listeners.close();
    release.resolve();
    expect(await (await answer).json()).toEqual({ done: true });
    await closed;
    await expect(fetch(`http://127.0.0.1:${listeners.plainPort}/slow`)).rejects.toThrow();
  });
});
