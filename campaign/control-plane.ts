import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { sql, type Kysely } from 'kysely';
import { createTelemetryClient } from '../activities/clients/telemetry.ts';
import { relayBatch, type RelayDeps } from '../activities/telemetry/relay.ts';
import { createApp } from '../api/http/app.ts';
import { createRateLimiters } from '../api/http/rate-limit.ts';
import type { CpSchema } from '../db/cp/schema.ts';
import { CONTROL_PLANE_OWNER, insertKeys } from '../db/cp/key.ts';
import { sealColumn } from '../db/cp/sealed-columns.ts';
import { ensureSecrets, createWl, registerEndpoint, type WlSecrets } from '../db/cp/wl.ts';
import { currentWebhookKey } from '../db/cp/webhook-key.ts';
import { createDatabase, createPool, inTransaction } from '../db/pool.ts';
import { createSealer, type Sealer } from '../db/sealed.ts';
import { ensureEventKey, openEventKey, readEventKeys } from '../db/wl/event-keys.ts';
import { createHealth } from '../runtime/health.ts';
import type { Logger } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { RATE_LIMITS } from '../runtime/rate-groups.ts';
import type { TlsMaterial } from '../runtime/tls.ts';
import { CONTROL_PLANE, createTokenVerifier } from '../runtime/tokens.ts';
import type { TestWl } from '../test/wl/database.ts';
import { ISSUER, type TestIssuer } from '../test/wl/tokens.ts';
import { hire, type People } from './governance/desk.ts';
import { openOffice, type Office } from './governance/office.ts';
import type { Markers } from './markers.ts';
import type { CampaignParty, Stage } from './party.ts';

/** What takes the reports of both white labels: routes, judges and books of the Control Plane. */
export interface CampaignControlPlane {
  /** A session without fault points. */
  readonly db: Kysely<CpSchema>;
  readonly url: string;
  readonly office: Office;
  readonly people: People;
  /** Under which it signs for a white label. */
  secretsOf(wlId: string): WlSecrets;
  /** One batch of a white label's outbox; false where nothing was there to be sent. */
  relay(party: CampaignParty): Promise<boolean>;
  /** Gives a white label its event key, in a session without fault points, and lets the Control Plane know of it; once a campaign. */
  meet(party: CampaignParty, own: TestWl['db']): Promise<void>;
  empty(): Promise<void>;
  close(): Promise<void>;
}

export interface ControlPlaneOptions {
  readonly url: string;
  readonly tls: TlsMaterial;
  readonly issuer: TestIssuer;
  readonly clock: () => Date;
  readonly log: Logger;
  readonly stage: () => Stage;
  readonly markers: Markers;
}

/** A process that stands with a transaction keeps no other from the database. */
const POOL_SIZE = 8;
const KEY_BYTES = 32;
/** Judges are patient on a busy machine. */
const CHECK_STATEMENT_MS = 30_000;
const AUTHOR = { actor: 'campaign', source: 'campaign', correlationId: 'campaign' };
const MANY = { requests: 100_000, windowSeconds: 1 };
/** What is known before a seed begins; all else is of the seed. */
const KEPT = [
  ...['clock_offset', 'schema_migration', 'audit_head', 'audit', 'revocation_list'],
  ...['wl', 'wl_policy', 'wl_policy_revision', 'revision_counter', 'signing_key', 'wl_event_key'],
  ...['operator', 'issued_token', 'webhook_key'],
];

/** Puts together what of the Control Plane takes part in a seed. */
export async function openControlPlane(
  options: ControlPlaneOptions,
): Promise<CampaignControlPlane> {
  const { url, tls, issuer, clock, log, stage, markers } = options;
  const plain = { url, size: POOL_SIZE, applicationName: 'campaign-cp', onError: () => undefined };
  const pool = createPool({ ...plain, statementTimeoutMs: CHECK_STATEMENT_MS });
  const db = createDatabase<CpSchema>(pool);
  const served = createPool({
    ...plain,
    onEdge: (edge) => stage().faults.pass(`transaction.${edge}`, 'cp transaction'),
  });
  const servedDb = createDatabase<CpSchema>(served);
  const verifier = createTokenVerifier({
    ...{ issuer: ISSUER, audience: CONTROL_PLANE, clock },
    keysFor: (kid) => issuer.keysFor(kid),
  });
  const secret = randomBytes(KEY_BYTES);
  const sealer = createSealer([{ id: 'k1', key: secret }], secret);
  const office = openOffice({ db: servedDb, sealer, verifier, tls, clock, log, stage, markers });
  const app = createApp({
    routes: office.routes,
    ...{ log, health: createHealth({ log }) },
    metrics: createMetrics({ process: 'cp', nodeFigures: false }),
    document: { title: 'Control Plane', version: '1', description: 'Of a campaign' },
    limiters: createRateLimiters({ ...RATE_LIMITS, telemetry: MANY, admin: MANY, wl: MANY }),
    checkResponses: true,
  });
  const watched = markers.answering('control plane', app);
  const { ca, cert, key } = tls;
  const server = createServer(
    { ca, cert, key, requestCert: true, rejectUnauthorized: false },
    (request, response) => stage().schedule.serve('cp answers', () => watched(request, response)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cpUrl = `https://cp.localhost:${(server.address() as AddressInfo).port}`;
  await ownKeys(db, { sealer, issuer });
  // White labels know it before anything is signed with it.
  await currentWebhookKey(db, sealer, AUTHOR);
  const secrets = new Map<string, WlSecrets>();
  let known: Promise<AuditHead> | undefined;
  return {
    ...{ db, url: cpUrl, office, people: await hire(db, { sealer, issuer }) },
    async meet(party, own) {
      secrets.set(party.config.wl.id, await meet({ db, sealer }, party, own));
    },
    secretsOf(wlId) {
      const shared = secrets.get(wlId);
      if (shared === undefined) throw new Error(`${wlId} is not known`);
      return shared;
    },
    relay: (party) => relayOnce(party, { cpUrl, log }),
    async empty() {
      known ??= readHead(db);
      await empty(db, pool, await known);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await office.close();
      await Promise.all([pool.end(), served.end()]);
    },
  };
}

/** Tokens of people and audit heads are signed with the key that white labels know of. */
async function ownKeys(
  db: Kysely<CpSchema>,
  { sealer, issuer }: { readonly sealer: Sealer; readonly issuer: TestIssuer },
): Promise<void> {
  const { kid, jwk, privateKey } = issuer.keyOf(CONTROL_PLANE);
  const clear = JSON.stringify(privateKey.export({ format: 'jwk' }));
  const privateSealed = sealColumn(sealer, 'signing_key.private_sealed', clear);
  const current = { kid, publicJwk: { ...jwk, alg: 'RS256', use: 'sig' }, privateSealed };
  const next = { kid: `${kid}-next`, publicJwk: {}, privateSealed: '' };
  await inTransaction(db, (tx) => insertKeys(tx, CONTROL_PLANE_OWNER, { current, next }));
}

async function relayOnce(
  { config, node }: CampaignParty,
  { cpUrl, log }: { readonly cpUrl: string; readonly log: Logger },
): Promise<boolean> {
  const { database, agent, tokens } = node;
  const { db, sealer } = database;
  const deps: RelayDeps = {
    ...{ db, tokens, log, wlId: config.wl.id },
    telemetry: createTelemetryClient({ agent, cpUrl }),
    signingKey: () => openEventKey(db, sealer),
  };
  const { kind } = await relayBatch(deps, new AbortController().signal);
  return kind === 'SENT';
}

async function meet(
  { db, sealer }: { readonly db: Kysely<CpSchema>; readonly sealer: Sealer },
  { config, node, url }: CampaignParty,
  own: TestWl['db'],
): Promise<WlSecrets> {
  const { id, slug, currency } = config.wl;
  await ensureEventKey(own, node.database.sealer);
  const eventKeys = await readEventKeys(own);
  const pair = (kid: string) => ({ kid: `${slug}-${kid}`, publicJwk: {}, privateSealed: '' });
  const made = await createWl(db, sealer, {
    ...{
      id,
      facts: { name: slug, currency },
      policy: { importEnabled: true, exportEnabled: true, rolloutStage: 'GENERAL' },
      labels: { updatedBy: 'campaign', updatedSource: 'campaign' },
    },
    keys: { current: pair('current'), next: pair('next') },
    author: AUTHOR,
  });
  if (!made.ok) throw new Error(`not registered: ${made.code}`);
  const place = { wlId: id, peerUrl: url, currency, eventKeys, author: AUTHOR };
  const registered = await registerEndpoint(db, sealer, place);
  if (!registered.ok) throw new Error(`no endpoint: ${registered.code}`);
  const secret = (): string => `whsec_${randomBytes(KEY_BYTES).toString('base64')}`;
  const fresh = { policySecret: secret(), signalSecret: secret() };
  const shared = await ensureSecrets(db, sealer, { wlId: id, fresh, author: AUTHOR });
  if (!shared.ok) throw new Error(`no secrets: ${shared.code}`);
  return shared.value;
}

/** Of the chain of what is known before a seed begins: what a seed adds is cut off again. */
interface AuditHead {
  readonly seq: bigint;
  readonly hash: string;
}

async function readHead(db: Kysely<CpSchema>): Promise<AuditHead> {
  return db.selectFrom('audit_head').select(['seq', 'hash']).executeTakeFirstOrThrow();
}

/** Row by row: what a seed leaves is little. */
async function empty(
  db: Kysely<CpSchema>,
  pool: { query(text: string): Promise<unknown> },
  { seq, hash }: AuditHead,
): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    SELECT tablename AS name FROM pg_tables
     WHERE schemaname = 'public' AND NOT tablename = ANY(${KEPT}::text[])
       AND tablename NOT LIKE 'event\\_2%'`.execute(db);
  await pool.query(`
    BEGIN;
    SET LOCAL session_replication_role = replica;
    ${rows.map(({ name }) => `DELETE FROM "${name}";`).join('\n')}
    DELETE FROM audit WHERE seq > ${seq};
    UPDATE audit_head SET seq = ${seq}, hash = '${hash}';
    COMMIT;`);
}

/**
 * RULES.md 10, number 11 and beyond: what a white label committed to its outbox is there
 * once, as it was told, and nothing else is.
 */
export async function judgeEvents(
  cp: Kysely<CpSchema>,
  parties: readonly Pick<CampaignParty, 'slug' | 'config' | 'node'>[],
): Promise<string[]> {
  const broken: string[] = [];
  for (const { slug, config, node } of parties) {
    const { rows: sent } = await sql<Told>`
      SELECT event_id::text AS id, concat(type, ' ', data) AS text, result FROM outbox`.execute(
      node.database.db,
    );
    const { rows: taken } = await sql<Told>`
      SELECT event_id::text AS id, concat(type, ' ', data) AS text FROM event
       WHERE wl_id = ${config.wl.id}`.execute(cp);
    broken.push(...compareEvents(sent, taken).map((line) => `11 ${slug}: ${line}`));
  }
  return broken;
}

/** An event by its id: what it says, and at the sender what the Control Plane said to it. */
export interface Told {
  readonly id: string;
  readonly text: string;
  readonly result?: string | null;
}

/** What was written to an outbox beside what has come of it. */
export function compareEvents(sent: readonly Told[], taken: readonly Told[]): string[] {
  const there = Map.groupBy(taken, ({ id }) => id);
  const lines = sent.flatMap(({ id, text, result }) => {
    const found = there.get(id) ?? [];
    if (result === null) return [`event ${id} was never sent`];
    if (found.length !== 1) return [`event ${id} came ${found.length} times, told ${result}`];
    return found[0]?.text === text ? [] : [`event ${id} is ${found[0]?.text}, sent as ${text}`];
  });
  const known = new Set(sent.map(({ id }) => id));
  const strangers = taken.filter(({ id }) => !known.has(id));
  return [...lines, ...strangers.map(({ id }) => `event ${id} was never written`)];
}
