import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { z } from 'zod';
import { callJson, createAgent } from '../../activities/clients/agent.ts';
import { anyone, route } from '../../api/http/route.ts';
import { CERTIFICATE_DAYS } from '../../runtime/certificates/authority.ts';
import { nextKey } from '../../runtime/certificates/renewal-files.ts';
import { writeCertificateRequest } from '../../runtime/certificates/request.ts';
import { certificateFacts, isPair, loadTls, nextFile, wlSubjectUri } from '../../runtime/tls.ts';
import { eventually } from '../stack/setup.ts';
import { startHttpParty, type HttpParty } from '../support/http-party.ts';
import { HOST, startRenewalBench, type RenewalBench } from './certificate-renewal-bench.ts';
import { IMPORTER } from './documents.ts';

/** A white label whose certificate runs out within the hour, beside a real Control Plane. */

const LONG_MS = 60_000;
const DAY_MS = 86_400_000;

let bench: RenewalBench;
let party: HttpParty;
beforeAll(async () => {
  bench = await startRenewalBench();
  party = await startHttpParty({
    tls: bench.tls,
    routes: [
      route({
        ...{ method: 'get', path: '/alive', summary: 's', tag: 't', group: 'public' },
        ...{ guard: anyone, responses: { 200: z.object({}) } },
        handler: () => ({ status: 200, body: {} }),
      }),
    ],
  });
}, LONG_MS);
afterAll(async () => {
  await party.listeners.close();
  await bench.stop();
}, LONG_MS);

const serialOnDisk = (): string => certificateFacts(loadTls(bench.files).cert).serial;
const shown = (socket: TLSSocket): string | undefined =>
  socket.getPeerX509Certificate()?.serialNumber;

async function handshake(): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { tlsPort: port = 0 } = party.listeners;
  const socket = connect({ port, host: '127.0.0.1', ca: bench.pki.ca, servername: HOST }, resolve);
  socket.once('error', reject);
  await promise;
  return socket;
}

async function answerOn(socket: TLSSocket): Promise<string> {
  socket.write('GET /alive HTTP/1.1\r\nHost: a\r\n\r\n');
  const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  return answer.toString();
}

const told = async (): Promise<unknown[]> =>
  bench.wl.db
    .selectFrom('outbox')
    .select('data')
    .where('type', '=', 'certificate.expiring')
    .execute();

test('with more than a third of its life left a certificate stays', async () => {
  await bench.age(30);
  const before = serialOnDisk();
  expect((await bench.run()).outcome).toMatchObject({ kind: 'NOT_DUE' });
  expect(serialOnDisk()).toBe(before);
});

test(
  'below a third it is renewed: new connections see it at once, and one that stands goes on',
  async () => {
    await bench.age(45);
    const aged = serialOnDisk();
    await bench.tls.look();
    const old = await handshake();
    expect(shown(old)).toBe(aged);
    const { outcome } = await bench.run();
    expect(outcome).toEqual({
      ...{ kind: 'RENEWED', serial: serialOnDisk() },
      notAfter: expect.stringMatching(/Z$/),
    });
    expect(serialOnDisk()).not.toBe(aged);
    await eventually('the files are taken', async () => {
      return certificateFacts(bench.tls.current().cert).serial === serialOnDisk();
    });
    const fresh = await handshake();
    expect(shown(fresh)).toBe(serialOnDisk());
    expect(await answerOn(old)).toContain('200 OK');
    old.destroy();
    fresh.destroy();
    const { notBefore, notAfter, subjectUri } = certificateFacts(loadTls(bench.files).cert);
    expect(subjectUri).toBe(wlSubjectUri(IMPORTER));
    expect(notAfter.getTime() - notBefore.getTime()).toBeGreaterThan(
      (CERTIFICATE_DAYS - 1) * DAY_MS,
    );
    // The key is ours alone, and nothing is left beside the files.
    expect(await readFile(nextFile(bench.files.keyFile), 'utf8').catch(() => 'gone')).toBe('gone');
    expect((await bench.run()).outcome).toMatchObject({ kind: 'NOT_DUE' });
  },
  LONG_MS,
);

test('a run that died before its certificate came asks again for the same key', async () => {
  await bench.age(50);
  const first = await nextKey(bench.files);
  expect((await nextKey(bench.files)).equals(first)).toBe(true);
  expect((await bench.run()).outcome).toMatchObject({ kind: 'RENEWED' });
  const key = String(first.export({ type: 'pkcs8', format: 'pem' }));
  expect(isPair(loadTls(bench.files).cert, key)).toBe(true);
});

test('a run that died between the two renames is finished by the next', async () => {
  const { files, pki } = bench;
  const renewed = await pki.issue({ sanUri: wlSubjectUri(IMPORTER), dnsNames: [HOST] });
  await writeFile(nextFile(files.certFile), renewed.cert);
  await writeFile(nextFile(files.keyFile), renewed.key);
  await rename(nextFile(files.keyFile), files.keyFile);
  expect(loadTls(files).cert).toBe(renewed.cert);
  await nextKey(files);
  expect(await readFile(files.certFile, 'utf8')).toBe(renewed.cert);
  await rm(nextFile(files.keyFile), { force: true });
});

test('files that can not be written, or no for an answer: people are told, and the old one stays', async () => {
  await bench.age(50);
  const before = serialOnDisk();
  await mkdir(nextFile(bench.files.keyFile));
  const stuck = await bench.run();
  expect(stuck.outcome).toMatchObject({ kind: 'STUCK', reason: 'NOT_WRITABLE' });
  await rm(nextFile(bench.files.keyFile), { recursive: true });
  await bench.controlPlane.ask('PUT', `/admin/api/wls/${IMPORTER}`, { status: 'BLOCKED' });
  expect((await bench.run()).outcome).toMatchObject({ kind: 'STUCK', reason: 'REFUSED' });
  await bench.controlPlane.ask('PUT', `/admin/api/wls/${IMPORTER}`, { status: 'ACTIVE' });
  expect(serialOnDisk()).toBe(before);
  expect(await told()).toMatchObject([
    { data: { wlId: IMPORTER, serial: before, reason: 'NOT_WRITABLE' } },
    { data: { reason: 'REFUSED' } },
  ]);
  await sql`TRUNCATE outbox`.execute(bench.wl.db);
  expect((await bench.run()).outcome).toMatchObject({ kind: 'RENEWED' });
});

describe('the Control Plane’s own', () => {
  const onDisk = (): string => certificateFacts(loadTls(bench.own.files).cert).serial;
  const shownByApi = async (): Promise<string> => {
    const { body } = await bench.controlPlane.ask('GET', '/admin/api/certificates');
    return (body as { inUse: { serial: string } }).inUse.serial;
  };
  const notices = () =>
    bench.controlPlane.db
      .selectFrom('notification')
      .select(['kind', 'severity', 'details', 'closed_at'])
      .where('subject', '=', 'certificates/control-plane')
      .orderBy('created_at')
      .execute();

  test('renews itself: the API that runs shows the next one, and white labels call it', async () => {
    expect((await bench.own.run()).outcome).toMatchObject({ kind: 'NOT_DUE' });
    await bench.own.age(45);
    const aged = onDisk();
    await eventually('it shows the aged one', async () => (await shownByApi()) === aged);
    expect((await bench.own.run()).outcome).toMatchObject({ kind: 'RENEWED', serial: onDisk() });
    expect(onDisk()).not.toBe(aged);
    await eventually('it shows the next one', async () => (await shownByApi()) === onDisk());
    const { subjectUri, notAfter } = certificateFacts(loadTls(bench.own.files).cert);
    expect(subjectUri).toBe('urn:xpory:cp');
    expect(notAfter.getTime()).toBeGreaterThan(Date.now() + (CERTIFICATE_DAYS - 1) * DAY_MS);
    const audit = '/admin/api/audit?subject=certificates/control-plane';
    const { body } = await bench.controlPlane.ask('GET', audit);
    expect(body).toMatchObject({
      items: [
        { action: 'certificate.issued', actor: 'control-plane', source: 'certificate-renewal' },
      ],
    });
    // A white label meets the new certificate with its own renewal.
    await bench.age(50);
    expect((await bench.run()).outcome).toMatchObject({ kind: 'RENEWED' });
  });

  test('is for its own processes: a white label gets none', async () => {
    const agent = createAgent({ tls: bench.tls, connections: 1 });
    const csr = await writeCertificateRequest(await nextKey(bench.files));
    const url = `${bench.controlPlane.url}/certificates`;
    const call = { agent, url, method: 'POST', body: { csr }, timeoutMs: LONG_MS } as const;
    expect(await callJson(call)).toMatchObject({
      ...{ status: 403, body: { code: 'CERTIFICATE_SUBJECT' } },
    });
    await agent.close();
    await rm(nextFile(bench.files.keyFile), { force: true });
  });

  test('people are told where its files can not be written, until it is renewed', async () => {
    await bench.own.age(50);
    const before = onDisk();
    await mkdir(nextFile(bench.own.files.keyFile));
    const kicks = bench.own.kicked();
    expect((await bench.own.run()).outcome).toMatchObject({ reason: 'NOT_WRITABLE' });
    expect(bench.own.kicked()).toBeGreaterThan(kicks);
    await rm(nextFile(bench.own.files.keyFile), { recursive: true });
    const details = { serial: before, reason: 'NOT_WRITABLE' };
    expect(await notices()).toMatchObject([
      { kind: 'KEYS', severity: 'CRITICAL', details, closed_at: null },
    ]);
    expect((await bench.own.run()).outcome).toMatchObject({ kind: 'RENEWED' });
    expect((await notices()).map(({ closed_at: at }) => at === null)).toEqual([false]);
  });

  // The last one: its API is gone afterwards.
  test('people are told where its API is away', async () => {
    await bench.own.age(50);
    await bench.own.tls.look();
    await bench.controlPlane.kill();
    expect((await bench.own.run()).outcome).toMatchObject({ kind: 'STUCK', reason: 'UNREACHABLE' });
    expect((await notices()).at(-1)).toMatchObject({ details: { reason: 'UNREACHABLE' } });
  });
});
