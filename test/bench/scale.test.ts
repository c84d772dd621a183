import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { shapeOf } from '../../bench/scale/fit.ts';
import { openSession, type Session } from '../../bench/scale/measure.ts';
import { multiply } from '../../bench/scale/multiply.ts';
import { lookAtPlans, type Finding } from '../../bench/scale/plans.ts';
import { connect } from '../../bench/scale/server.ts';
import { readBooks, WL_HISTORY, writeTemplates } from '../../bench/scale/white-label.ts';
import { WL_WORKS, type WlSubject } from '../../bench/scale/wl-works.ts';
import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import { AGED, forgetAged } from '../../db/cp/retention.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { oldestOpenSeconds, openDeliveries } from '../../db/cp/signals/gateway.ts';
import { migrate } from '../../db/migrator.ts';
import { createDatabase } from '../../db/pool.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { startWlDatabases, type TestServer } from '../wl/database.ts';

const LONG_MS = 120_000;
const OFFERS = 4_000;
const PURCHASES = 25;
/** Past 5,000 trades, half of them of the last thirty days. */
const COPIES = 200;
const SPAN_HOURS = 60 * 24;
/** A server tries its own plans five times before it keeps one for all parameters. */
const TURNS = 8;

let server: TestServer;

beforeAll(async () => {
  server = await startWlDatabases(['wl'], ['cp']);
  await writeTemplates(server.urlFor('wl'), { offers: OFFERS, purchases: PURCHASES });
  const filler = await connect(server.urlFor('wl'));
  const progress = (): void => undefined;
  await multiply(filler, WL_HISTORY, { copies: COPIES, spanHours: SPAN_HOURS, progress });
  await filler.query('VACUUM (ANALYZE)');
  await filler.end();
}, LONG_MS);
afterAll(() => server.stop());

/** The plans that the server has used, as long as they read what they need not. */
async function readingAll<S>(session: Session<S>): Promise<string[]> {
  const findings = await lookAtPlans(server, session);
  return findings
    .filter(({ isUsed }) => isUsed)
    .map(({ node, table, statement }: Finding) => `${node} ${table}: ${statement}`);
}

async function openWl(): Promise<Session<WlSubject>> {
  const session = await openSession(server.urlFor('wl'), 'wl', (pool) =>
    readBooks(pool, createDatabase<WlTables>(pool)),
  );
  // Those that look for the ids of the books are none of the product's.
  session.sent.clear();
  return session;
}

describe('with thousands of trades', () => {
  /** What reads all offers or pairs by what it is. */
  const works = WL_WORKS.filter(({ linearIn }) => linearIn === undefined);
  test.each(works.map((work) => [work.name, work] as const))(
    'a plan of "%s" starts at a bound of an index',
    async (_name, work) => {
      const session = await openWl();
      for (let turn = 0; turn < TURNS; turn += 1) {
        for (const step of work.steps) await step.run(session.subject, PURCHASES + turn);
      }
      expect(await readingAll(session)).toEqual([]);
      await session.pool.end();
    },
  );

  test('a velocity rule reads the holds of its window and no older ones', async () => {
    const session = await openWl();
    const [purchase] = WL_WORKS;
    for (const step of purchase?.steps ?? []) await step.run(session.subject, 2 * PURCHASES);
    const text = [...session.sent.keys()].find((sent) => sent.includes('windowMinor'));
    const db = await connect(server.urlFor('wl'));
    const { rows } = await db.query(`EXPLAIN (GENERIC_PLAN) ${text}`);
    const lines = rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n');
    expect(lines).toMatch(/exposure_journal_window.*\n.*Index Cond: .*\bat > /);
    expect(lines).not.toMatch(/Seq Scan|Hash/);
    await db.end();
    await session.pool.end();
  });

  test('the copies of a trade are found by their own ids in every table', async () => {
    const db = await connect(server.urlFor('wl'));
    const { rows } = await db.query<Record<string, bigint>>(`
      SELECT count(*) AS trades, count(DISTINCT trade.trade_id) AS ids,
             count(*) FILTER (WHERE NOT EXISTS (SELECT FROM trade_transition AS own
               WHERE own.trade_id = trade.trade_id)) AS untold,
             count(*) FILTER (WHERE state = 'CONFIRMED' AND NOT EXISTS (
               SELECT FROM ledger_transaction JOIN posting USING (transaction_id)
                WHERE ledger_transaction.trade_id = trade.trade_id)) AS unbooked,
             count(*) FILTER (WHERE state = 'CONFIRMED' AND NOT EXISTS (
               SELECT FROM hold WHERE hold.trade_id = trade.trade_id::text)) AS unheld
        FROM trade WHERE created_at < clock() - interval '1 hour'`);
    expect(rows).toEqual([
      {
        ...{ trades: BigInt(PURCHASES * COPIES), ids: BigInt(PURCHASES * COPIES) },
        ...{ untold: 0n, unbooked: 0n, unheld: 0n },
      },
    ]);
    await db.end();
  });
});

test(
  'what the Control Plane forgets, and what it waits for, is found from a bound of an index',
  async () => {
    await migrate(server.urlFor('cp'), CP_MIGRATIONS);
    const filler = await connect(server.urlFor('cp'));
    await filler.query(`INSERT INTO event_seen SELECT uuidv7(), uuidv7(), clock()
      FROM generate_series(1, 5000)`);
    await filler.query(`SET session_replication_role = replica`);
    await filler.query(`INSERT INTO signal_delivery (signal_id, wl_id, state, acked_at)
      SELECT uuidv7(), uuidv7(), 'ACKED', clock() FROM generate_series(1, 5000)`);
    await filler.query('VACUUM (ANALYZE)');
    await filler.end();
    const session = await openSession(server.urlFor('cp'), 'cp', async (pool) =>
      createDatabase<CpSchema>(pool),
    );
    const db = session.subject;
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const aged of AGED) await forgetAged(db, aged, 100);
      await openDeliveries(db, '00000000-0000-4000-8000-000000000001', 100);
      await oldestOpenSeconds(db);
    }
    expect(await readingAll(session)).toEqual([]);
    const { rows } = await sql`SELECT count(*)::integer AS kept FROM event_seen`.execute(db);
    expect(rows).toEqual([{ kept: 5_000 }]);
    await session.pool.end();
  },
  LONG_MS,
);

describe('the shape of a slope', () => {
  const sizes = [1_000, 50_000, 1_000_000];
  test.each([
    ['flat', [1, 1.1, 1.2]],
    ['log', [1, 1.6, 1.9]],
    ['linear', [1, 3, 41]],
    ['more than linear', [1, 100, 5_000]],
  ] as const)('is %s', (shape, costs) => {
    expect(shapeOf(sizes, costs)).toBe(shape);
  });
});
