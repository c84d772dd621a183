import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import {
  callJson,
  createAgent,
  type CallAnswer,
  type CallOptions,
} from '../../activities/clients/agent.ts';
import { cpRoutes, createCpVerifier } from '../../api/cp/app.ts';
import type { CpApiDeps } from '../../api/cp/deps.ts';
import type { Engine } from '../../api/cp/engine.ts';
import { createSigner } from '../../api/cp/tokens/signer.ts';
import { isRevoked } from '../../db/cp/certificate.ts';
import { ensureControlPlaneKeys } from '../../db/cp/key.ts';
import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import { bootstrapMaster } from '../../db/cp/operator.ts';
import type { Author, CpSchema } from '../../db/cp/schema.ts';
import { migrate } from '../../db/migrator.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import { createSealer, type SealKey, type Sealer } from '../../db/sealed.ts';
import { createAuthority } from '../../runtime/certificates/authority.ts';
import type { RateLimits } from '../../runtime/rate-groups.ts';
import { certificateFacts, type TlsMaterial } from '../../runtime/tls.ts';
import { startPostgres } from '../../stack/postgres/postgres.ts';
import {
  POLICY_REVISION,
  type PolicyRevisionInput,
} from '../../workflows/policy-revision/contract.ts';
import { createTestPki, type TestPki } from '../support/certificates.ts';
import { startHttpParty, type HttpPartyOptions } from '../support/http-party.ts';
import { createDesk } from '../support/desk.ts';
import { freePort } from '../stack/setup.ts';

export const EXPORTER = 'fd1a88a9-3a01-43bb-ae20-32618c1b3752';
export const IMPORTER = '2a6f8e2c-874c-4476-aac3-0d535fb52ac7';
export const ISSUER = 'https://cp.localhost:16443';
export const MASTER = { email: 'master@xpory.local', password: 'changeit' };
export const PASSWORD = 'a long enough password';

const CALL_TIMEOUT_MS = 10_000;
const KEY_BYTES = 32;
const POOL_SIZE = 10;
const TOKENS = {
  wlSeconds: 3_600,
  peerSeconds: 3_600,
  operatorSeconds: 1_800,
  supportSeconds: 300,
};

export interface Ask {
  readonly method?: CallOptions['method'];
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose certificate; none without it. */
  readonly as?: TlsMaterial | undefined;
  readonly plain?: boolean;
}

export interface Stage {
  /** Of the database. */
  readonly url: string;
  readonly origin: string;
  readonly pool: pg.Pool;
  readonly db: Kysely<CpSchema>;
  readonly sealer: Sealer;
  readonly sealKeys: readonly [SealKey, SealKey];
  readonly indexKey: Buffer;
  readonly pki: TestPki;
  /** What the last commit ordered `policyRevision` for. */
  readonly ordered: () => Promise<PolicyRevisionInput>;
  readonly logLines: readonly string[];
  /** Token of the bootstrap master. */
  readonly master: string;
  readonly ask: (request: Ask) => Promise<CallAnswer>;
  readonly login: (email: string, password?: string) => Promise<CallAnswer>;
  /** A new person with these roles, logged in. */
  readonly person: (...roles: string[]) => Promise<{ id: string; email: string; token: string }>;
  readonly certificate: (wlId: string) => Promise<TlsMaterial>;
  readonly stop: () => Promise<void>;
}

export interface StageOptions {
  readonly rateLimits?: Partial<RateLimits>;
  /** The console's files, where a browser takes part. */
  readonly mount?: HttpPartyOptions['mount'];
  readonly profile?: 'local' | 'production';
  /** Instead of ISSUER. */
  readonly issuer?: string;
  /** Instead of none. */
  readonly engine?: Engine;
  readonly withoutAuthority?: boolean;
  /** True unless said otherwise. */
  readonly hasMail?: boolean;
  /** Instead of one that leaves ordered work to the test. */
  readonly work?: { readonly kick: () => void };
  readonly signals?: CpApiDeps['signals'];
  /** Instead of one that asks the white labels in its registry. */
  readonly supportDesk?: CpApiDeps['supportDesk'];
  /** Where that one asks them, where it is not their registered address. */
  readonly reach?: (wlId: string) => string | undefined;
  /** Where other parties take part; else one of its own. */
  readonly pki?: TestPki;
  /** Of its TLS listener, where others have to know it before. */
  readonly tlsPort?: number;
}

/** A Control Plane on real TLS and PostgreSQL, with a master and without any WL. */
export async function startControlPlane(options: StageOptions = {}): Promise<Stage> {
  const database = await startDatabase();
  const { db } = database;
  const sealKeys = [sealKey('old'), sealKey('new')] as const;
  const indexKey = randomBytes(KEY_BYTES);
  const sealer = createSealer([sealKeys[0]], indexKey);
  const clock = () => new Date();
  const { issuer = ISSUER } = options;
  const signer = createSigner({ db, sealer, issuer, clock });
  const author: Author = { actor: 'bootstrap', source: 'test', correlationId: randomUUID() };
  await ensureControlPlaneKeys(db, author, signer.makeKeyPair);
  const passwordHash = await hash(MASTER.password);
  const operator = {
    id: randomUUID(),
    email: MASTER.email,
    passwordHash,
    roles: ['master'] as const,
  };
  await bootstrapMaster(db, sealer, { operator, author });

  const pki = options.pki ?? (await createTestPki());
  const tls = await pki.issue({ sanUri: 'urn:xpory:cp', dnsNames: ['cp.localhost'] });
  const desk = createDesk({ db, sealer, signer, tls, reach: options.reach });
  const party = await startHttpParty({
    tls,
    tlsPort: options.tlsPort,
    ...(options.mount && { mount: options.mount }),
    rateLimits: { login: { requests: 1_000, windowSeconds: 60 }, ...options.rateLimits },
    routes: cpRoutes({
      db,
      sealer,
      profile: options.profile ?? 'local',
      verifier: createCpVerifier(db, { issuer, clock }),
      signer,
      engine: options.engine ?? NO_ENGINE,
      work: options.work ?? { kick: () => undefined },
      signals: options.signals ?? NO_SIGNALS,
      supportDesk: options.supportDesk ?? desk.supportDesk,
      tokens: TOKENS,
      own: { hosts: ['cp.localhost'], inUse: () => certificateFacts(tls.cert) },
      hasMail: options.hasMail ?? true,
      console: { namespaces: {} },
      ...(options.withoutAuthority === true ? {} : { authority: createAuthority(pki.authority) }),
    }),
    isRevoked: ({ serial }) => isRevoked(db, serial),
  });
  const caller = createCaller(party.listeners, pki);
  const login = (email: string, password = PASSWORD) =>
    caller.ask({ method: 'POST', path: '/admin/api/auth/login', body: { email, password } });
  const master = tokenOf(await login(MASTER.email, MASTER.password));
  return {
    url: database.url,
    origin: `https://cp.localhost:${party.listeners.tlsPort}`,
    pool: database.pool,
    db,
    sealer,
    sealKeys,
    indexKey,
    pki,
    ordered: () => lastOrdered(db),
    logLines: party.logLines,
    master,
    ask: caller.ask,
    login,
    async person(...roles) {
      const email = `${randomUUID()}@people.example`;
      const body = { email, name: 'Ana Prado', password: PASSWORD, roles };
      const path = '/admin/api/users';
      const created = await caller.ask({ method: 'POST', path, body, token: master });
      const { id } = created.body as { id: string };
      return { id, email, token: tokenOf(await login(email)) };
    },
    certificate: (wlId) => pki.issue({ sanUri: `urn:xpory:wl:${wlId}` }),
    async stop() {
      await party.listeners.close();
      await Promise.all([caller.close(), desk.close()]);
      await database.stop();
    },
  };
}

/** The token of an answer that gave one. */
export function tokenOf({ status, body, text }: CallAnswer): string {
  if (status !== 200) throw new Error(`no token: ${status} ${text}`);
  return (body as { token: string }).token;
}

/** The `code` of a refused answer, after its status. */
export function refusalOf({ status, body }: CallAnswer): string {
  return `${status} ${(body as { code?: string } | undefined)?.code}`;
}

async function startDatabase() {
  const dataDir = await mkdtemp(join(tmpdir(), 'xpory-cp-'));
  // Started as root, the server runs as another user, who has to be able to enter.
  await chmod(dataDir, 0o755);
  const server = await startPostgres({
    dataDir,
    port: await freePort(),
    databases: ['cp'],
    fsync: false,
  });
  const url = server.urlFor('cp');
  await migrate(url, CP_MIGRATIONS);
  const pool = createPool({
    url,
    size: POOL_SIZE,
    applicationName: 'test-cp',
    onError: () => undefined,
  });
  return {
    url,
    pool,
    db: createDatabase<CpSchema>(pool),
    async stop() {
      await pool.end();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

interface Ports {
  readonly tlsPort: number | undefined;
  readonly plainPort: number | undefined;
}

function createCaller({ tlsPort, plainPort }: Ports, pki: TestPki) {
  const agents = new Map<TlsMaterial | undefined, ReturnType<typeof createAgent>>();
  const agentOf = (as: TlsMaterial | undefined) => {
    const nobody = { ca: pki.ca } as TlsMaterial;
    const agent = agents.get(as) ?? createAgent({ tls: as ?? nobody, connections: 50 });
    agents.set(as, agent);
    return agent;
  };
  return {
    ask: ({ method = 'GET', path, body, token, headers = {}, as, plain = false }: Ask) =>
      callJson({
        agent: agentOf(as),
        method,
        url: plain
          ? `http://127.0.0.1:${plainPort}${path}`
          : `https://cp.localhost:${tlsPort}${path}`,
        body,
        headers: {
          ...headers,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        timeoutMs: CALL_TIMEOUT_MS,
      }),
    close: () => Promise.all([...agents.values()].map((agent) => agent.close())),
  };
}

const NO_SIGNALS: CpApiDeps['signals'] = {
  look: () => undefined,
  test: () => Promise.reject(new Error('this test has no engine')),
};

function sealKey(id: string): SealKey {
  return { id, key: randomBytes(KEY_BYTES) };
}

const NO_ENGINE: Engine = {
  syncSnapshot: () => Promise.reject(new Error('this test has no engine')),
};

async function lastOrdered(db: Kysely<CpSchema>): Promise<PolicyRevisionInput> {
  const { input } = await db
    .selectFrom('work_order')
    .select('input')
    .where('workflow', '=', POLICY_REVISION)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  return input as PolicyRevisionInput;
}

/** The bodies of the source run book's step 3, as they stand there. */
export function runBookWl(id: string, name: 'wl-exporter' | 'wl-importer') {
  const exports = name === 'wl-exporter';
  return {
    id,
    name,
    description: exports ? 'Exporter WL' : 'Importer WL',
    contactEmail: exports ? 'exporter@example.com' : 'importer@example.com',
    gatewayUrl: exports ? 'http://host.docker.internal:8081' : 'http://host.docker.internal:8090',
    status: 'active',
    policy: {
      importEnabled: !exports,
      exportEnabled: exports,
      exportDelaySeconds: 0,
      visibilityEnabled: true,
      policyRevision: 'baseline',
    },
  };
}

/** Registers both WLs of the run book and their relationships in both directions. */
export async function registerBoth({ ask, master: token }: Stage): Promise<void> {
  const wls = [runBookWl(EXPORTER, 'wl-exporter'), runBookWl(IMPORTER, 'wl-importer')];
  for (const body of wls) {
    const { status, text } = await ask({ method: 'POST', path: '/admin/api/wls', body, token });
    if (status !== 201) throw new Error(`not registered: ${status} ${text}`);
  }
  const body = {
    status: 'active',
    fxRate: 1,
    limitAmount: 100000,
    updatedBy: 'bootstrap',
    updatedSource: 'runbook',
  };
  for (const path of [pairPath(EXPORTER, IMPORTER), pairPath(IMPORTER, EXPORTER)]) {
    const { status, text } = await ask({ method: 'PUT', path, body, token });
    if (status !== 200) throw new Error(`no relationship: ${status} ${text}`);
  }
}

export function pairPath(src: string, dst: string): string {
  return `/admin/api/relationships/${src}/${dst}`;
}

export interface AuditItem {
  readonly seq: string;
  readonly actor: string;
  readonly source: string;
  readonly action: string;
  readonly subject: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}

/** Audit rows of a subject, newest first. */
export async function auditOf(
  { ask, master: token }: Stage,
  subject: string,
): Promise<AuditItem[]> {
  const { body } = await ask({ path: `/admin/api/audit?subject=${subject}&limit=200`, token });
  return (body as { items: AuditItem[] }).items;
}
