import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { pino } from 'pino';
import { callJson } from '../../activities/clients/agent.ts';
import { createKeySource } from '../../activities/clients/jwks.ts';
import { createTokenStore } from '../../activities/clients/tokens.ts';
import { ensureSchedules } from '../../activities/upkeep/schedules.ts';
import { saveSecret } from '../../db/wl/control-tokens.ts';
import { readPartner, readRelationship } from '../../db/wl/governance.ts';
import { listImportedOffers } from '../../db/wl/imported-offers.ts';
import { createOffer } from '../../db/wl/offers.ts';
import { resealWl, WL_SEALED_COLUMNS } from '../../db/wl/reseal.ts';
import { saveTraderAccount } from '../../db/wl/trader-account.ts';
import { CP_SUBJECT_URI } from '../../runtime/tls.ts';
import { createTokenVerifier } from '../../runtime/tokens.ts';
import { findTemporal, startTemporal, type TemporalHandle } from '../../stack/temporal/temporal.ts';
import { POLICY_SYNC } from '../../workflows/policy-sync/contract.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { createTestPki } from '../support/certificates.ts';
import { sealedColumnsOf } from '../support/sealed-columns.ts';
import { freePort, testFolder, type TestFolder } from '../stack/setup.ts';
import { startBackground, type Background } from './background.ts';
import { startControlPlane, type TestControlPlane } from './control-plane.ts';
import { startWlDatabases, testSealer, type TestServer, type TestWl } from './database.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import { identity, startNode, wlIdentity, type Identity } from './node.ts';
import { ISSUER } from './tokens.ts';
import { createLogger } from '../../runtime/log.ts';
import { installRuntime } from '../../runtime/temporal.ts';
import { testBundle } from '../support/bundles.ts';

const LONG_MS = 120_000;
const LOG = pino({ level: 'silent' });
const CLOCK = (): Date => new Date();

let folder: TestFolder;
let server: TestServer;
let temporal: TemporalHandle;
let controlPlane: TestControlPlane;
let exporterDb: TestWl;
let importerDb: TestWl;
let exporter: Background;
let importer: Background;
let node: Awaited<ReturnType<typeof startNode>>;
let identities: Record<'controlPlane' | 'exporter' | 'importer', Identity>;

beforeAll(async () => {
  const pki = await createTestPki();
  folder = await testFolder();
  identities = {
    controlPlane: await identity(pki, CP_SUBJECT_URI),
    exporter: await wlIdentity(pki, EXPORTER),
    importer: await wlIdentity(pki, IMPORTER),
  };
  server = await startWlDatabases(['exporter', 'importer'], ['cp']);
  exporterDb = server.open('exporter');
  importerDb = server.open('importer');
  temporal = await startEngine();
  const { tls, agent } = identities.controlPlane;
  controlPlane = await startControlPlane({ databaseUrl: server.urlFor('cp'), tls, agent });
  await startParties();
  await fillCatalogue();
  const trader = { traderId: 'trader-1', name: 'Conta Trader', email: 'trader@example.com' };
  await saveTraderAccount(importerDb.db, testSealer('i1'), trader);
}, LONG_MS);

afterAll(async () => {
  await Promise.all([exporter.stop(), importer.stop()]);
  await node.listeners.close();
  await controlPlane.stop();
  await temporal.stop();
  await Promise.all(Object.values(identities).map(({ agent }) => agent.close()));
  await server.stop();
  await folder.remove();
}, LONG_MS);

async function startEngine(): Promise<TemporalHandle> {
  const found = await findTemporal({ env: process.env });
  if (found.kind !== 'binary') throw new Error('this test starts an engine of its own');
  return startTemporal({
    binary: found,
    dataDir: folder.path,
    port: await freePort(),
    uiPort: await freePort(),
    namespaces: ['wl-exporter', 'wl-importer'],
  });
}

async function startParties(): Promise<void> {
  // Before any connection, or the SDK logs by itself.
  installRuntime(createLogger({ name: 'sdk', level: 'silent' }));
  const bundle = await testBundle('wl');
  const common = { temporalAddress: temporal.address, bundle, cpUrl: controlPlane.url };
  // The node's address is known once it listens, its keys once it has a client: so it starts first.
  const syncs = {
    startPolicySync: () => exporter.syncs.startPolicySync(),
    importNow: (id: string) => exporter.syncs.importNow(id),
    startSignalApply: (id: string) => exporter.syncs.startSignalApply(id),
  };
  node = await startNode({
    wl: exporterDb,
    wlId: EXPORTER,
    currency: 'XEX',
    keysFor: (kid) => exporter.keys.keysFor(kid),
    tls: identities.exporter.tls,
    syncs,
  });
  exporter = await startBackground({
    ...common,
    namespace: 'wl-exporter',
    wl: exporterDb,
    sealer: testSealer('x1'),
    identity: identities.exporter,
    own: { wlId: EXPORTER, currency: 'XEX' },
    peerUrl: node.tlsUrl,
  });
  importer = await startBackground({
    ...common,
    namespace: 'wl-importer',
    wl: importerDb,
    sealer: testSealer('i1'),
    identity: identities.importer,
    own: { wlId: IMPORTER, currency: 'XIM' },
    peerUrl: 'https://wl-importer.localhost:15999',
  });
}

const CATALOGUE = Array.from({ length: 24 }, (_, index) => ({
  offerId: `o${String(index).padStart(2, '0')}`,
  category: ['7', '8', '15'][index % 3] ?? '',
  entity: ['e1', 'e2', 'e3', 'e4'][index % 4] ?? '',
}));

async function fillCatalogue(): Promise<void> {
  for (const { offerId, category, entity } of CATALOGUE) {
    await createOffer(
      exporterDb.db,
      {
        offerId,
        title: `Oferta ${offerId}`,
        category: { id: category, name: `Categoria ${category}` },
        entity: { id: entity, name: `Loja ${entity}` },
        unitPriceMinor: 80_00n,
        currency: 'XEX',
        available: 5,
        status: 'ENABLED',
      },
      { actor: 'test', source: 'test', correlationId: 'test' },
    );
  }
}

async function operate(method: 'POST' | 'PUT', path: string, body: unknown): Promise<void> {
  const answer = await controlPlane.ask(method, path, body);
  if (answer.status > 299) throw new Error(`${path}: ${answer.status} ${answer.text}`);
}

const pairPath = `/admin/api/relationships/${EXPORTER}/${IMPORTER}`;

async function eligible(): Promise<string[]> {
  const rows = await listImportedOffers(importerDb.db, 200);
  return rows.filter((row) => row.eligible).map((row) => row.origin_offer_id);
}

async function changePair(change: object): Promise<void> {
  await operate('PUT', pairPath, change);
  await exporter.policySync();
}

describe('a WL that nobody has created yet', () => {
  test('imports nothing and says why', async () => {
    const result = await importer.importNow();
    expect(result).toMatchObject({ imported: 0 });
    expect(result.warnings).toEqual(
      expect.arrayContaining(['registration.pending', 'policy.stale', 'relationships.stale']),
    );
  });
});

describe('once the operator has created both and related them', () => {
  beforeAll(async () => {
    for (const [id, name] of [
      [EXPORTER, 'wl-exporter'],
      [IMPORTER, 'wl-importer'],
    ]) {
      const policy = { importEnabled: true, exportEnabled: true, visibilityEnabled: true };
      await operate('POST', '/admin/api/wls', { id, name, status: 'active', policy });
    }
    await operate('PUT', pairPath, { status: 'active', fxRate: 1.23456789, limitAmount: 100_000 });
  });

  test('a sync registers, pulls and gets tokens, and the other side is known', async () => {
    const first = await exporter.policySync();
    expect(first.warnings).toEqual([]);
    expect(first.applied.map(({ kind }) => kind)).toEqual(['POLICY', 'RELATIONSHIP']);
    await importer.policySync();
    expect(await readPartner(importerDb.db, EXPORTER)).toMatchObject({
      peerUrl: node.tlsUrl,
      currency: 'XEX',
    });
    expect((await readPartner(importerDb.db, EXPORTER))?.eventKeys?.keys).toHaveLength(1);
    for (const audience of [EXPORTER, IMPORTER]) {
      expect(await importer.tokens.peerToken(audience)).toBeDefined();
    }
    expect(await importer.tokens.peerToken('11111111-1111-4111-8111-111111111111')).toBe(undefined);
  });

  test('a second pull without a change applies nothing', async () => {
    expect(await importer.policySync()).toEqual({ applied: [], warnings: [] });
    const events = await importerDb.db
      .selectFrom('outbox')
      .selectAll()
      .orderBy('occurred_at')
      .execute();
    expect(events.map(({ type }) => type)).toEqual([
      'trader.account.confirmed',
      'policy.applied',
      'policy.applied',
    ]);
  });

  test('the offers are imported with the local price', async () => {
    const result = await importer.importNow();
    expect(result).toEqual({ imported: 24, updated: 0, disabled: 0, warnings: [] });
    const [row] = await listImportedOffers(importerDb.db, 1);
    expect(row).toMatchObject({ unit_price_minor: 98_77n, currency: 'XIM', available: 5 });
    expect(await importer.offerSync()).toMatchObject({ imported: 0, updated: 0, disabled: 0 });
  });

  test('a nudge over mTLS makes the exporter pull', async () => {
    await operate('PUT', pairPath, { fxRate: '2' });
    const answer = await callJson({
      agent: identities.controlPlane.agent,
      method: 'POST',
      url: `${node.tlsUrl}/api/v2/control-plane/policies/changed`,
      body: { wlId: EXPORTER },
      timeoutMs: 5_000,
    });
    expect(answer.status).toBe(202);
    await exporter.client.workflow.getHandle('policy-sync').result();
    expect((await readRelationship(exporterDb.db, EXPORTER, IMPORTER))?.revision).toBe(2);
  });
});

describe('export_policy', () => {
  const policy = (change: object) => ({
    enabled: true,
    include_categories: [],
    exclude_categories: [],
    entity_allowlist: [],
    entity_blocklist: [],
    ...change,
  });
  type Entry = (typeof CATALOGUE)[number];
  const SCENARIOS: readonly (readonly [string, object, (offer: Entry) => boolean])[] = [
    ['none exportable', policy({ enabled: false }), () => false],
    ['single category', policy({ include_categories: ['7'] }), ({ category }) => category === '7'],
    [
      'exclude category',
      policy({ exclude_categories: ['15'] }),
      ({ category }) => category !== '15',
    ],
    [
      'entity allowlist',
      policy({ entity_allowlist: ['e1', 'e3'] }),
      ({ entity }) => entity === 'e1' || entity === 'e3',
    ],
    ['entity blocklist', policy({ entity_blocklist: ['e2'] }), ({ entity }) => entity !== 'e2'],
  ];
  test.each(SCENARIOS)('%s: imported is what the policy admits', async (_name, pulled, admits) => {
    await changePair({ export_policy: pulled });
    await importer.importNow();
    const expected = CATALOGUE.filter(admits).map(({ offerId }) => offerId);
    expect((await eligible()).sort()).toEqual(expected);
  });

  afterAll(() => changePair({ export_policy: policy({}) }));
});

describe('when something is wrong', () => {
  test('a pull that is not signed with the shared secret is refused, and healed', async () => {
    const stolen = Buffer.from('another secret of 24 byte').toString('base64');
    await saveSecret(importerDb.db, testSealer('i1'), 'policy', stolen);
    const before = await readRelationship(importerDb.db, EXPORTER, IMPORTER);
    await operate('PUT', pairPath, { fxRate: '3' });
    const refused = await importer.policySync();
    expect(refused).toEqual({ applied: [], warnings: ['policy.stale'] });
    expect(await readRelationship(importerDb.db, EXPORTER, IMPORTER)).toEqual(before);
    const healed = await importer.policySync();
    expect(healed.applied).toMatchObject([{ kind: 'RELATIONSHIP' }]);
    expect(healed.warnings).toEqual([]);
  });

  test('an exporter that is down is a warning; its offers stay', async () => {
    await importer.importNow();
    const count = (await eligible()).length;
    await sql`UPDATE partner SET peer_url = 'https://wl-exporter.localhost:1'
      WHERE wl_id = ${EXPORTER}`.execute(importerDb.db);
    const result = await importer.offerSync();
    expect(result.warnings).toEqual([`exporter.unreachable:${EXPORTER}`]);
    expect(await eligible()).toHaveLength(count);
    await sql`UPDATE partner SET peer_url = ${node.tlsUrl} WHERE wl_id = ${EXPORTER}`.execute(
      importerDb.db,
    );
  });

  test('own import switched off closes every imported offer', async () => {
    const path = `/admin/api/wls/${IMPORTER}/policies`;
    await operate('PUT', path, { importEnabled: false });
    const result = await importer.importNow();
    expect(result.warnings).toEqual(['import.disabled']);
    expect(await eligible()).toEqual([]);
    await operate('PUT', path, { importEnabled: true });
    await importer.importNow();
    expect(await eligible()).toHaveLength(24);
  });
});

describe('what is kept of the Control Plane', () => {
  test('is sealed: no token or secret stands in the database in the clear', async () => {
    const token = await importer.tokens.wlToken();
    const secrets = await sql<{ row: string }>`
      SELECT control_token::text AS row FROM control_token
      UNION ALL SELECT control_secret::text FROM control_secret
      UNION ALL SELECT event_key::text FROM event_key
      UNION ALL SELECT trader_account::text FROM trader_account`.execute(importerDb.db);
    const text = secrets.rows.map(({ row }) => row).join('\n');
    expect(token).toBeDefined();
    expect(text).not.toContain(token?.slice(0, 40));
    expect(text).not.toMatch(/whsec_|PRIVATE KEY|eyJ|trader@example/);
  });

  test('survives the rotation of the sealing key', async () => {
    const known = WL_SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`);
    expect(new Set(known)).toEqual(new Set(await sealedColumnsOf(importerDb.pool)));
    const both = testSealer('i2', 'i1');
    expect(await resealWl(importerDb.db, both)).toBeGreaterThanOrEqual(5);
    expect(await resealWl(importerDb.db, both)).toBe(0);
    const { thumbprint } = importer.governance;
    const onlyNew = {
      db: importerDb.db,
      sealer: testSealer('i2'),
      clock: CLOCK,
      log: LOG,
      thumbprint,
    };
    expect(await createTokenStore(onlyNew).peerToken(EXPORTER)).toBeDefined();
    // The worker of this test still has the old key alone.
    await resealWl(importerDb.db, testSealer('i1', 'i2'));
  });

  test('schedules are made once, and changed where they are there', async () => {
    const schedule = (everySeconds: number) => ({
      ...{ id: 'policy-sync', workflow: POLICY_SYNC, taskQueue: BACKGROUND_QUEUE },
      everySeconds,
    });
    const { client } = importer;
    await Promise.all([
      ensureSchedules(client, [schedule(3_600)]),
      ensureSchedules(client, [schedule(3_600)]),
    ]);
    await ensureSchedules(client, [schedule(1_800)]);
    const handle = client.schedule.getHandle('policy-sync');
    const { spec, action, policies } = await handle.describe();
    expect(spec.intervals).toMatchObject([{ every: 1_800_000 }]);
    expect(action).toMatchObject({ workflowType: POLICY_SYNC, taskQueue: BACKGROUND_QUEUE });
    expect(policies.overlap).toBe('SKIP');
    await handle.delete();
  });

  test('carries a restarted WL while the Control Plane is dead', async () => {
    await controlPlane.kill();
    // As a process that has just started: nothing in memory.
    const { governance } = importer;
    const { thumbprint } = governance;
    const fresh = { db: importerDb.db, clock: CLOCK, log: LOG, thumbprint };
    const tokens = createTokenStore({ ...fresh, sealer: testSealer('i1') });
    const token = await tokens.peerToken(EXPORTER);
    expect(token).toBeDefined();
    const keys = createKeySource({
      ...{ db: exporterDb.db, clock: CLOCK, log: LOG },
      controlPlane: exporter.governance.controlPlane,
    });
    const verifier = createTokenVerifier({
      ...{ issuer: ISSUER, audience: EXPORTER, clock: CLOCK },
      keysFor: (kid) => keys.keysFor(kid),
    });
    const verification = await verifier.verify(token, {
      listener: 'tls',
      certificateThumbprint: identities.importer.thumbprint,
      requiredScopes: ['offers:sync', 'trader:purchase'],
    });
    expect(verification).toMatchObject({ ok: true, claims: { sub: IMPORTER } });
    await expect(governance.controlPlane.readKeys()).rejects.toThrow('can not be reached');
    expect(await importer.offerSync()).toMatchObject({ warnings: [] });
    const { warnings } = await importer.importNow();
    expect(warnings).toEqual(['keys.stale', 'policy.stale']);
  });
});
