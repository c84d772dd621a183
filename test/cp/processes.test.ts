import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callJson, createAgent } from '../../activities/clients/agent.ts';
import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import { migrate } from '../../db/migrator.ts';
import { certificateFacts, type TlsMaterial } from '../../runtime/tls.ts';
import { startPostgres, type PostgresHandle } from '../../stack/postgres/postgres.ts';
import { findTemporal, startTemporal, type TemporalHandle } from '../../stack/temporal/temporal.ts';
import { eventually, freePort, testFolder, type TestFolder } from '../stack/setup.ts';
import { createTestPki, type TestPki } from '../support/certificates.ts';
import { EXPORTER, MASTER, refusalOf, runBookWl, tokenOf } from './stage.ts';

// A whole party starts and stops here.
const LONG = 90_000;
const CALL_TIMEOUT_MS = 15_000;

let folder: TestFolder;
let pki: TestPki;
let postgres: PostgresHandle;
let temporal: TemporalHandle | undefined;
let env: NodeJS.ProcessEnv;
let ports: { tls: number; http: number; worker: number; temporal: number };
const children: ChildProcess[] = [];
const exporter = { nudges: [] as unknown[], subjects: new Set<string | undefined>() };
let exporterServer: Server;

beforeAll(async () => {
  folder = await testFolder();
  pki = await createTestPki();
  postgres = await startPostgres({
    dataDir: `${folder.path}/postgres`,
    port: await freePort(),
    databases: ['cp'],
    fsync: false,
  });
  await migrate(postgres.urlFor('cp'), CP_MIGRATIONS);
  ports = {
    tls: await freePort(),
    http: await freePort(),
    worker: await freePort(),
    temporal: await freePort(),
  };
  env = await environment();
  exporterServer = await startExporter();
}, LONG);

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  exporterServer.closeAllConnections();
  exporterServer.close();
  await temporal?.stop();
  await postgres.stop();
  await folder.remove();
}, LONG);

test(
  'the API serves while the engine is away, and tells white labels once it is there',
  async () => {
    const api = start('cp-api');
    await ready(ports.http);
    const login = await ask('POST', '/admin/api/auth/login', MASTER);
    const token = tokenOf(login);
    const call = (method: 'PUT' | 'POST' | 'GET', path: string, body?: unknown) =>
      ask(method, path, body, { token });
    const wl = runBookWl(EXPORTER, 'wl-exporter');
    expect((await call('POST', '/admin/api/wls', wl)).status).toBe(201);
    const policies = `/admin/api/wls/${EXPORTER}/policies`;
    expect((await call('PUT', policies, { exportDelaySeconds: 1 })).status).toBe(200);
    const sync = `/admin/api/wls/${EXPORTER}/offer-categories/sync`;
    expect(refusalOf(await call('POST', sync))).toBe('409 CONFLICT');
    await registerEndpoint();
    expect(refusalOf(await call('POST', sync))).toBe('503 ENGINE_UNAVAILABLE');

    temporal = await startEngine();
    const worker = start('cp-worker');
    await ready(ports.worker);
    const synced = await call('POST', sync);
    expect(synced.body).toMatchObject({ count: 2, activeOffers: 7 });
    const entities = await call('POST', `/admin/api/wls/${EXPORTER}/entities/sync`);
    expect(entities.body).toMatchObject({ count: 1, activeOffers: 7 });
    const list = await call('GET', `/admin/api/wls/${EXPORTER}/offer-categories?limit=1`);
    expect(list.body).toMatchObject({
      total: 2,
      items: [{ id: '15', name: 'Alimentos', activeOffers: 4 }],
    });
    expect((await call('PUT', policies, { exportDelaySeconds: 2 })).status).toBe(200);
    await eventually('the nudge arrives', () => exporter.nudges.length > 0);
    expect(exporter.nudges[0]).toEqual({ wlId: EXPORTER });
    expect([...exporter.subjects]).toEqual(['urn:xpory:cp']);

    const second = start('cp-api', { HTTP_PORT: String(await freePort()) });
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain('TLS_PORT');

    api.child.kill('SIGTERM');
    worker.child.kill('SIGTERM');
    expect(await Promise.all([api.exited, worker.exited])).toEqual([0, 0]);
  },
  LONG,
);

test(
  'a second start finds its master, keys and white labels again',
  async () => {
    const api = start('cp-api');
    await ready(ports.http);
    const token = tokenOf(await ask('POST', '/admin/api/auth/login', MASTER));
    const { body } = await ask('GET', '/admin/api/users', undefined, { token });
    expect(body).toMatchObject({ total: 1 });
    const wl = await ask('GET', `/admin/api/wls/${EXPORTER}`, undefined, { token });
    expect(wl.body).toMatchObject({ policy: { exportDelaySeconds: 2 } });
    api.child.kill('SIGINT');
    expect(await api.exited).toBe(0);
  },
  LONG,
);

async function environment(): Promise<NodeJS.ProcessEnv> {
  const tls = await pki.issue({ sanUri: 'urn:xpory:cp', dnsNames: ['cp.localhost'] });
  const files = { ca: `${folder.path}/ca`, cert: `${folder.path}/cert`, key: `${folder.path}/key` };
  await Promise.all([
    writeFile(files.ca, tls.ca),
    writeFile(files.cert, tls.cert),
    writeFile(files.key, tls.key),
  ]);
  const key = () => randomBytes(32).toString('base64');
  return {
    PATH: process.env['PATH'],
    XPORY_PROFILE: 'local',
    DATABASE_URL: postgres.urlFor('cp'),
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
    TEMPORAL_NAMESPACE: 'cp',
    TLS_HOST: 'cp.localhost',
    TLS_PORT: String(ports.tls),
    HTTP_PORT: String(ports.http),
    WORKER_HTTP_PORT: String(ports.worker),
    TLS_CA_FILE: files.ca,
    TLS_CERT_FILE: files.cert,
    TLS_KEY_FILE: files.key,
    CP_URL: `https://cp.localhost:${ports.tls}`,
    SEAL_KEYS: `k1:${key()}`,
    SEAL_INDEX_KEY: key(),
  };
}

function start(name: 'cp-api' | 'cp-worker', extra: NodeJS.ProcessEnv = {}) {
  const entry = fileURLToPath(new URL(`../../workers/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [entry], {
    env: { ...env, ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const lines: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exited, output: () => lines.join('') };
}

async function ready(port: number): Promise<void> {
  await eventually(`port ${port} is ready`, () => isReady(port), 40_000);
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  } catch {
    // Nobody listens yet; that is what is being waited for.
    return false;
  }
}

interface Extra {
  readonly token?: string;
  readonly as?: TlsMaterial;
}

async function ask(
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
  { token, as = { ca: pki.ca } as TlsMaterial }: Extra = {},
) {
  const agent = createAgent({ tls: as, connections: 1 });
  try {
    return await callJson({
      agent,
      method,
      url: `https://cp.localhost:${ports.tls}${path}`,
      body,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      timeoutMs: CALL_TIMEOUT_MS,
    });
  } finally {
    await agent.close();
  }
}

async function registerEndpoint(): Promise<void> {
  const as = await pki.issue({ sanUri: `urn:xpory:wl:${EXPORTER}` });
  const { port } = exporterServer.address() as AddressInfo;
  const body = {
    peerUrl: `https://wl-exporter.localhost:${port}`,
    currency: 'XEX',
    eventKeys: { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'e1', x: 'A'.repeat(43) }] },
  };
  const { status } = await ask('PUT', `/wls/${EXPORTER}/endpoint`, body, { as });
  expect(status).toBe(200);
}

async function startEngine(): Promise<TemporalHandle> {
  const binary = await findTemporal({ env: process.env });
  if (binary.kind !== 'binary') throw new Error('this test needs the program itself');
  return startTemporal({
    binary,
    dataDir: `${folder.path}/temporal`,
    port: ports.temporal,
    uiPort: await freePort(),
    namespaces: ['cp'],
  });
}

/** An exporter as the Control Plane sees it: two lists and the nudge, over mTLS. */
async function startExporter(): Promise<Server> {
  const tls = await pki.issue({
    sanUri: `urn:xpory:wl:${EXPORTER}`,
    dnsNames: ['wl-exporter.localhost'],
  });
  const lists: Record<string, unknown> = {
    '/api/v2/trader/offer-categories': {
      items: [
        { id: '15', name: 'Alimentos', activeOffers: 4 },
        { id: '16', name: 'Viagens', activeOffers: 3 },
      ],
    },
    '/api/v2/trader/entities': { items: [{ id: 'e1', name: 'Padaria', activeOffers: 7 }] },
  };
  const options = { ...tls, requestCert: true, rejectUnauthorized: true };
  const server = createServer(options, (request, response) => {
    exporter.subjects.add(subjectOf(request.socket));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const list = lists[request.url ?? ''];
      if (list === undefined) exporter.nudges.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(list ?? { status: 'ok' }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function subjectOf(socket: Socket): string | undefined {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return certificate === undefined ? undefined : certificateFacts(certificate).subjectUri;
}
