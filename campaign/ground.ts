import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { createAgent, type PartnerAgent } from '../activities/clients/agent.ts';
import { createDatabase, createPool } from '../db/pool.ts';
import { migrate } from '../db/migrator.ts';
import { CP_MIGRATIONS } from '../db/cp/migrations.ts';
import { WL_MIGRATIONS } from '../db/wl/migrations.ts';
import { createLogger, type Logger } from '../runtime/log.ts';
import { CP_SUBJECT_URI, wlSubjectUri } from '../runtime/tls.ts';
import { startPostgres } from '../stack/postgres/postgres.ts';
import { ensureBundles } from '../stack/bundles/bundles.ts';
import { createTestPki, type TestPki } from '../test/support/certificates.ts';
import { freePort, testFolder } from '../test/stack/setup.ts';
import { EXPORTER, IMPORTER } from '../test/wl/documents.ts';
import type { TestWl } from '../test/wl/database.ts';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { createTestIssuer, type TestIssuer } from '../test/wl/tokens.ts';
import { openControlPlane, type CampaignControlPlane } from './control-plane.ts';
import { Markers } from './markers.ts';
import { openParty, type CampaignParty, type MakeClient, type Stage } from './party.ts';
import { openSandbox, type Sandbox } from './engine/sandbox.ts';
import type { MovedClock } from './schedule.ts';

export type Slug = 'importer' | 'exporter';

/** What the parties are made with. */
export interface Foundation {
  readonly clock: MovedClock & { skew(slug: Slug, ms: number): Promise<void> };
  readonly environments: Readonly<Record<Slug, Readonly<Record<string, string>>>>;
  readonly log: Logger;
  /** Looks for private data in what parties answer, log and tell their engines. */
  readonly markers: Markers;
}

/** What all seeds stand on: a database server, certificates, the workflow code, both parties. */
export interface Ground extends Foundation {
  readonly sandbox: Sandbox;
  /** The workflow code of the Control Plane. */
  readonly controlSandbox: Sandbox;
  readonly parties: Readonly<Record<Slug, CampaignParty>>;
  /** Takes what the parties report. */
  readonly controlPlane: CampaignControlPlane;
  /** Who signs for the Control Plane. */
  readonly issuer: TestIssuer;
  /** Sessions without fault points, for judges and for what surrounds a seed. */
  readonly databases: Readonly<Record<Slug, TestWl>>;
  /** Asks both parties as clients and the Control Plane's relay do. */
  readonly calls: PartnerAgent;
  /** What the parties act on from now on. */
  enter(stage: Stage): void;
  /** Empties both databases and sets the clocks right. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/**
 * In real time, in which a start has to be taken: longer than any machine is busy, so that a seed is
 * the same on all of them. The buyers themselves wait on the campaign's clock.
 */
const BUY_DEADLINE_MS = '25000';
const SLUGS = ['importer', 'exporter'] as const;
const IDS = { importer: IMPORTER, exporter: EXPORTER };
const CURRENCIES = { importer: 'XIM', exporter: 'XEX' };
const CALLS_AT_ONCE = 32;
const KEPT = ['clock_offset', 'audit_head', 'schema_migration', 'event_key'];
const POOL_SIZE = 4;
const CHECK_STATEMENT_MS = 30_000;

export interface GroundOptions {
  /** Of a party, over what the double of the engine needs. */
  readonly variables?: (slug: Slug) => Readonly<Record<string, string>>;
  readonly makeClient?: MakeClient;
}

/** Starts what the seeds share; `bundles` holds the workflow code between campaigns. */
export async function openGround(bundles: string, options: GroundOptions = {}): Promise<Ground> {
  const markers = new Markers();
  const log = watchedLog(markers);
  const folder = await testFolder();
  const [pki, paths, server] = await Promise.all([
    createTestPki(),
    ensureBundles(bundles),
    startPostgres({
      ...{
        dataDir: folder.path,
        port: await freePort(),
        databases: [...SLUGS, 'cp'],
        fsync: false,
      },
    }),
  ]);
  for (const slug of SLUGS) await migrate(server.urlFor(slug), WL_MIGRATIONS);
  await migrate(server.urlFor('cp'), CP_MIGRATIONS);
  const databases = {
    importer: openDatabase(server.urlFor('importer')),
    exporter: openDatabase(server.urlFor('exporter')),
  };
  const controlDatabase = openDatabase(server.urlFor('cp'));
  const clock = movedClock({ ...databases, cp: controlDatabase });
  const { makeClient, variables: more = () => ({}) } = options;
  const place = { pki, folder: folder.path, urlFor: server.urlFor, more };
  const environments = {
    importer: await environmentOf('importer', place),
    exporter: await environmentOf('exporter', place),
  };
  const { stage, enter } = createStage();
  const foundation: Foundation = { clock, environments, log, markers };
  const parties = {
    importer: await openParty({ foundation, slug: 'importer', stage, makeClient }),
    exporter: await openParty({ foundation, slug: 'exporter', stage, makeClient }),
  };
  const names = SLUGS.flatMap((slug) => Object.keys(parties[slug].activities));
  const tls = await pki.issue({ sanUri: CP_SUBJECT_URI, dnsNames: ['cp.localhost'] });
  const calls = createAgent({ tls, connections: CALLS_AT_ONCE });
  const issuer = createTestIssuer(['control-plane', EXPORTER, IMPORTER]);
  const controlPlane = await openControlPlane({
    ...{ url: server.urlFor('cp'), tls, issuer, log, stage, markers },
    clock: () => new Date(clock.now()),
  });
  for (const slug of SLUGS) await controlPlane.meet(parties[slug], databases[slug].db);
  return {
    ...{ ...foundation, databases, parties, calls, enter, issuer, controlPlane },
    sandbox: await openSandbox(paths.wl, new Set(names)),
    controlSandbox: await openSandbox(
      paths.cp,
      new Set(Object.keys(controlPlane.office.activities)),
    ),
    async empty() {
      for (const slug of SLUGS) await empty(databases[slug]);
      await controlPlane.empty();
      await clock.reset();
      markers.forget();
    },
    async close() {
      await calls.close();
      await Promise.all(SLUGS.map((slug) => parties[slug].close()));
      await controlPlane.close();
      await Promise.all(SLUGS.map((slug) => databases[slug].pool.end()));
      await controlDatabase.pool.end();
      await server.stop();
      await folder.remove();
    },
  };
}

/** What production logs, by its own logger; shown where `CAMPAIGN_LOG` names a level. */
function watchedLog(markers: Markers): Logger {
  const shown = process.env['CAMPAIGN_LOG'];
  return createLogger({
    ...{ name: 'campaign', level: shown ?? 'info' },
    destination: {
      write(line) {
        markers.look('a log', line);
        if (shown !== undefined) process.stdout.write(line);
      },
    },
  });
}

function createStage(): { readonly stage: () => Stage; readonly enter: (next: Stage) => void } {
  let current: Stage | undefined;
  return {
    enter: (next) => void (current = next),
    stage() {
      if (current === undefined) throw new Error('no seed has begun');
      return current;
    },
  };
}

function openDatabase(url: string): TestWl {
  const pool = createPool({
    ...{ url, size: POOL_SIZE, applicationName: 'campaign', onError: () => undefined },
    statementTimeoutMs: CHECK_STATEMENT_MS,
  });
  return { url, pool, db: createDatabase(pool) };
}

interface Place {
  readonly pki: TestPki;
  readonly folder: string;
  readonly urlFor: (database: string) => string;
  readonly more: (slug: Slug) => Readonly<Record<string, string>>;
}

async function environmentOf(
  slug: Slug,
  { pki, folder, urlFor, more }: Place,
): Promise<Record<string, string>> {
  const { cert, key, ca } = await pki.issue({
    sanUri: wlSubjectUri(IDS[slug]),
    dnsNames: [`wl-${slug}.localhost`],
  });
  const files: Record<string, string> = {};
  for (const [name, text] of Object.entries({ CA: ca, CERT: cert, KEY: key })) {
    const path = join(folder, `${slug}-${name}.pem`);
    await writeFile(path, text);
    files[`TLS_${name}_FILE`] = path;
  }
  return { ...(await variables(slug)), ...more(slug), ...files, DATABASE_URL: urlFor(slug) };
}

const KEY_BYTES = 32;

async function variables(slug: Slug): Promise<Record<string, string>> {
  const secret = (): string => randomBytes(KEY_BYTES).toString('base64');
  return {
    XPORY_PROFILE: 'local',
    LOG_LEVEL: 'silent',
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    TEMPORAL_NAMESPACE: `wl-${slug}`,
    TLS_HOST: `wl-${slug}.localhost`,
    TLS_PORT: String(await freePort()),
    WORKER_HTTP_PORT: String(await freePort()),
    CP_URL: 'https://cp.localhost:15443',
    SEAL_KEYS: `k1:${secret()}`,
    SEAL_INDEX_KEY: secret(),
    WL_ID: IDS[slug],
    WL_SLUG: slug,
    WL_CURRENCY: CURRENCIES[slug],
    WORKFLOW_BUNDLE: 'in-process',
    // Real time passes only where code waits for it itself.
    BUY_DEADLINE_MS,
    PREFLIGHT_TIMEOUT_MS: '20000',
    CONFIRM_TIMEOUT_MS: '20000',
    BREAKER_HALF_OPEN_MS: '20',
    APPROVAL_TTL_SECONDS: '180',
    BUYER_REVERSAL_SECONDS: '86400',
    COOL_DOWN_SECONDS: '1',
    RATE_LIMIT_BUY: '100000/1',
    RATE_LIMIT_TRADER: '100000/1',
    RATE_LIMIT_SUPPORT: '100000/1',
    RATE_LIMIT_MEMBER: '100000/1',
  };
}

/** Tables with a few rows are emptied row by row ten times faster than they are truncated. */
async function empty({ db, pool }: TestWl): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    SELECT tablename AS name FROM pg_tables
     WHERE schemaname = 'public' AND NOT tablename = ANY(${KEPT}::text[])`.execute(db);
  // As a replica: rows that are only ever added are protected by triggers.
  await pool.query(`
    BEGIN;
    SET LOCAL session_replication_role = replica;
    ${rows.map(({ name }) => `DELETE FROM "${name}";`).join('\n')}
    DELETE FROM audit_head;
    INSERT INTO audit_head DEFAULT VALUES;
    COMMIT;`);
}

type GroundClock = Ground['clock'] & { reset(): Promise<void> };

type Clocked = Readonly<Record<Slug | 'cp', Pick<TestWl, 'db'>>>;

/** Moves the clocks of all databases with its own; a skew is one party's error beside it. */
function movedClock(databases: Clocked): GroundClock {
  let offsetMs = 0;
  const skews = { importer: 0, exporter: 0, cp: 0 };
  const write = async (): Promise<void> => {
    await Promise.all(
      ([...SLUGS, 'cp'] as const).map((slug) =>
        sql`UPDATE clock_offset SET offset_ms = ${Math.round(offsetMs) + skews[slug]}::bigint`.execute(
          databases[slug].db,
        ),
      ),
    );
  };
  return {
    now: () => Date.now() + offsetMs,
    async moveBy(ms) {
      offsetMs += ms;
      await write();
    },
    async skew(slug, ms) {
      skews[slug] += ms;
      await write();
    },
    async reset() {
      offsetMs = 0;
      skews.importer = 0;
      skews.exporter = 0;
      await write();
    },
  };
}
