import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveConsole } from '../../api/cp/console/files.ts';
import { createTestPki } from '../support/certificates.ts';
import { startHttpParty, type HttpParty } from '../support/http-party.ts';

let folder: string;
let party: HttpParty;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xpory-console-'));
  const pki = await createTestPki();
  party = await startHttpParty({
    routes: [],
    tls: await pki.issue({ dnsNames: ['wl-exporter.localhost'] }),
    mount: (app) => serveConsole(app, folder),
  });
});
afterAll(async () => {
  await party.listeners.close();
  await rm(folder, { recursive: true });
});

test('a console that was never built says how to build it, and is served once it is', async () => {
  const missing = await fetch(`${party.plainUrl}/admin/trades/x`);
  expect(missing.status).toBe(503);
  expect(missing.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(await missing.json()).toMatchObject({
    ...{ code: 'INTERNAL', status: 503, correlationId: expect.any(String) },
    detail: 'The console is not built here: npm run build.',
  });
  await writeFile(join(folder, 'index.html'), '<html></html>');
  const served = await fetch(`${party.plainUrl}/admin/trades/x`);
  expect([served.status, await served.text()]).toEqual([200, '<html></html>']);
});
