import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { sql, type Kysely } from 'kysely';
import { createTelemetryClient } from '../activities/clients/telemetry.ts';
import { relayBatch, type RelayDeps } from '../activities/telemetry/relay.ts';
import { createGuards } from '../api/cp/guards.ts';
import { telemetryRoutes } from '../api/cp/telemetry/routes.ts';
import { createApp } from '../api/http/app.ts';
import { createRateLimiters } from '../api/http/rate-limit.ts';
import type { CpSchema } from '../db/cp/schema.ts';
import { recordEventKeys } from '../db/cp/telemetry/event-keys.ts';
import { createWl } from '../db/cp/wl.ts';
import { createDatabase, createPool, inTransaction } from '../db/pool.ts';
import { createSealer } from '../db/sealed.ts';
import { ensureEventKey, openEventKey, readEventKeys } from '../db/wl/event-keys.ts';
import { createHealth } from '../runtime/health.ts';
import type { Logger } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { RATE_LIMITS } from '../runtime/rate-groups.ts';
import type { TlsMaterial } from '../runtime/tls.ts';
import { CONTROL_PLANE, createTokenVerifier } from '../runtime/tokens.ts';
import type { TestWl } from '../test/wl/database.ts';
import { ISSUER, type TestIssuer } from '../test/wl/tokens.ts';
import type { CampaignParty, Stage } from './party.ts';

/** What takes the reports of both white labels: routes, judges and books of the Control Plane. */
export interface CampaignControlPlane {
  /** A session without fault points. */
  readonly db: Kysely<CpSchema>;
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
}

const POOL_SIZE = 4;
const KEY_BYTES = 32;
const MANY = { requests: 100_000, windowSeconds: 1 };
/** What is known before a seed begins; all else is of the seed. */
const KEPT = [
  ...['clock_offset', 'schema_migration', 'audit_head', 'audit', 'revocation_list'],
  ...['wl', 'wl_policy', 'wl_policy_revision', 'revision_counter', 'signing_key', 'wl_event_key'],
];

/** Puts together what of the Control Plane takes part in a seed. */
export async function openControlPlane(
  options: ControlPlaneOptions,
): Promise<CampaignControlPlane> {
  const { url, tls, issuer, clock, log, stage } = options;
  const plain = { url, size: POOL_SIZE, applicationName: 'campaign-cp', onError: () => undefined };
  const pool = createPool(plain);
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
  const work = { kick: () => undefined };
  const app = createApp({
    routes: telemetryRoutes({ db: servedDb, work }, createGuards({ db: servedDb, verifier })),
    ...{ log, health: createHealth({ log }) },
    metrics: createMetrics({ process: 'cp', nodeFigures: false }),
    document: { title: 'Control Plane', version: '1', description: 'Of a campaign' },
    limiters: createRateLimiters({ ...RATE_LIMITS, telemetry: MANY }),
    checkResponses: true,
  });
  const { ca, cert, key } = tls;
  const server = createServer(
    { ca, cert, key, requestCert: true, rejectUnauthorized: false },
    (request, response) => stage().schedule.serve('cp answers', () => app(request, response)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    db,
    meet: (party, own) => meet(db, party, own),
    relay: (party) => relayOnce(party, { cpUrl: `https://cp.localhost:${port}`, log }),
    empty: () => empty(db, pool),
    async close() {
      server.closeAllConnections();
      server.close();
      await Promise.all([pool.end(), served.end()]);
    },
  };
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
  db: Kysely<CpSchema>,
  { config, node }: CampaignParty,
  own: TestWl['db'],
): Promise<void> {
  const { id, slug, currency } = config.wl;
  await ensureEventKey(own, node.database.sealer);
  const { keys } = await readEventKeys(own);
  const pair = (kid: string) => ({ kid: `${slug}-${kid}`, publicJwk: {}, privateSealed: '' });
  const secret = randomBytes(KEY_BYTES);
  const made = await createWl(db, createSealer([{ id: 'k1', key: secret }], secret), {
    ...{
      id,
      facts: { name: slug, currency },
      policy: {},
      labels: { updatedBy: 'campaign', updatedSource: 'campaign' },
    },
    keys: { current: pair('current'), next: pair('next') },
    author: { actor: 'campaign', source: 'campaign', correlationId: 'campaign' },
  });
  if (!made.ok) throw new Error(`not registered: ${made.code}`);
  await inTransaction(db, (tx) => recordEventKeys(tx, { wlId: id, keys }));
}

/** Row by row: what a seed leaves is little. */
async function empty(
  db: Kysely<CpSchema>,
  pool: { query(text: string): Promise<unknown> },
): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    SELECT tablename AS name FROM pg_tables
     WHERE schemaname = 'public' AND NOT tablename = ANY(${KEPT}::text[])
       AND tablename NOT LIKE 'event\\_2%'`.execute(db);
  await pool.query(`
    BEGIN;
    SET LOCAL session_replication_role = replica;
    ${rows.map(({ name }) => `DELETE FROM "${name}";`).join('\n')}
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
