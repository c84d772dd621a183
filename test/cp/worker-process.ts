import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { createWorkStarter } from '../../activities/work/starter.ts';
import { createLogger } from '../../runtime/log.ts';
import type { TemporalHandle } from '../../stack/temporal/temporal.ts';
import { eventually, freePort } from '../stack/setup.ts';
import type { Stage } from './stage.ts';

/** cp-worker as a process of its own, which can be killed as the machine would. */
export interface WorkerProcess {
  /** Resolves once it polls. */
  start(): Promise<void>;
  /** Its exit code; null where a signal ended it or none runs. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  /** Starts what is ordered, as cp-api does after a commit. */
  kick(): Promise<void>;
}

interface Parts {
  readonly cp: Stage;
  readonly temporal: TemporalHandle;
  /** Where its certificate files are written. */
  readonly folder: string;
}

const WORKER = fileURLToPath(new URL('../../workers/cp-worker.ts', import.meta.url));
const NAMESPACE = 'cp';
const STARTED_MS = 60_000;

/** Nothing runs yet; the files and variables are there. */
export async function prepareWorkerProcess(parts: Parts): Promise<WorkerProcess> {
  const port = await freePort();
  const env = await environmentOf(parts, port);
  let running: ChildProcess | undefined;
  const isReady = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  return {
    async start() {
      if (running !== undefined) throw new Error('the one that runs would answer for the other');
      running = spawn(process.execPath, [WORKER], { env, stdio: ['ignore', 'ignore', 'inherit'] });
      await eventually('the worker polls', isReady, STARTED_MS);
    },
    async end(signal) {
      const ending = running;
      running = undefined;
      if (ending === undefined) return null;
      const exited = once(ending, 'exit');
      ending.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
    kick: () => kick(parts),
  };
}

async function kick({ cp, temporal }: Parts): Promise<void> {
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: NAMESPACE });
  const log = createLogger({ name: 'test', level: 'silent' });
  const starter = createWorkStarter({ db: cp.db, client: () => client, log });
  starter.kick();
  await starter.settle();
  await connection.close();
}

async function environmentOf(
  { cp, temporal, folder }: Parts,
  port: number,
): Promise<NodeJS.ProcessEnv> {
  const tls = await cp.pki.issue({ sanUri: 'urn:xpory:cp', dnsNames: ['cp.localhost'] });
  const files = { ca: `${folder}/ca`, cert: `${folder}/cert`, key: `${folder}/key` };
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
    TEMPORAL_NAMESPACE: NAMESPACE,
    TLS_HOST: 'cp.localhost',
    TLS_PORT: String(await freePort()),
    WORKER_HTTP_PORT: String(port),
    TLS_CA_FILE: files.ca,
    TLS_CERT_FILE: files.cert,
    TLS_KEY_FILE: files.key,
    CP_URL: 'https://cp.localhost:8443',
    SEAL_KEYS: `${id}:${key.toString('base64')}`,
    SEAL_INDEX_KEY: cp.indexKey.toString('base64'),
    WORK_SWEEP_SECONDS: '1',
  };
}
