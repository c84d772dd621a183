import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestPki } from '../support/certificates.ts';
import { startHttpParty, type HttpParty } from '../support/http-party.ts';
import { sampleRoutes } from './sample-routes.ts';

let party: HttpParty;

beforeAll(async () => {
  const pki = await createTestPki();
  const tls = await pki.issue({ dnsNames: ['wl-exporter.localhost'] });
  party = await startHttpParty({ routes: sampleRoutes, tls });
});

afterAll(() => party.listeners.close());

/** The status line that comes back for bytes, when the other side has closed. */
async function send(bytes: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(party.plainUrl).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', reject);
  socket.on('close', () => resolve(text.slice(0, text.indexOf('\r\n'))));
  socket.write(bytes);
  return promise;
}

test.each([
  ['two hosts', 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n', 400],
  [
    'two tokens',
    'GET /healthz HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nauthorization: b\r\nConnection: close\r\n\r\n',
    400,
  ],
  ['a version before 1.0', 'GET /healthz\r\n\r\n', 400],
  [
    'a body that says it is endless',
    `PUT /offers/fd1a88a9-3a01-43bb-ae20-32618c1b3752 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10737418240\r\n\r\n{`,
    413,
  ],
])('%s: refused at once, and the connection ends', async (_name, bytes, status) => {
  expect(await send(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
});
