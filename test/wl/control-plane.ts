import { randomUUID } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import type { Kysely } from 'kysely';
import type { Dispatcher } from 'undici';
import { callJson, type CallAnswer, type CallOptions } from '../../activities/clients/agent.ts';
import { cpRoutes, createCpVerifier } from '../../api/cp/app.ts';
import { createSigner } from '../../api/cp/tokens/signer.ts';
import { ensureControlPlaneKeys } from '../../db/cp/key.ts';
import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import { bootstrapMaster } from '../../db/cp/operator.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { migrate } from '../../db/migrator.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import type { Authority } from '../../runtime/certificates/authority.ts';
import { fixedTls, type LiveTls } from '../../runtime/live-tls.ts';
import { certificateFacts, type TlsMaterial } from '../../runtime/tls.ts';
import { startHttpParty, type HttpParty } from '../support/http-party.ts';
import { testSealer } from './database.ts';
import { ISSUER } from './tokens.ts';

export interface TestControlPlane {
  readonly url: string;
  readonly db: Kysely<CpSchema>;
  /** As the bootstrap master. */
  ask(method: CallOptions['method'], path: string, body?: unknown): Promise<CallAnswer>;
  /** Its listeners are gone, as after kill -9. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  readonly databaseUrl: string;
  readonly tls: TlsMaterial | LiveTls;
  readonly agent: Dispatcher;
  /** What it signs certificates with; none unless given. */
  readonly authority?: Authority;
}

const MASTER = { email: 'master@xpory.local', password: 'changeit' };
const SECONDS = {
  wlSeconds: 3_600,
  peerSeconds: 3_600,
  operatorSeconds: 1_800,
  supportSeconds: 300,
};
const POOL_SIZE = 10;
const TIMEOUT_MS = 10_000;

/** The real Control Plane's API on a database of its own; its nudges go nowhere. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<TestControlPlane> {
  const { databaseUrl, agent } = options;
  const tls = 'current' in options.tls ? options.tls : fixedTls(options.tls);
  await migrate(databaseUrl, CP_MIGRATIONS);
  const pool = createPool({
    url: databaseUrl,
    size: POOL_SIZE,
    applicationName: 'test-cp',
    onError: () => undefined,
  });
  const db = createDatabase<CpSchema>(pool);
  const sealer = testSealer('cp');
  const clock = (): Date => new Date();
  const signer = createSigner({ db, sealer, issuer: ISSUER, clock });
  const author = { actor: 'bootstrap', source: 'test', correlationId: randomUUID() };
  await ensureControlPlaneKeys(db, author, signer.makeKeyPair);
  const { email, password } = MASTER;
  const passwordHash = await hash(password);
  const operator = { id: randomUUID(), email, passwordHash, roles: ['master'] as const };
  await bootstrapMaster(db, sealer, { operator, author });
  const engine = {
    syncSnapshot: () => Promise.reject(new Error('this test has no engine')),
  };
  const verifier = createCpVerifier(db, { issuer: ISSUER, clock });
  const routes = cpRoutes({
    ...{ db, sealer, profile: 'local', verifier, signer, engine },
    authority: options.authority,
    own: { hosts: ['cp.localhost'], inUse: () => certificateFacts(tls.current().cert) },
    work: { kick: () => undefined },
    signals: { look: () => undefined, test: engine.syncSnapshot },
    supportDesk: { call: engine.syncSnapshot },
    tokens: SECONDS,
    console: { namespaces: {} },
  });
  const party: HttpParty = await startHttpParty({ routes, tls });
  const url = party.tlsUrl.replace('wl-exporter.localhost', 'cp.localhost');
  const call = (method: CallOptions['method'], path: string, body?: unknown, token?: string) =>
    callJson({
      agent,
      method,
      url: `${url}${path}`,
      ...(body === undefined ? {} : { body }),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      timeoutMs: TIMEOUT_MS,
    });
  const login = await call('POST', '/admin/api/auth/login', MASTER);
  const { token } = login.body as { token: string };
  return {
    ...{ url, db },
    ask: (method, path, body) => call(method, path, body, token),
    kill: () => party.listeners.close(),
    async stop() {
      await party.listeners.close();
      await pool.end();
    },
  };
}
