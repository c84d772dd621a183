import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:https';
import type { Server, ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { daysLeft, namesOf } from '../../stack/certificates/certificates.ts';
import { createAuthority, ensurePki, issueFrom } from '../../stack/certificates/pki.ts';
import type { PartyFiles, Pki, PkiParty } from '../../stack/certificates/pki.ts';
import { stackErrorOf, testFolder } from './setup.ts';
import type { TestFolder } from './setup.ts';

const DAY_MS = 86_400_000;
const parties: PkiParty[] = [
  { slug: 'cp', sanUri: 'urn:xpory:cp', dnsNames: ['cp.localhost'] },
  {
    slug: 'exporter',
    sanUri: 'urn:xpory:wl:fd1a88a9-3a01-43bb-ae20-32618c1b3752',
    dnsNames: ['wl-exporter.localhost'],
  },
];

let folder: TestFolder;
beforeAll(async () => {
  folder = await testFolder();
});
afterAll(() => folder.remove());

const inFolder = (name: string): string => `${folder.path}/${name}`;

function filesOf(pki: Pki, slug: string): PartyFiles {
  const files = pki.parties[slug];
  if (files === undefined) throw new Error(`no party ${slug}`);
  return files;
}

async function withServer(
  options: ServerOptions,
  use: (port: number) => Promise<void>,
): Promise<void> {
  const server: Server = createServer(
    { requestCert: true, rejectUnauthorized: false, ...options },
    (incoming, response) => {
      const socket = incoming.socket as TLSSocket;
      const names = socket.getPeerX509Certificate()?.subjectAltName ?? '';
      response.end(JSON.stringify({ authorized: socket.authorized, names }));
    },
  ).listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

type Seen = { readonly authorized: boolean; readonly names: string };

async function call(port: number, options: object): Promise<Seen> {
  const sent = request({ host: '127.0.0.1', port, agent: false, ...options }).end();
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer>];
  const body: Buffer[] = [];
  for await (const chunk of response) body.push(chunk);
  return JSON.parse(Buffer.concat(body).toString()) as Seen;
}

test('certificates carry the identity and exact names, and secrets are mode 600', async () => {
  const pki = await ensurePki(inFolder('made'), { parties });
  expect(pki.renewed).toEqual(['ca', 'cp', 'exporter']);
  const files = filesOf(pki, 'exporter');
  const certificate = await readFile(files.certPath, 'utf8');
  expect(namesOf(certificate)).toEqual([
    'URI:urn:xpory:wl:fd1a88a9-3a01-43bb-ae20-32618c1b3752',
    'DNS:wl-exporter.localhost',
    'DNS:localhost',
    'IP Address:127.0.0.1',
  ]);
  expect(Math.round(daysLeft(certificate))).toBe(365);
  for (const path of [pki.caKeyPath, files.keyPath, files.p12Path]) {
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  }
});

test('a second run keeps everything', async () => {
  const first = await ensurePki(inFolder('kept'), { parties });
  const second = await ensurePki(inFolder('kept'), { parties });
  expect(second.renewed).toEqual([]);
  expect(second.authority).toEqual(first.authority);
});

test.each([
  { days: 334, renewed: [] },
  { days: 336, renewed: ['cp', 'exporter'] },
  { days: 366 * 5, renewed: ['ca', 'cp', 'exporter'] },
])('after $days days $renewed are renewed', async ({ days, renewed }) => {
  const dir = inFolder(`renewed-${days}`);
  await ensurePki(dir, { parties });
  const now = new Date(Date.now() + days * DAY_MS);
  expect((await ensurePki(dir, { parties, now })).renewed).toEqual(renewed);
  expect((await ensurePki(dir, { parties, now })).renewed).toEqual([]);
});

test('changed names, a foreign key or a lost file are put right, for that party only', async () => {
  const dir = inFolder('changed');
  const pki = await ensurePki(dir, { parties });
  const [controlPlane, exporter] = parties as [PkiParty, PkiParty];
  const moved = { ...exporter, dnsNames: ['other.localhost'] };
  expect((await ensurePki(dir, { parties: [controlPlane, moved] })).renewed).toEqual(['exporter']);
  const foreign = await issueFrom(pki.authority, { commonName: 'cp' });
  await writeFile(filesOf(pki, 'cp').keyPath, foreign.keyPem);
  expect((await ensurePki(dir, { parties: [controlPlane] })).renewed).toEqual(['cp']);
});

test('damaged files are one clear error with the way out', async () => {
  const dir = inFolder('damaged');
  await ensurePki(dir, { parties });
  await writeFile(`${dir}/ca.crt`, 'not a certificate');
  const error = await stackErrorOf(ensurePki(dir, { parties }));
  expect(error.code).toBe('PKI_UNUSABLE');
  expect(error.wayOut.join()).toContain('mv ');
});

test('a real handshake accepts PEM and PKCS#12, and tells a foreign authority', async () => {
  const pki = await ensurePki(inFolder('handshake'), { parties });
  const exporter = filesOf(pki, 'exporter');
  const ca = pki.authority.certPem;
  const own = { cert: await readFile(exporter.certPath), key: await readFile(exporter.keyPath) };
  const cp = filesOf(pki, 'cp');
  const stranger = await createAuthority('stranger');
  const wrong = await issueFrom(stranger, {
    commonName: 'exporter',
    sanUri: 'urn:xpory:wl:fd1a88a9-3a01-43bb-ae20-32618c1b3752',
  });
  await withServer({ ...own, ca }, async (port) => {
    const to = { ca, servername: 'wl-exporter.localhost' };
    const pem = { cert: await readFile(cp.certPath), key: await readFile(cp.keyPath) };
    const seen = await call(port, { ...to, ...pem });
    expect(seen).toMatchObject({ authorized: true });
    expect(seen.names).toContain('URI:urn:xpory:cp');
    const pfx = await readFile(cp.p12Path);
    expect(await call(port, { ...to, pfx, passphrase: 'changeit' })).toEqual(seen);
    expect(await call(port, { ...to, cert: wrong.certPem, key: wrong.keyPem })).toMatchObject({
      authorized: false,
    });
    expect(await call(port, to)).toEqual({ authorized: false, names: '' });
    await expect(call(port, { ...to, servername: 'cp.localhost' })).rejects.toThrow(/altnames/);
    await expect(call(port, { ...to, ca: stranger.certPem })).rejects.toThrow(
      /self-signed|verify|issuer/,
    );
    await expect(call(port, { ...to, pfx, passphrase: 'other' })).rejects.toThrow(/mac verify/);
  });
});
