import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createWorkStarter } from '../../activities/work/starter.ts';
import { createLogger } from '../../runtime/log.ts';
import type { TemporalHandle } from '../../stack/temporal/temporal.ts';
import { eventually, freePort, testFolder, type TestFolder } from '../stack/setup.ts';
import type { DoubleWl } from '../support/double-wl.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { commitSignal, putRelationship, registerDouble, type Pair } from './signals-stage.ts';
import { startControlPlane, type Stage } from './stage.ts';

// Real processes start, and a killed one is noticed by the time-out of its step (15 s).
const LONG = 180_000;
const TAKEN_OVER_MS = 60_000;
const WORKER = fileURLToPath(new URL('../../workers/cp-worker.ts', import.meta.url));

let folder: TestFolder;
let temporal: TemporalHandle;
let cp: Stage;
let env: NodeJS.ProcessEnv;
let workerPort: number;
let worker: ChildProcess | undefined;
const doubles: DoubleWl[] = [];

beforeAll(async () => {
  folder = await testFolder();
  temporal = await startTestTemporal(folder.path, ['cp']);
  cp = await startControlPlane();
  workerPort = await freePort();
  env = await environment();
}, LONG);

afterAll(async () => {
  await end('SIGKILL');
  await Promise.all(doubles.map((double) => double.down()));
  await temporal.stop();
  await cp.stop();
  await folder.remove();
}, LONG);

test(
  'a worker that dies between the effect and its ack: another one sends again, the effect is one',
  async () => {
    const { pair, importer } = await newPair();
    await startWorker();
    const died = Promise.withResolvers<void>();
    importer.behave(async ({ apply }) => {
      const answer = apply();
      importer.heal();
      await end('SIGKILL');
      died.resolve();
      return answer;
    });
    const signalId = await commitSignal(cp, pair, 'DISABLE');
    await kick();
    await died.promise;
    await startWorker();
    await acked(signalId);
    expect(importer.effects).toHaveLength(1);
    expect(importer.calls).toHaveLength(2);
    expect(new Set(importer.calls.map(({ webhookId }) => webhookId)).size).toBe(1);
    await end('SIGTERM');
  },
  LONG,
);

test(
  'a start that was lost is found by the sweep, and a restart in between loses nothing',
  async () => {
    const { pair, importer } = await newPair();
    await importer.down();
    const signalId = await commitSignal(cp, pair, 'DISABLE');
    await startWorker();
    await eventually('it was tried', () => attemptsOf(signalId, pair.dst), TAKEN_OVER_MS);
    expect(await end('SIGTERM')).toBe(0);
    await importer.up();
    await startWorker();
    await acked(signalId);
    expect(importer.isDisabled(pair)).toBe(true);
    expect(importer.effects).toHaveLength(1);
  },
  LONG,
);

async function newPair(): Promise<{ pair: Pair; importer: DoubleWl }> {
  const [exporter, importer] = [await registerDouble(cp, {}), await registerDouble(cp, {})];
  doubles.push(exporter, importer);
  const pair = { src: exporter.wlId, dst: importer.wlId };
  await putRelationship(cp, pair);
  // What a PUT of the relationship orders is another test's; its workflows would wait for pulls.
  await cp.db.deleteFrom('work_order').execute();
  return { pair, importer };
}

async function kick(): Promise<void> {
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: 'cp' });
  const log = createLogger({ name: 'test', level: 'silent' });
  const starter = createWorkStarter({ db: cp.db, client: () => client, log });
  starter.kick();
  await starter.settle();
  await connection.close();
}

async function attemptsOf(signalId: string, wlId: string): Promise<boolean> {
  const rows = await cp.db
    .selectFrom('signal_attempt')
    .select('attempt')
    .where('signal_id', '=', signalId)
    .where('wl_id', '=', wlId)
    .execute();
  return rows.length > 0;
}

async function acked(signalId: string): Promise<void> {
  const areAcked = async (): Promise<boolean> => {
    const rows = await cp.db
      .selectFrom('signal_delivery')
      .select('state')
      .where('signal_id', '=', signalId)
      .execute();
    return rows.every(({ state }) => state === 'ACKED');
  };
  await eventually('both sides have acked', areAcked, TAKEN_OVER_MS);
}

async function startWorker(): Promise<void> {
  worker = spawn(process.execPath, [WORKER], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const isReady = () =>
    fetch(`http://127.0.0.1:${workerPort}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually('the worker polls', isReady, TAKEN_OVER_MS);
}

async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  const ending = worker;
  worker = undefined;
  if (ending === undefined) return null;
  const exited = once(ending, 'exit');
  ending.kill(signal);
  const [code] = (await exited) as [number | null];
  return code;
}

async function environment(): Promise<NodeJS.ProcessEnv> {
  const tls = await cp.pki.issue({ sanUri: 'urn:xpory:cp', dnsNames: ['cp.localhost'] });
  const files = { ca: `${folder.path}/ca`, cert: `${folder.path}/cert`, key: `${folder.path}/key` };
  await writeFile(files.ca, tls.ca);
  await writeFile(files.cert, tls.cert);
  await writeFile(files.key, tls.key);
  const [{ id, key }] = cp.sealKeys;
  return {
    PATH: process.env['PATH'],
    XPORY_PROFILE: 'local',
    LOG_LEVEL: 'silent',
    DATABASE_URL: cp.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: 'cp',
    TLS_HOST: 'cp.localhost',
    TLS_PORT: String(await freePort()),
    WORKER_HTTP_PORT: String(workerPort),
    TLS_CA_FILE: files.ca,
    TLS_CERT_FILE: files.cert,
    TLS_KEY_FILE: files.key,
    CP_URL: 'https://cp.localhost:8443',
    SEAL_KEYS: `${id}:${key.toString('base64')}`,
    SEAL_INDEX_KEY: cp.indexKey.toString('base64'),
    WORK_SWEEP_SECONDS: '1',
  };
}
