import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql, type Kysely } from 'kysely';
import { pino } from 'pino';
import {
  createControlPlaneClient,
  type ControlPlaneClient,
} from '../../../activities/clients/control-plane.ts';
import { createKeySource } from '../../../activities/clients/jwks.ts';
import type { GovernanceDeps } from '../../../activities/governance/deps.ts';
import { pullPolicies } from '../../../activities/governance/pull-policies.ts';
import { refreshTokens } from '../../../activities/governance/refresh-tokens.ts';
import { register } from '../../../activities/governance/register.ts';
import { movePair } from '../../../db/cp/pair.ts';
import type { CpSchema } from '../../../db/cp/schema.ts';
import { confirmSettlement, recordSettlement } from '../../../db/cp/settlements/desk.ts';
import { createDatabase, createPool, inTransaction } from '../../../db/pool.ts';
import type { WlTables } from '../../../db/wl/schema.ts';
import { minor } from '../../../domain/shared/money.ts';
import { checkInvariants } from '../../../invariants/index.ts';
import { CP_SUBJECT_URI } from '../../../runtime/tls.ts';
import { createTestPki } from '../../support/certificates.ts';
import { startControlPlane, type TestControlPlane } from '../../wl/control-plane.ts';
import { startWlDatabases, testSealer, type TestServer } from '../../wl/database.ts';
import { EXPORTER, IMPORTER } from '../../wl/documents.ts';
import { identity, wlIdentity, type Identity } from '../../wl/node.ts';

const LONG = 120_000;
const RATE = '1.23456789';
const PAIR = { src: EXPORTER, dst: IMPORTER };
const author = (actor: string) => ({ actor, source: 'test', correlationId: randomUUID() });

/** A WL that pulls as its worker does, over a connection that loses answers when it is told to. */
interface Puller {
  readonly db: Kysely<WlTables>;
  /** How many of the next answers get lost on their way. */
  lose: number;
  pull(): Promise<void>;
  settled(): Promise<string[]>;
}

let server: TestServer;
let controlPlane: TestControlPlane;
let cp: Kysely<CpSchema>;
let payer: Puller;
let payee: Puller;
const identities: Identity[] = [];

beforeAll(async () => {
  const pki = await createTestPki();
  server = await startWlDatabases(['exporter', 'importer'], ['cp']);
  const { tls, agent } = keep(await identity(pki, CP_SUBJECT_URI));
  controlPlane = await startControlPlane({ databaseUrl: server.urlFor('cp'), tls, agent });
  const options = { size: 10, applicationName: 'test', onError: () => undefined };
  cp = createDatabase<CpSchema>(createPool({ url: server.urlFor('cp'), ...options }));
  for (const [id, name] of Object.entries({ [EXPORTER]: 'exporter', [IMPORTER]: 'importer' })) {
    await controlPlane.ask('POST', '/admin/api/wls', { id, name, status: 'active' });
  }
  const terms = { status: 'active', fxRate: RATE, limitAmount: '1000000.00' };
  await controlPlane.ask('PUT', `/admin/api/relationships/${EXPORTER}/${IMPORTER}`, terms);
  payee = await puller('exporter', keep(await wlIdentity(pki, EXPORTER)));
  payer = await puller('importer', keep(await wlIdentity(pki, IMPORTER)));
  await inTransaction(cp, async (tx) => {
    const deltas = { exports: 500_000_00n };
    await movePair(tx, PAIR, { kind: 'EXPORT', reference: 'all', deltas, at: new Date() });
  });
}, LONG);

afterAll(async () => {
  await cp.destroy();
  await controlPlane.stop();
  await Promise.all(identities.map(({ agent }) => agent.close()));
  await server.stop();
}, LONG);

function keep(one: Identity): Identity {
  identities.push(one);
  return one;
}

async function puller(slug: 'exporter' | 'importer', own: Identity): Promise<Puller> {
  const { db } = server.open(slug);
  const [wlId, currency] = slug === 'exporter' ? [EXPORTER, 'XEX'] : [IMPORTER, 'XIM'];
  const { agent, tls } = own;
  const clock = (): Date => new Date();
  const authorities = () => tls.ca;
  const client = createControlPlaneClient({ agent, cpUrl: controlPlane.url, wlId, authorities });
  const lossy: ControlPlaneClient = {
    ...client,
    async pull(request) {
      const answer = await client.pull(request);
      if (party.lose === 0) return answer;
      party.lose -= 1;
      throw new Error('the answer was lost');
    },
  };
  const deps: GovernanceDeps = {
    ...{ db, sealer: testSealer(slug), controlPlane: lossy, own: { wlId, currency }, clock },
    keys: createKeySource({ db, controlPlane: client, clock, log: pino({ level: 'silent' }) }),
    log: pino({ level: 'silent' }),
    onHeadRefused: () => undefined,
    peerUrl: `https://wl-${slug}.localhost:15999`,
    cpUrl: controlPlane.url,
    thumbprint: () => own.thumbprint,
  };
  const party: Puller = {
    db,
    lose: 0,
    async pull() {
      try {
        await pullPolicies(deps, randomUUID());
      } catch (error) {
        if (!(error instanceof Error && error.message === 'the answer was lost')) throw error;
      }
    },
    async settled() {
      const rows = await db.selectFrom('settlement').selectAll().orderBy('number').execute();
      return rows.map((row) => row.settlement_id);
    },
  };
  await register(deps, 'test');
  await refreshTokens(deps);
  return party;
}

async function settle(amountMinor: bigint): Promise<string> {
  const recorded = await recordSettlement(cp, {
    ...{ id: randomUUIDv7(), pair: PAIR, amount: minor(amountMinor), note: 'test' },
    ...{ key: randomUUID(), fingerprint: 'test', author: author('maker') },
  });
  if (!recorded.ok) throw new Error(recorded.code);
  const { id } = recorded.value;
  const confirmed = await confirmSettlement(cp, { id, author: author('checker') });
  if (!confirmed.ok) throw new Error(confirmed.code);
  return id;
}

/** Exposure of each side at the Control Plane, without the trades, and in its own book. */
async function exposures() {
  const pairs = await cp.selectFrom('pair').selectAll().execute();
  const of = async ({ db }: Puller) =>
    (await db.selectFrom('pair').select('exposure_minor').executeTakeFirst())?.exposure_minor;
  const received = pairs.find(({ src }) => src === EXPORTER)?.settlements_received_minor ?? 0n;
  return {
    controlPlane: [-received, pairs.find(({ src }) => src === IMPORTER)?.settlements_paid_minor],
    books: [await of(payee), await of(payer)],
  };
}

async function violations(): Promise<readonly unknown[]> {
  const rows = await checkInvariants({
    quiet: true,
    parties: [
      { wlId: EXPORTER, slug: 'exporter', db: payee.db },
      { wlId: IMPORTER, slug: 'importer', db: payer.db },
    ],
  });
  return rows.filter(({ number }) => [2, 5, 14].includes(number)).flatMap((row) => row.violations);
}

test(
  'the payer applies first; the payee is told by the payer’s report, which comes at once',
  async () => {
    const id = await settle(240_00n);
    await payee.pull();
    expect(await payee.settled()).toEqual([]);
    await payer.pull();
    expect(await payer.settled()).toEqual([id]);
    expect(await violations()).toEqual([]);
    await payee.pull();
    expect(await payee.settled()).toEqual([id]);
    const sides = await cp
      .selectFrom('settlement_delivery')
      .selectAll()
      .orderBy('due_at')
      .execute();
    expect(sides).toMatchObject([
      { wl_id: IMPORTER, role: 'PAYER', number: 1n, applied_at: expect.any(Date) },
      { wl_id: EXPORTER, role: 'PAYEE', number: 1n, applied_at: expect.any(Date) },
    ]);
    const ordered = await cp.selectFrom('work_order').select('workflow_id').execute();
    const names = ordered.map(({ workflow_id: name }) => name);
    expect(names).toEqual(expect.arrayContaining([`settlement/${id}/${IMPORTER}`]));
    expect(names).toEqual(expect.arrayContaining([`settlement/${id}/${EXPORTER}`]));
    expect(await exposures()).toMatchObject({ books: [-240_00n, 296_30n] });
  },
  LONG,
);

test(
  'an answer that is lost, before or after the report, changes nothing but the time',
  async () => {
    const id = await settle(1_00n);
    payer.lose = 1;
    await payer.pull();
    expect(await payer.settled()).not.toContain(id);
    await payer.pull();
    expect(await payer.settled()).toContain(id);
    payee.lose = 1;
    await payee.pull();
    expect(await payee.settled()).not.toContain(id);
    await payee.pull();
    expect(await payee.settled()).toContain(id);
    expect(await violations()).toEqual([]);
  },
  LONG,
);

test(
  'sixty settlements under lost answers and pulls side by side are each applied once by both',
  async () => {
    const SETTLEMENTS = 60;
    let seed = 4_711;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    for (let settled = 0; settled < SETTLEMENTS; settled += 1) {
      await settle(BigInt(1 + random(99_999)));
      for (const party of [payer, payee]) party.lose = random(10) < 3 ? 1 + random(2) : 0;
      const pulls = Array.from({ length: random(4) }, () =>
        (random(2) === 0 ? payer : payee).pull(),
      );
      await Promise.all(pulls);
    }
    for (const party of [payer, payee]) {
      party.lose = 0;
      await party.pull();
    }
    const paid = await payer.settled();
    expect(paid).toHaveLength(new Set(paid).size);
    expect(new Set(await payee.settled())).toEqual(new Set(paid));
    expect(paid.length).toBeGreaterThanOrEqual(SETTLEMENTS);
    const { controlPlane: told, books } = await exposures();
    expect(books).toEqual(told);
    expect(await violations()).toEqual([]);
    const open = await sql<{ count: bigint }>`
      SELECT count(*) AS count FROM settlement_delivery WHERE applied_at IS NULL`.execute(cp);
    expect(open.rows).toEqual([{ count: 0n }]);
  },
  LONG,
);
