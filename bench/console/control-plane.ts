import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Agent } from 'undici';
import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import { migrate } from '../../db/migrator.ts';
import { ensurePki } from '../../stack/certificates/pki.ts';
import { startPostgres, type PostgresHandle } from '../../stack/postgres/postgres.ts';
import { launch } from '../../stack/supervision/child.ts';
import { createLifeline, type Lifeline } from '../../stack/supervision/lifeline.ts';
import { waitUntilReady } from '../../stack/supervision/readiness.ts';
import { createWeb, type Web } from '../../stack/web.ts';

/** A real `cp-api` process on a database of its own, asked over its plain loopback listener. */
export interface ControlPlane {
  readonly name: string;
  readonly pid: number;
  readonly origin: string;
  readonly databaseUrl: string;
  readonly web: Web;
  /** Token of the bootstrap master. */
  readonly token: string;
}

export const MASTER = { email: 'master@xpory.local', password: 'changeit' };

const ENTRY = fileURLToPath(new URL('../../workers/cp-api.ts', import.meta.url));
const PARTY = { slug: 'cp', sanUri: 'urn:xpory:cp', dnsNames: ['cp.localhost'] };
const KEY_BYTES = 32;
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 100;
const STOP_GRACE_MS = 5_000;
/** The limit stops a runaway script, which is what a benchmark is. */
const RATE_LIMIT_ADMIN = '1000000/60';

export interface Setting {
  readonly dataDir: string;
  readonly lines: string[];
  /** Undone in reverse order at the end. */
  readonly closing: (() => Promise<unknown>)[];
}

/** One PostgreSQL with a database for each name, fsync on. */
export async function openPostgres(
  setting: Setting,
  databases: readonly string[],
): Promise<PostgresHandle> {
  const port = await freePort();
  const postgres = await startPostgres({ dataDir: `${setting.dataDir}/postgres`, port, databases });
  setting.closing.push(() => postgres.stop());
  return postgres;
}

export async function openControlPlane(
  setting: Setting,
  name: string,
  databaseUrl: string,
): Promise<ControlPlane> {
  await migrate(databaseUrl, CP_MIGRATIONS);
  const [tlsPort, httpPort, nobody] = [await freePort(), await freePort(), await freePort()];
  const pki = await ensurePki(`${setting.dataDir}/pki`, { parties: [PARTY] });
  const files = pki.parties[PARTY.slug];
  const secret = (): string => randomBytes(KEY_BYTES).toString('base64');
  const lifeline: Lifeline = createLifeline();
  const child = await launch(
    {
      name,
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', ENTRY],
      env: {
        PATH: process.env['PATH'],
        LOG_LEVEL: 'warn',
        XPORY_PROFILE: 'local',
        DATABASE_URL: databaseUrl,
        // Nobody listens there: what the console reads needs no engine.
        TEMPORAL_ADDRESS: `127.0.0.1:${nobody}`,
        TEMPORAL_NAMESPACE: 'cp',
        TLS_HOST: 'cp.localhost',
        TLS_PORT: String(tlsPort),
        HTTP_PORT: String(httpPort),
        // Of the worker, which is not started.
        WORKER_HTTP_PORT: String(nobody),
        TLS_CA_FILE: pki.caPath,
        TLS_CERT_FILE: files?.certPath,
        TLS_KEY_FILE: files?.keyPath,
        CP_URL: `https://cp.localhost:${tlsPort}`,
        SEAL_KEYS: `k1:${secret()}`,
        SEAL_INDEX_KEY: secret(),
        RATE_LIMIT_ADMIN,
      },
    },
    { lifeline, onLine: (line) => setting.lines.push(`${name}: ${line}`) },
  );
  setting.closing.push(async () => {
    await child.stop(STOP_GRACE_MS);
    lifeline.close();
  });
  const origin = `http://127.0.0.1:${httpPort}`;
  const agent = new Agent({ connections: 8 });
  setting.closing.push(() => agent.destroy());
  const web = createWeb(agent, origin);
  await waitUntilReady(child, {
    timeoutMs: READY_TIMEOUT_MS,
    ready: (signal) => untilReady(web, signal),
  });
  const { token } = await web.need<{ token: string }>('/admin/api/auth/login', {
    method: 'POST',
    body: MASTER,
  });
  return { name, pid: child.pid, origin, databaseUrl, web, token };
}

async function untilReady(web: Web, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const isReady = await web.ask('/readyz').then(
      ({ status }) => status === 200,
      // Not listening yet: asked again until the time-out.
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a port has a number');
  return address.port;
}
