import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { z } from 'zod';
import { callJson, createAgent, type PartnerAgent } from '../../activities/clients/agent.ts';
import { anyone, route } from '../../api/http/route.ts';
import { watchTls, type WatchedTls } from '../../runtime/live-tls.ts';
import { watchRevocations, type WatchedRevocations } from '../../runtime/revocations.ts';
import {
  certificateFacts,
  loadTls,
  nextFile,
  type TlsFiles,
  type TlsMaterial,
} from '../../runtime/tls.ts';
import { testFolder, type TestFolder } from '../stack/setup.ts';
import { createTestPki, type TestPki } from '../support/certificates.ts';
import { startHttpParty, type HttpParty } from '../support/http-party.ts';

/** Certificates that are replaced or revoked while connections stand. */

const LOG = pino({ level: 'silent' });
// The tests look by themselves.
const NEVER_MS = 3_600_000;
const CALL_MS = 5_000;

let pki: TestPki;
let folder: TestFolder;
let files: TlsFiles;
let serverTls: WatchedTls;
let party: HttpParty;
let revoked: Set<string>;
let revocations: WatchedRevocations;
const agents: PartnerAgent[] = [];

const material = (): Promise<TlsMaterial> =>
  pki.issue({ sanUri: 'urn:xpory:cp', dnsNames: ['wl-exporter.localhost'] });
const serialOf = ({ cert }: TlsMaterial): string => certificateFacts(cert).serial;

async function put({ ca, cert, key }: TlsMaterial): Promise<void> {
  await writeFile(files.caFile, ca);
  await writeFile(files.keyFile, key);
  await writeFile(files.certFile, cert);
}

beforeAll(async () => {
  pki = await createTestPki();
});

beforeEach(async () => {
  folder = await testFolder();
  const path = (name: string): string => join(folder.path, name);
  files = { caFile: path('ca'), certFile: path('cert'), keyFile: path('key') };
  await put(await material());
  serverTls = watchTls(files, { log: LOG, everyMs: NEVER_MS });
  revoked = new Set();
  const read = (): Promise<ReadonlySet<string>> => Promise.resolve(new Set(revoked));
  revocations = watchRevocations({ read, log: LOG, everyMs: NEVER_MS });
  party = await startHttpParty({
    tls: serverTls,
    isRevoked: (facts) => revocations.isRevoked(facts),
    routes: [
      route({
        ...{ method: 'get', path: '/serial', summary: 's', tag: 't', group: 'public' },
        guard: anyone,
        responses: { 200: z.object({ serial: z.string() }) },
        handler: ({ facts }) => ({
          status: 200,
          body: { serial: facts.certificate?.serial ?? 'none' },
        }),
      }),
    ],
  });
});

afterEach(async () => {
  serverTls.close();
  revocations.close();
  await Promise.all(agents.splice(0).map((agent) => agent.destroy()));
  await party.listeners.close();
  await folder.remove();
});

function agentOf(options: Parameters<typeof createAgent>[0]): PartnerAgent {
  const agent = createAgent(options);
  agents.push(agent);
  return agent;
}

/** The serial that the server saw of us. */
async function ask(agent: PartnerAgent): Promise<string> {
  const url = `${party.tlsUrl}/serial`;
  const { body } = await callJson({ agent, method: 'GET', url, timeoutMs: CALL_MS });
  return (body as { serial: string }).serial;
}

async function handshake(): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { tlsPort: port = 0 } = party.listeners;
  const options = { port, host: '127.0.0.1', ca: pki.ca, servername: 'wl-exporter.localhost' };
  const socket = connect(options, resolve);
  socket.once('error', reject);
  await promise;
  return socket;
}

test('a listener shows replaced files to new connections, and old ones go on', async () => {
  const old = await handshake();
  const first = serialOf(serverTls.current());
  expect(old.getPeerX509Certificate()?.serialNumber).toBe(first);
  const renewed = await material();
  await put(renewed);
  await serverTls.look();
  const fresh = await handshake();
  expect(fresh.getPeerX509Certificate()?.serialNumber).toBe(serialOf(renewed));
  old.write('GET /serial HTTP/1.1\r\nHost: a\r\n\r\n');
  const answer = await new Promise<Buffer>((resolve) => old.once('data', resolve));
  expect(answer.toString()).toContain('200 OK');
  old.destroy();
  fresh.destroy();
});

test('an agent shows replaced files with its next call; a call under way is not cut off', async () => {
  const agent = agentOf({ tls: serverTls, connections: 1 });
  expect(await ask(agent)).toBe(serialOf(serverTls.current()));
  const running = ask(agent);
  const renewed = await material();
  await put(renewed);
  await serverTls.look();
  expect(await running).toMatch(/^[0-9A-F]+$/);
  expect(await ask(agent)).toBe(serialOf(renewed));
});

test('files that do not fit together are not taken until they do', async () => {
  const before = serverTls.current();
  const renewed = await material();
  await writeFile(files.keyFile, renewed.key);
  await serverTls.look();
  expect(serverTls.current()).toEqual(before);
  await writeFile(files.certFile, renewed.cert.slice(0, 100));
  await serverTls.look();
  expect(serverTls.current()).toEqual(before);
  await writeFile(files.certFile, renewed.cert);
  for (const half of ['', renewed.ca.slice(0, 100), `${renewed.ca}-----BEGIN CERTIFICATE-----`]) {
    await writeFile(files.caFile, half);
    await serverTls.look();
    expect(serverTls.current()).toEqual(before);
  }
  await writeFile(files.caFile, renewed.ca);
  await serverTls.look();
  expect(serverTls.current()).toEqual(renewed);
});

test('a process does not start on a file of authorities that is empty', async () => {
  const { ca } = loadTls(files);
  await writeFile(files.caFile, '');
  expect(() => watchTls(files, { log: LOG })).toThrow(files.caFile);
  await writeFile(files.caFile, ca);
});

test('a process that starts between the two renames finds the certificate of its key', async () => {
  const renewed = await material();
  await writeFile(nextFile(files.certFile), renewed.cert);
  await writeFile(nextFile(files.keyFile), renewed.key);
  const before = loadTls(files);
  await rename(nextFile(files.keyFile), files.keyFile);
  expect(loadTls(files)).toEqual(renewed);
  await rename(nextFile(files.certFile), files.certFile);
  expect(loadTls(files)).toEqual(renewed);
  expect(before.cert).not.toBe(renewed.cert);
});

test('files are looked at by themselves', async () => {
  const watched = watchTls(files, { log: LOG, everyMs: 20 });
  const changed = new Promise<TlsMaterial>((resolve) => watched.onChange(resolve));
  const renewed = await material();
  await put(renewed);
  expect(await changed).toEqual(renewed);
  watched.close();
});

test('a client whose certificate is revoked is a stranger, on the connection that it has', async () => {
  const own = await material();
  const agent = agentOf({ tls: own, connections: 1 });
  expect(await ask(agent)).toBe(serialOf(own));
  revoked.add(serialOf(own));
  await revocations.look();
  expect(await ask(agent)).toBe('none');
});

test('a server whose certificate is revoked is not spoken to, nor on the old connection', async () => {
  const agent = agentOf({ tls: await material(), connections: 1, revocations });
  expect(await ask(agent)).toMatch(/^[0-9A-F]+$/);
  revoked.add(serialOf(serverTls.current()));
  await revocations.look();
  await expect(ask(agent)).rejects.toMatchObject({
    ...{ name: 'ConnectionFailure', phase: 'connect' },
    message: expect.stringContaining('CERT_REVOKED'),
  });
  // A new certificate of the same party is welcome.
  await put(await material());
  await serverTls.look();
  expect(await ask(agent)).toMatch(/^[0-9A-F]+$/);
});

test('a list that can not be read leaves the last one in force', async () => {
  const own = await material();
  let isAway = false;
  const list = watchRevocations({
    read: () =>
      isAway ? Promise.reject(new Error('away')) : Promise.resolve(new Set([serialOf(own)])),
    log: LOG,
    everyMs: 20,
  });
  await list.look();
  isAway = true;
  await expect(list.look()).rejects.toThrow('away');
  expect(list.isRevoked({ serial: serialOf(own) })).toBe(true);
  list.close();
});
