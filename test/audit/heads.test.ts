import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { createControlPlaneClient } from '../../activities/clients/control-plane.ts';
import { createKeySource } from '../../activities/clients/jwks.ts';
import { takeHead } from '../../activities/governance/audit-head.ts';
import type { GovernanceDeps, RefusedHead } from '../../activities/governance/deps.ts';
import { pullPolicies } from '../../activities/governance/pull-policies.ts';
import { refreshTokens } from '../../activities/governance/refresh-tokens.ts';
import { register } from '../../activities/governance/register.ts';
import type { SignedHead } from '../../domain/audit/head.ts';
import { CP_SUBJECT_URI } from '../../runtime/tls.ts';
import { createTestPki } from '../support/certificates.ts';
import { startControlPlane, type TestControlPlane } from '../wl/control-plane.ts';
import { startWlDatabases, testSealer, type TestServer, type TestWl } from '../wl/database.ts';
import { EXPORTER, IMPORTER } from '../wl/documents.ts';
import { identity, wlIdentity, type Identity } from '../wl/node.ts';

const LONG_MS = 60_000;
const PAIR = `/admin/api/relationships/${EXPORTER}/${IMPORTER}`;

let server: TestServer;
let wl: TestWl;
let controlPlane: TestControlPlane;
let identities: readonly Pick<Identity, 'agent'>[];
let deps: GovernanceDeps;
const refused: RefusedHead[] = [];

beforeAll(async () => {
  const pki = await createTestPki();
  const own = await wlIdentity(pki, IMPORTER);
  const { tls, agent } = await identity(pki, CP_SUBJECT_URI);
  identities = [own, { agent }];
  server = await startWlDatabases(['importer'], ['cp']);
  wl = server.open('importer');
  controlPlane = await startControlPlane({ databaseUrl: server.urlFor('cp'), tls, agent });
  for (const [id, name] of [
    [EXPORTER, 'wl-exporter'],
    [IMPORTER, 'wl-importer'],
  ]) {
    await controlPlane.ask('POST', '/admin/api/wls', { id, name, status: 'active' });
  }
  await controlPlane.ask('PUT', PAIR, { status: 'active', fxRate: 1, limitAmount: 100 });
  deps = depsOf(own);
  await register(deps, 'test');
  await refreshTokens(deps);
}, LONG_MS);
afterAll(async () => {
  await controlPlane.stop();
  await Promise.all(identities.map(({ agent }) => agent.close()));
  await server.stop();
});

function depsOf({ agent, tls, thumbprint }: Identity): GovernanceDeps {
  const { db } = wl;
  const cpUrl = controlPlane.url;
  const client = createControlPlaneClient({
    ...{ agent, cpUrl, wlId: IMPORTER, authorities: () => tls.ca },
  });
  const clock = (): Date => new Date();
  const log = pino({ level: 'silent' });
  return {
    ...{ db, sealer: testSealer('i1'), controlPlane: client, clock, cpUrl },
    keys: createKeySource({ db, controlPlane: client, clock, log }),
    own: { wlId: IMPORTER, currency: 'XIM' },
    thumbprint: () => thumbprint,
    peerUrl: 'https://wl-importer.localhost:15999',
    log,
    onHeadRefused: (head) => void refused.push(head),
  };
}

const pull = () => pullPolicies(deps, 'test');
const seen = () => wl.db.selectFrom('audit_head_seen').selectAll().orderBy('seq').execute();
const floorOf = async () => (await seen()).at(-1);
const refusals = () => refused.map(({ refusal }) => refusal);

async function inControlPlane(statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.urlFor('cp') });
  await client.connect();
  await client.query(statements);
  await client.end();
}

test('each pulled head is stored once, with its signature', async () => {
  // The very first pull makes the webhook keys, which the second one's head is past.
  await pull();
  await pull();
  await pull();
  await controlPlane.ask('PUT', PAIR, { fxRate: 2 });
  await pull();
  const rows = await seen();
  expect(rows).toHaveLength(3);
  expect(refused).toEqual([]);
  const answer = await controlPlane.ask('GET', '/admin/api/audit/verify');
  expect(answer.body).toMatchObject({
    verified: true,
    head: { seq: String(rows[2]?.seq), hash: rows[2]?.hash },
    signedHeads: { met: 3, forged: [], keyUnknown: 0 },
  });
  await expect(sql`DELETE FROM audit_head_seen`.execute(wl.db)).rejects.toThrow(/only ever added/);
});

test('a head is refused that nobody signed, another key signed, or that is another one', async () => {
  const last = await floorOf();
  const { seq = 0n, signature = '', kid = '' } = last ?? {};
  const [, body, mark] = signature.split('.');
  const under = (header: object, sign = mark) =>
    [Buffer.from(JSON.stringify(header)).toString('base64url'), body, sign].join('.');
  const cases: readonly (readonly [Partial<SignedHead>, string])[] = [
    [{}, 'SIGNATURE_INVALID'],
    [{ signature: 'no signature' }, 'SIGNATURE_INVALID'],
    [{ signature: under({ alg: 'none', kid }, '') }, 'SIGNATURE_INVALID'],
    [{ signature: under({ alg: 'RS256', kid: 'unknown' }) }, 'KEY_UNKNOWN'],
  ];
  for (const [change, refusal] of cases) {
    const head = { seq: String(seq + 1n), hash: 'other', signature, ...change };
    expect(await takeHead(deps, { head, floor: last, correlationId: 'test' })).toBe(false);
    expect(refusals().at(-1)).toBe(refusal);
  }
  expect(await floorOf()).toEqual(last);
});

test('a chain that is shorter or other than before is refused, told and written down', async () => {
  const last = await floorOf();
  const kept = refused.length;
  await inControlPlane(`CREATE TABLE head_before AS TABLE audit_head;
    UPDATE audit_head SET seq = seq - 1,
      hash = (SELECT previous_hash FROM audit WHERE audit.seq = audit_head.seq)`);
  await pull();
  await inControlPlane(`UPDATE audit_head SET seq = head_before.seq, hash = 'x' FROM head_before`);
  await pull();
  await pull();
  expect(refusals().slice(kept)).toEqual(['REWOUND', 'REWRITTEN', 'REWRITTEN']);
  const rows = await wl.db
    .selectFrom('audit')
    .select('subject')
    .where('action', '=', 'audit.head.refused')
    .where(sql<boolean>`after->>'refusal' IN ('REWOUND', 'REWRITTEN')`)
    .execute();
  expect(rows).toHaveLength(2);
  const told = await controlPlane.ask('GET', '/admin/api/audit/verify');
  expect(told.body).toMatchObject({ verified: false, brokenAt: String(last?.seq) });
});

test('a chain that is itself again is believed again', async () => {
  const kept = refused.length;
  const last = await floorOf();
  await inControlPlane(`UPDATE audit_head SET hash = head_before.hash FROM head_before;
    DROP TABLE head_before`);
  await pull();
  expect(refused).toHaveLength(kept);
  expect(await floorOf()).toEqual(last);
  const told = await controlPlane.ask('GET', '/admin/api/audit/verify');
  expect(told.body).toMatchObject({ verified: true });
});
