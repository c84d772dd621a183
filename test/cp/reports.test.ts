import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { readMoves } from '../../db/cp/reports/balance.ts';
import { countTrades, volumeByMonth } from '../../db/cp/reports/metrics.ts';
import { applyTradeEvents } from '../../db/cp/trades/apply.ts';
import { movePair } from '../../db/cp/pair.ts';
import { inTransaction } from '../../db/pool.ts';
import { startOfBucket } from '../../domain/telemetry/buckets.ts';
import {
  story,
  type Partners,
  type StoryFigures,
  type StoryName,
} from '../support/trade-events.ts';
import { sender } from './telemetry/events.ts';
import {
  EXPORTER,
  IMPORTER,
  pairPath,
  refusalOf,
  registerBoth,
  startControlPlane,
  type Stage,
} from './stage.ts';

const PARTNERS = { importer: IMPORTER, exporter: EXPORTER };
const LONG = 60_000;
const MARCH = new Date('2026-03-05T10:00:00.000Z');
const TICK_MS = 20;
const DAY_MS = 86_400_000;
let stage: Stage;
let sold: ReturnType<typeof story>;

const tell = async (name: StoryName, figures: StoryFigures = {}, partners: Partners = PARTNERS) => {
  const told = story(name, partners, { startedAt: MARCH, ...figures });
  await inTransaction(stage.db, (tx) => applyTradeEvents(tx, told.events));
  return told;
};

const get = (path: string, token = stage.master, headers = {}) =>
  stage.ask({ path, token, headers });

interface Report {
  readonly bucket: string;
  readonly items: readonly (Record<string, unknown> & { readonly trend: readonly object[] })[];
  readonly consolidated: readonly object[];
  readonly nextCursor?: string;
}

const balance = async (query: string): Promise<Report> => {
  const { status, body, text } = await get(`/reports/trade-balance?${query}`);
  if (status !== 200) throw new Error(`no report: ${status} ${text}`);
  return body as Report;
};

let beforeSettlement: string;

beforeAll(async () => {
  stage = await startControlPlane();
  await registerBoth(stage);
  await sender(stage, EXPORTER);
  await sender(stage, IMPORTER);
  sold = await tell('confirmed', { amountMinor: 240_00n, paidMinor: 296_31n });
  await tell('held', { amountMinor: 10_00n });
  await tell('unseen', { amountMinor: 7_00n });
  await delay(TICK_MS);
  beforeSettlement = new Date().toISOString();
  await delay(TICK_MS);
  const pair = { src: EXPORTER, dst: IMPORTER };
  const at = new Date('2026-03-06T09:00:00.000Z');
  await inTransaction(stage.db, (tx) =>
    movePair(tx, pair, {
      ...{ kind: 'SETTLEMENT_RECEIVED', reference: randomUUID(), at },
      deltas: { settlementsReceived: 40_00n },
    }),
  );
  const body = { limitAmount: '1000.00', updatedBy: 'ana', updatedSource: 'test' };
  await stage.ask({
    method: 'PUT',
    path: pairPath(EXPORTER, IMPORTER),
    body,
    token: stage.master,
  });
}, LONG);
afterAll(() => stage.stop());

const PERIOD = 'from=2026-03-04T00:00:00Z&to=2026-03-08T00:00:00Z';

describe('/reports/trade-balance', () => {
  test('each direction with its figures, its limit and its days', async () => {
    const { items, bucket } = await balance(`wlId=${EXPORTER}&${PERIOD}`);
    expect(bucket).toBe('day');
    expect(items).toMatchObject([
      {
        ...{ wlId: EXPORTER, partner: IMPORTER, currency: 'XEX' },
        ...{ exports: '240.00', imports: '0.00', net_delta: '240.00', reserved: '10.00' },
        settlements: { received: '40.00', paid: '0.00' },
        ...{ exposure: '210.00', limit: '1000.00', percent: '21.0', status: 'ACTIVE' },
        ...{ disabled: false, provisional: { trades: 1, amount: '7.00' } },
        trend: [
          { from: '2026-03-04T00:00:00.000Z', exports: '0.00', exposure: '0.00' },
          { from: '2026-03-05T00:00:00.000Z', exports: '240.00', exposure: '250.00' },
          { from: '2026-03-06T00:00:00.000Z', exports: '0.00', exposure: '210.00' },
          { from: '2026-03-07T00:00:00.000Z', exports: '0.00', exposure: '210.00' },
        ],
      },
    ]);
  });

  test("the buyer's side counts what its buyers paid, in its currency", async () => {
    const { items, consolidated } = await balance(`wlId=${IMPORTER}`);
    const figures = { currency: 'XIM', imports: '296.31', net_delta: '-296.31' };
    expect(items).toMatchObject([{ ...figures, partner: EXPORTER, exposure: '-296.31' }]);
    expect(consolidated).toMatchObject([{ ...figures, wlId: IMPORTER, partners: 1 }]);
  });

  test('as of an instant: what was known then, under the limit of then', async () => {
    const query = `wlId=${EXPORTER}&asOf=${beforeSettlement}`;
    expect((await balance(query)).items).toMatchObject([
      {
        ...{ exports: '240.00', exposure: '250.00', limit: '100000.00', provisional: null },
        settlements: { received: '0.00' },
      },
    ]);
    const [early] = (await balance(`wlId=${EXPORTER}&asOf=2026-01-01T00:00:00Z`)).items;
    expect(early).toMatchObject({ exports: '0.00', exposure: '0.00', limit: null });
  });

  test('pages, and as a table of all pairs', async () => {
    const first = await balance('limit=1');
    expect(first.items).toMatchObject([{ wlId: IMPORTER }]);
    const second = await balance(`limit=1&cursor=${first.nextCursor}`);
    expect(second.items).toMatchObject([{ wlId: EXPORTER }]);
    expect(second.nextCursor).toBeUndefined();
    const csv = await get('/reports/trade-balance?limit=1', stage.master, { accept: 'text/csv' });
    const [header, ...lines] = csv.text.trim().split('\n');
    expect(header).toContain('wlId,partner,currency,exports,imports,net_delta');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain(`${EXPORTER},${IMPORTER},XEX,240.00,0.00,240.00`);
  });

  test('a white label sees itself and nobody else', async () => {
    const own = await sender(stage, IMPORTER);
    const ask = (query: string) =>
      stage.ask({ path: `/reports/trade-balance${query}`, token: own.token, as: own.tls });
    expect((await ask('')).body).toMatchObject({ items: [{ wlId: IMPORTER }] });
    expect(refusalOf(await ask(`?wlId=${EXPORTER}`))).toBe('403 FORBIDDEN');
    const nobody = await stage.ask({ path: '/reports/trade-balance' });
    expect(refusalOf(nobody)).toBe('401 TOKEN_MISSING');
  });

  test.each(['from=2026-03-04T00:00:00Z&to=2026-03-03T00:00:00Z', 'from=1999-01-01T00:00:00Z'])(
    'no report of %s',
    async (query) => {
      const refused = await get(`/reports/trade-balance?${query}`);
      expect(refusalOf(refused)).toBe('422 VALIDATION_FAILED');
    },
  );
});

test('/reports/metrics counts, divides and measures', async () => {
  await tell('refused');
  await tell('reversed');
  const march = 'from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z';
  const { body } = await get(`/reports/metrics?${march}&wlId=${EXPORTER}`);
  const counts = { trades: 5, pending: 1, provisional: 1, confirmed: 1, rejected: 1, reversed: 1 };
  expect(body).toMatchObject({
    totals: { ...counts, confirmedRate: '0.2000', rejectedRate: '0.2000' },
    pairs: [{ src: EXPORTER, dst: IMPORTER, ...counts }],
    reasons: [{ reason: 'OUT_OF_STOCK', trades: 1, rate: '1.0000' }],
    gmv: [{ month: '2026-03', currency: 'XEX', trades: 1, amount: '240.00' }],
    conversion: [{ offerId: 'offer-1', attempts: 4, confirmed: 2, rate: '0.5000' }],
    slo: {
      confirm: { targetMs: 500, latency: { count: 3, p99: 80 } },
      purchase: { latency: { count: 2, p50: 120, max: 120 } },
      signals: { acked: { count: 0, p99: null } },
      policyDrift: { targetMs: 300_000 },
    },
  });
  const { body: brief } = await get(`/reports/metrics?${march}&wlId=${EXPORTER}&brief=true`);
  const { totals, pairs } = body as { totals: object; pairs: object[] };
  expect(brief).toMatchObject({ totals, pairs });
  expect(Object.keys(brief as object)).not.toContain('conversion');
  expect((await get(`/reports/metrics?${march}&wlId=${randomUUID()}`)).body).toMatchObject({
    totals: { trades: 0, confirmedRate: null },
    slo: { confirm: { latency: { count: 0, p50: null } } },
  });
  const risk = await stage.ask({ path: '/reports/metrics' });
  expect(refusalOf(risk)).toBe('401 TOKEN_MISSING');
});

describe('/admin/api/trades', () => {
  const list = async (query: string) =>
    (await get(`/admin/api/trades?${query}`)).body as { items: object[]; nextCursor?: string };

  test('filters by side, status, time and words', async () => {
    const found = async (query: string) => (await list(query)).items.length;
    const both = `wl=${EXPORTER}&partner=${IMPORTER}`;
    expect(await found(both)).toBe(5);
    expect(await found(`wl=${randomUUID()}`)).toBe(0);
    expect(await found(`${both}&status=CONFIRMED`)).toBe(1);
    expect(await found(`${both}&status=PROVISIONAL&stale=false&parked=false`)).toBe(1);
    expect(await found(`${both}&text=VIOL%C3%83O`)).toBe(5);
    expect(await found('text=%25')).toBe(0);
    expect(await found(`text=${sold.tradeId.slice(4, 20)}`)).toBe(1);
    expect(await found('from=2026-03-05T10:00:00.001Z')).toBe(0);
  });

  test('pages through all of them once', async () => {
    const seen: object[] = [];
    let cursor = '';
    do {
      const page = await list(`limit=1${cursor}`);
      seen.push(...page.items);
      cursor = page.nextCursor === undefined ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(new Set(seen.map((item) => (item as { tradeId: string }).tradeId)).size).toBe(5);
  });

  test('details name everything, with the word of each side', async () => {
    const { body } = await get(`/admin/api/trades/${sold.tradeId}/details`);
    expect(body).toMatchObject({
      ...{ tradeId: sold.tradeId, status: 'CONFIRMED', reason: null },
      importer: { wlId: IMPORTER, name: 'wl-importer' },
      exporter: { wlId: EXPORTER, name: 'wl-exporter' },
      offer: { id: 'offer-1', title: 'Curso de violão', category: 'Música' },
      ...{ seller: 'Escola Tom', buyerMasked: 'qa***@xpory.local', quantity: 3 },
      ...{ unitPrice: '80.00', currency: 'XEX', amount: '240.00', fxRate: '1.23456789' },
      ...{ importedUnitPrice: '98.77', importedCurrency: 'XIM', importedAmount: '296.31' },
      sides: {
        importer: { status: 'CONFIRMED', version: 3 },
        exporter: { status: 'CONFIRMED', version: 2 },
      },
      counted: { exports: '240.00', reserved: '0.00', imports: '296.31' },
      mismatches: [],
    });
    expect(JSON.stringify(body)).not.toContain('"-"');
  });

  test('an id that two importers use needs one of them', async () => {
    const tradeId = randomUUID();
    const other = randomUUID();
    await tell('held', { tradeId });
    await tell('held', { tradeId }, { importer: other, exporter: EXPORTER });
    const path = `/admin/api/trades/${tradeId}`;
    expect(refusalOf(await get(path))).toBe('409 CONFLICT');
    expect(refusalOf(await get(`${path}/details`))).toBe('409 CONFLICT');
    const named = await get(`${path}?importer=${other}`);
    expect(named.body).toMatchObject({ importer: { wlId: other, name: null } });
    expect(refusalOf(await get(`/admin/api/trades/${randomUUID()}`))).toBe('404 NOT_FOUND');
  });
});

describe('sums of days are the rows themselves', () => {
  const at = (text: string) => new Date(text);
  const PERIODS = [
    { from: at('2026-03-01T00:00:00Z'), to: at('2026-06-01T00:00:00Z') },
    { from: at('2026-03-31T12:00:00.001Z'), to: at('2026-04-02T09:30:00Z') },
    { from: at('2026-04-01T08:00:00Z'), to: at('2026-04-01T08:00:00.001Z') },
    { from: at('2026-04-01T00:00:00Z'), to: at('2026-04-02T00:00:00Z') },
  ] as const;

  test('counts and volume of any period, however the trades went', async () => {
    const starts = ['2026-03-31T12:00:00Z', '2026-03-31T23:59:59.999Z', '2026-04-01T08:00:00Z'];
    for (const startedAt of [...starts, '2026-04-02T09:30:00Z'].map(at)) {
      for (const name of ['confirmed', 'refused', 'reversed', 'held', 'bornRefused'] as const) {
        await tell(name, { startedAt });
      }
    }
    for (const period of PERIODS) {
      const { byDay, byReason, byStatus } = await countTrades(stage.db, period);
      const { rows } = await sql<{ key: string; trades: number; amount: string | null }>`
        SELECT to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') || status AS key,
               count(*)::integer AS trades
          FROM trade WHERE started_at >= ${period.from} AND started_at < ${period.to}
         GROUP BY key ORDER BY key`.execute(stage.db);
      expect(
        byDay.map(({ day, status, trades }) => ({ key: day + status, trades })).toSorted(byKey),
      ).toEqual(rows.toSorted(byKey));
      const all = rows.reduce((sum, { trades }) => sum + trades, 0);
      expect(byStatus.reduce((sum, { trades }) => sum + trades, 0)).toBe(all);
      const { rows: refused } = await sql`
        SELECT reason, count(*)::integer AS trades FROM trade
         WHERE started_at >= ${period.from} AND started_at < ${period.to}
           AND status = 'REJECTED' AND reason IS NOT NULL
         GROUP BY exporter, importer, reason ORDER BY trades DESC, reason`.execute(stage.db);
      expect(byReason.map(({ reason, trades }) => ({ reason, trades }))).toEqual(refused);
      const { rows: sales } = await sql`
        SELECT to_char(confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month,
               count(*)::integer AS trades, sum(sold_amount::numeric)::text AS amount
          FROM trade WHERE started_at >= ${period.from} AND started_at < ${period.to}
           AND status = 'CONFIRMED' AND confirmed_at IS NOT NULL
         GROUP BY month ORDER BY month`.execute(stage.db);
      const volume = await volumeByMonth(stage.db, period);
      expect(volume.map(({ month, trades, amount }) => ({ month, trades, amount }))).toEqual(sales);
    }
    const { rows: left } = await sql`SELECT day FROM trade_day WHERE trades < 0`.execute(stage.db);
    expect(left).toEqual([]);
  });

  test('moves as they were known at any instant', async () => {
    const pair = { src: EXPORTER, dst: IMPORTER };
    const days = [-3, -2, -1, 0];
    for (const day of days) {
      await sql`UPDATE clock_offset SET offset_ms = ${day * DAY_MS}`.execute(stage.db);
      for (const late of [0, 1]) {
        const happened = new Date(Date.now() + (day - late) * DAY_MS);
        const deltas = { exports: 1_00n, reserved: BigInt(late) };
        await inTransaction(stage.db, (tx) =>
          movePair(tx, pair, { kind: 'EXPORT', reference: randomUUID(), deltas, at: happened }),
        );
      }
    }
    const journal = await stage.db.selectFrom('pair_journal').selectAll().execute();
    const own = journal.filter(({ src }) => src === EXPORTER);
    const from = at('2026-01-01T00:00:00Z');
    // The rows have microseconds: the next whole millisecond is after each of them.
    for (const asOf of own.map(({ recorded_at: known }) => new Date(+known + 1))) {
      for (const bucket of ['hour', 'day', 'month'] as const) {
        const moves = await readMoves(stage.db, [pair], { from, asOf, bucket });
        const known = own.filter(({ recorded_at: recorded }) => recorded < asOf);
        expect(moves.reduce((sum, { parts }) => sum + parts.exports, 0n)).toBe(
          known.reduce((sum, entry) => sum + entry.exports_delta, 0n),
        );
        const starts = new Set(known.map((entry) => +startOfBucket(entry.occurred_at, bucket)));
        expect(new Set(moves.map((move) => +move.from))).toEqual(starts);
      }
    }
  });
});

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : 1;
}
