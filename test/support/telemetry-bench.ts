import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Kysely } from 'kysely';
import { pino } from 'pino';
import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { migrate } from '../../db/migrator.ts';
import { createDatabase, createPool, inTransaction } from '../../db/pool.ts';
import { addEvent } from '../../db/wl/outbox.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { saveTraderAccount } from '../../db/wl/trader-account.ts';
import { installRuntime } from '../../runtime/temporal.ts';
import { CP_SUBJECT_URI } from '../../runtime/tls.ts';
import { testBundle } from './bundles.ts';
import { MASTER, runBookWl } from '../cp/stage.ts';
import { eventually, freePort, testFolder } from '../stack/setup.ts';
import { startWlDatabases } from '../wl/database.ts';
import { IMPORTER } from '../wl/documents.ts';
import { createTestPki, type TestPki } from './certificates.ts';
import { startNetworkGate, type NetworkGate } from './gate.ts';
import { startTestTemporal } from './temporal.ts';
import { startWhiteLabel, type WhiteLabel } from './white-label.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** A Control Plane's API and a WL as real processes, and a network between them to be held. */
export interface TelemetryBench {
  readonly cp: Kysely<CpSchema>;
  readonly wl: Kysely<WlTables>;
  readonly whiteLabel: WhiteLabel;
  readonly network: NetworkGate;
  startApi(): Promise<void>;
  killApi(): Promise<void>;
  startWorker(): Promise<WorkerProcess>;
  /** Commits so many facts at the WL, in one transaction each; answers their ids. */
  addEvents(count: number): Promise<string[]>;
  unsent(): Promise<number>;
  /** Waits until nothing waits in the outbox; answers the milliseconds it took. */
  drained(withinMs?: number): Promise<number>;
  /** How often each of these ids stands in the Control Plane's events: once, where all is well. */
  arrivals(ids: readonly string[]): Promise<Map<string, number>>;
  /** A figure of the worker's /metrics. */
  figure(name: string): Promise<number>;
  stop(): Promise<void>;
}

const API_ENTRY = fileURLToPath(new URL('../../workers/cp-api.ts', import.meta.url));
const READY_MS = 40_000;
const KEY_BYTES = 32;
const POOL_SIZE = 4;

export async function startTelemetryBench(relay?: {
  readonly runMs: number;
}): Promise<TelemetryBench> {
  const silent = pino({ level: 'silent' });
  installRuntime(silent);
  const folder = await testFolder();
  const [databases, temporal, pki, { codePath: bundlePath }] = await Promise.all([
    startWlDatabases(['importer'], ['cp']),
    startTestTemporal(folder.path, ['wl-importer', 'cp']),
    createTestPki(),
    testBundle('wl'),
  ]);
  await migrate(databases.urlFor('cp'), CP_MIGRATIONS);
  const ports = { tls: await freePort(), http: await freePort(), gate: await freePort() };
  const cpUrl = `https://cp.localhost:${ports.gate}`;
  const network = await startNetworkGate(ports.gate, () => ports.tls);
  const environment = {
    ...(await apiEnvironment(pki, folder.path)),
    DATABASE_URL: databases.urlFor('cp'),
    TEMPORAL_ADDRESS: temporal.address,
    TLS_PORT: String(ports.tls),
    HTTP_PORT: String(ports.http),
    WORKER_HTTP_PORT: String(await freePort()),
    CP_URL: cpUrl,
  };
  const whiteLabel = await startWhiteLabel({
    ...{ slug: 'importer', wlId: IMPORTER, currency: 'XIM', pki, bundlePath },
    ...(relay !== undefined && { relay }),
    folder: folder.path,
    databaseUrl: databases.urlFor('importer'),
    temporalAddress: temporal.address,
    // Registration and tokens are the policy pull's business; a second is soon enough here.
    environment: { CP_URL: cpUrl, POLICY_PULL_SECONDS: '1', ORPHAN_SWEEP_SECONDS: '1' },
  });
  const { db: wl, sealer } = whiteLabel.node.database;
  await saveTraderAccount(wl, sealer, { traderId: 'trader-1', name: 'Conta Trader' });
  const pool = createPool({
    url: databases.urlFor('cp'),
    size: POOL_SIZE,
    applicationName: 'test-cp',
    onError: () => undefined,
  });
  const cp = createDatabase<CpSchema>(pool);
  let api: ChildProcess | undefined;
  const workers: WorkerProcess[] = [];
  const killApi = async (): Promise<void> => {
    const child = api;
    api = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const unsent = async (): Promise<number> => {
    const query = wl.selectFrom('outbox').select((of) => of.fn.countAll<bigint>().as('rows'));
    return Number((await query.where('sent_at', 'is', null).executeTakeFirstOrThrow()).rows);
  };
  return {
    ...{ cp, wl, whiteLabel, network, killApi, unsent },
    async startApi() {
      api = spawn(process.execPath, [API_ENTRY], {
        env: environment,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const ready = `http://127.0.0.1:${ports.http}/readyz`;
      await eventually('the Control Plane serves', () => isOk(ready), READY_MS);
      await registerWl(`http://127.0.0.1:${ports.http}`);
    },
    async startWorker() {
      const worker = await startWorkerProcess(whiteLabel);
      workers.push(worker);
      return worker;
    },
    async addEvents(count) {
      const data = { kind: 'POLICY', src: IMPORTER, dst: IMPORTER, revision: 1 };
      const add = () =>
        inTransaction(wl, (tx) =>
          addEvent(tx, { type: 'policy.applied', correlationId: randomUUID(), data }),
        );
      const ids: string[] = [];
      for (let made = 0; made < count; made += 1) ids.push(await add());
      return ids;
    },
    async drained(withinMs = READY_MS) {
      const start = performance.now();
      await eventually('the outbox is empty', async () => (await unsent()) === 0, withinMs);
      return performance.now() - start;
    },
    async arrivals(ids) {
      const rows = await cp
        .selectFrom('event')
        .select(['event_id', (of) => of.fn.countAll<bigint>().as('times')])
        .where('event_id', 'in', [...ids])
        .groupBy('event_id')
        .execute();
      return new Map(rows.map((row) => [row.event_id, Number(row.times)]));
    },
    async figure(name) {
      const port = whiteLabel.environment['WORKER_HTTP_PORT'];
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1]);
    },
    async stop() {
      for (const worker of workers) await worker.end();
      await killApi();
      await whiteLabel.stop();
      await network.close();
      await pool.end();
      await databases.stop();
      await temporal.stop();
      await folder.remove();
    },
  };
}

async function apiEnvironment(pki: TestPki, folder: string): Promise<Record<string, string>> {
  const tls = await pki.issue({ sanUri: CP_SUBJECT_URI, dnsNames: ['cp.localhost'] });
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, `cp-${name}.pem`);
    await writeFile(path, text);
    return path;
  };
  const secret = (): string => randomBytes(KEY_BYTES).toString('base64');
  return {
    PATH: process.env['PATH'] ?? '',
    XPORY_PROFILE: 'local',
    LOG_LEVEL: 'silent',
    TEMPORAL_NAMESPACE: 'cp',
    TLS_HOST: 'cp.localhost',
    TLS_CA_FILE: await file('ca', tls.ca),
    TLS_CERT_FILE: await file('cert', tls.cert),
    TLS_KEY_FILE: await file('key', tls.key),
    SEAL_KEYS: `k1:${secret()}`,
    SEAL_INDEX_KEY: secret(),
  };
}

const isOk = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

/** As an operator; it is known already after a restart. */
async function registerWl(url: string): Promise<void> {
  const post = (path: string, body: unknown, token = '') =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
  const login = await post('/admin/api/auth/login', MASTER);
  const { token } = (await login.json()) as { token: string };
  const { status } = await post('/admin/api/wls', runBookWl(IMPORTER, 'wl-importer'), token);
  if (status !== 201 && status !== 409) throw new Error(`not registered: ${status}`);
}
