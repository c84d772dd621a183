import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { evaluatePair, exposureOfPair, movePair } from '../../../db/cp/pair.ts';
import { unstartedWork } from '../../../db/cp/work-order.ts';
import { inTransaction } from '../../../db/pool.ts';
import {
  auditOf,
  EXPORTER,
  IMPORTER,
  pairPath,
  refusalOf,
  registerBoth,
  startControlPlane,
  type Ask,
  type Stage,
} from '../stage.ts';

const LONG = 60_000;
const PAIR = { src: EXPORTER, dst: IMPORTER };
const BACK = { src: IMPORTER, dst: EXPORTER };

let stage: Stage;
let maker: { id: string; token: string };
let checker: { id: string; token: string };
let kicks = 0;

beforeAll(async () => {
  stage = await startControlPlane({ work: { kick: () => void (kicks += 1) } });
  await registerBoth(stage);
  await admin('PUT', `/admin/api/wls/${EXPORTER}`, { currency: 'XEX' });
  await admin('PUT', `/admin/api/wls/${IMPORTER}`, { currency: 'XIM' });
  await admin('PUT', pairPath(EXPORTER, IMPORTER), { fxRate: '1.23456789' });
  maker = await stage.person('risk');
  checker = await stage.person('risk');
}, LONG);
afterAll(() => stage.stop());

beforeEach(async () => {
  await sql`TRUNCATE settlement_delivery, settlement, compensation_step, compensation_plan,
    pair_journal, signal_attempt, signal_delivery, signal, pair, notification, work_order CASCADE`.execute(
    stage.db,
  );
  await limit('1000.00');
  await admin('PUT', pairPath(IMPORTER, EXPORTER), { limitAmount: '100000.00' });
});

const admin = (method: Ask['method'], path: string, body: object) =>
  stage.ask({ ...(method && { method }), path, body, token: stage.master });
const limit = (limitAmount: string) => admin('PUT', pairPath(EXPORTER, IMPORTER), { limitAmount });

/** A trade that both sides have reported, as the intake counts it. */
const exported = (minorUnits: bigint) =>
  inTransaction(stage.db, async (tx) => {
    const at = new Date();
    const reference = randomUUID();
    await movePair(tx, PAIR, { kind: 'EXPORT', reference, deltas: { exports: minorUnits }, at });
    const author = { actor: 'control-plane', source: 'test', correlationId: randomUUID() };
    return evaluatePair(tx, PAIR, { author, at });
  });

interface Wish {
  readonly key?: string;
  readonly token?: string;
  readonly src?: string;
}

const record = (amount: string, { key = randomUUID(), token = maker.token, ...rest }: Wish = {}) =>
  stage.ask({
    method: 'POST',
    path: '/admin/api/settlements',
    body: { src: EXPORTER, dst: IMPORTER, amount, note: 'TED 4711', ...rest },
    headers: { 'idempotency-key': key },
    token,
  });
const act = (id: string, action: 'confirm' | 'withdraw', token = checker.token) =>
  stage.ask({ method: 'POST', path: `/admin/api/settlements/${id}/${action}`, token });
const idOf = ({ body }: { body: unknown }): string => (body as { id: string }).id;
const settle = async (amount: string): Promise<string> => {
  const id = idOf(await record(amount));
  const confirmed = await act(id, 'confirm');
  expect(confirmed.status).toBe(200);
  return id;
};

async function exposure(pair: { src: string; dst: string }): Promise<bigint | undefined> {
  const row = await stage.db
    .selectFrom('pair')
    .selectAll()
    .where('src', '=', pair.src)
    .where('dst', '=', pair.dst)
    .executeTakeFirst();
  return row && exposureOfPair(row);
}

describe('recording a settlement', () => {
  test('freezes both amounts at the rate of that moment and moves nothing', async () => {
    await exported(500_00n);
    const recorded = await record('240.00');
    expect(recorded.status).toBe(201);
    expect(recorded.body).toMatchObject({
      ...{ src: EXPORTER, dst: IMPORTER, amount: '240.00', currency: 'XEX' },
      ...{ fxRate: '1.23456789', payerAmount: '296.30', payerCurrency: 'XIM' },
      ...{ state: 'PENDING', maker: maker.id, decidedBy: null, planId: null, sides: [] },
    });
    expect(await exposure(PAIR)).toBe(500_00n);
    expect((await auditOf(stage, `settlement/${idOf(recorded)}`))[0]).toMatchObject({
      action: 'settlement.recorded',
      actor: maker.id,
      after: { amount: '240.00', payerAmount: '296.30', note: 'TED 4711' },
    });
  });

  test('needs the role, a key, a relationship and a debt of that size', async () => {
    await exported(500_00n);
    const operator = await stage.person('operator');
    expect(refusalOf(await record('1.00', { token: operator.token }))).toBe('403 FORBIDDEN');
    expect(refusalOf(await record('1.00', { key: 'a b' }))).toBe('400 IDEMPOTENCY_MISSING');
    expect(refusalOf(await record('0.00'))).toBe('422 VALIDATION_FAILED');
    const strange = await record('1.00', { src: randomUUID() });
    expect(refusalOf(strange)).toBe('404 NOT_FOUND');
    const more = await record('500.01');
    expect(refusalOf(more)).toBe('409 CONFLICT');
    expect(more.text).toContain('dst owes 500.00, of which 0.00 waits');
    expect((await record('300.00')).status).toBe(201);
    const beyond = await record('200.01');
    expect(beyond.text).toContain('dst owes 500.00, of which 300.00 waits');
    expect((await record('200.00')).status).toBe(201);
  });

  test('twice under one key is one record; another body under it is refused', async () => {
    await exported(500_00n);
    const key = randomUUID();
    const twins = await Promise.all([1, 2, 3, 4].map(() => record('400.00', { key })));
    expect(twins.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 200, 201]);
    expect(new Set(twins.map(idOf)).size).toBe(1);
    const again = await record('400', { key });
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    expect(refusalOf(await record('400.01', { key }))).toBe('422 IDEMPOTENCY_MISMATCH');
  });

  test('a withdrawn one frees what it held back, and can not be confirmed', async () => {
    await exported(100_00n);
    const id = idOf(await record('100.00'));
    expect(refusalOf(await record('1.00'))).toBe('409 CONFLICT');
    expect((await act(id, 'withdraw', maker.token)).body).toMatchObject({ state: 'WITHDRAWN' });
    expect(refusalOf(await act(id, 'withdraw'))).toBe('409 CONFLICT');
    expect(refusalOf(await act(id, 'confirm'))).toBe('409 CONFLICT');
    expect((await record('100.00')).status).toBe(201);
    expect((await auditOf(stage, `settlement/${id}`))[0]).toMatchObject({
      action: 'settlement.withdrawn',
      before: { state: 'PENDING' },
      after: { state: 'WITHDRAWN' },
    });
  });
});

describe('confirming a settlement', () => {
  test('is another person, once, and moves both sides in their own currency', async () => {
    await exported(500_00n);
    const id = idOf(await record('240.00'));
    expect(refusalOf(await act(id, 'confirm', maker.token))).toBe('403 SAME_PERSON');
    expect(refusalOf(await act(randomUUID(), 'confirm'))).toBe('404 NOT_FOUND');
    const before = kicks;
    const confirms = await Promise.all([1, 2, 3].map(() => act(id, 'confirm')));
    expect(confirms.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409, 409]);
    expect(kicks).toBe(before + 1);
    expect([await exposure(PAIR), await exposure(BACK)]).toEqual([260_00n, 296_30n]);
    const journal = await stage.db.selectFrom('pair_journal').selectAll().orderBy('id').execute();
    expect(journal.filter(({ reference }) => reference === id).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['SETTLEMENT_PAID', 'SETTLEMENT_RECEIVED']),
    );
    const [listed] = ((await ask(`/admin/api/settlements?state=confirmed`)).body as Items).items;
    expect(listed).toMatchObject({
      ...{ id, state: 'CONFIRMED', decidedBy: checker.id },
      sides: [{ wlId: IMPORTER, role: 'PAYER', appliedAt: null }],
    });
    const ordered = await unstartedWork(stage.db, 100);
    expect(ordered.map(({ workflowId }) => workflowId)).toContain(`settlement/${id}/${IMPORTER}`);
  });

  test('is refused where the debt has sunk below it meanwhile', async () => {
    await exported(500_00n);
    const id = idOf(await record('400.00'));
    await exported(-200_00n);
    const refused = await act(id, 'confirm');
    expect(refusalOf(refused)).toBe('409 CONFLICT');
    expect(refused.text).toContain('dst owes 300.00');
    expect(await exposure(PAIR)).toBe(300_00n);
  });

  test('judges both pairs: the payee is enabled, the payer may be disabled', async () => {
    await admin('PUT', pairPath(IMPORTER, EXPORTER), { limitAmount: '200.00' });
    expect(await exported(1_000_01n)).toBe('DISABLE');
    await settle('200.00');
    const signals = await stage.db.selectFrom('signal').selectAll().orderBy('created_at').execute();
    expect(signals.map(({ src, action }) => `${src} ${action}`)).toEqual([
      `${EXPORTER} DISABLE`,
      `${IMPORTER} DISABLE`,
      `${EXPORTER} ENABLE`,
    ]);
  });
});

interface Items {
  readonly items: readonly Record<string, unknown>[];
}
const ask = (path: string, headers: Record<string, string> = {}) =>
  stage.ask({ path, token: maker.token, headers });

describe('a statement', () => {
  test('adds up from its opening to its closing, as JSON and as CSV', async () => {
    await exported(100_00n);
    const from = await now();
    await exported(500_00n);
    const id = await settle('240.00');
    await exported(-50_00n);
    const to = await now();
    await exported(7_00n);
    const path = `/admin/api/settlements/statement?src=${EXPORTER}&dst=${IMPORTER}&from=${from}&to=${to}`;
    const { body } = await ask(path);
    expect(body).toMatchObject({
      ...{ currency: 'XEX', opening: '100.00', closing: '310.00' },
      items: [
        { kind: 'EXPORT', amount: '500.00', balance: '600.00' },
        { kind: 'SETTLEMENT_RECEIVED', reference: id, amount: '-240.00', balance: '360.00' },
        { kind: 'EXPORT', amount: '-50.00', balance: '310.00' },
      ],
    });
    const csv = await ask(path, { accept: 'text/csv' });
    expect(csv.headers['content-type']).toContain('text/csv');
    const lines = csv.text.trim().split('\n');
    expect(lines[0]).toBe('at,kind,reference,amount,balance');
    expect(lines.slice(1).map((line) => line.split(',').slice(1).join(' '))).toEqual([
      'OPENING   100.00',
      expect.stringMatching(/^EXPORT \S+ 500.00 600.00$/),
      `SETTLEMENT_RECEIVED ${id} -240.00 360.00`,
      expect.stringMatching(/^EXPORT \S+ -50.00 310.00$/),
      'CLOSING   310.00',
    ]);
    const back = path.replace(`src=${EXPORTER}&dst=${IMPORTER}`, `src=${IMPORTER}&dst=${EXPORTER}`);
    expect((await ask(back)).body).toMatchObject({
      ...{ currency: 'XIM', opening: '0.00', closing: '296.30' },
      items: [{ kind: 'SETTLEMENT_PAID', reference: id, amount: '296.30' }],
    });
    const seen: unknown[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined && seen.length < 9;) {
      const page = await ask(`${path}&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(page.body).toMatchObject({ opening: '100.00', closing: '310.00' });
      const { items, nextCursor } = page.body as Items & { readonly nextCursor?: string };
      seen.push(...items.map(({ balance }) => balance));
      cursor = nextCursor;
    }
    expect(seen).toEqual(['600.00', '360.00', '310.00']);
  });
});

async function now(): Promise<string> {
  const { rows } = await sql<{ at: Date }>`SELECT clock() AS at`.execute(stage.db);
  // The next whole millisecond: what came before is before it, what follows is not.
  await sql`SELECT pg_sleep(0.002)`.execute(stage.db);
  return new Date((rows[0]?.at.getTime() ?? 0) + 1).toISOString();
}

describe('a plan', () => {
  test('opens with the automatic DISABLE, takes partial credits and closes with the ENABLE', async () => {
    await exported(500_00n);
    expect(await exported(600_00n)).toBe('DISABLE');
    const plans = ((await ask('/admin/api/plans')).body as Items).items;
    expect(plans).toMatchObject([
      {
        ...{ src: EXPORTER, dst: IMPORTER, n: 1, state: 'OPEN', currency: 'XEX' },
        ...{ exposureAtOpening: '1100.00', limitAtOpening: '1000.00', target: '900.00' },
        ...{ needed: '200.00', compensated: '0.00', report: null },
        steps: [
          { step: 1, percent: 50, amount: '100.00', outcome: null },
          { step: 2, percent: 100, amount: '200.00', outcome: null },
        ],
      },
    ]);
    const id = String(plans[0]?.['id']);
    const ordered = await unstartedWork(stage.db, 100);
    expect(ordered.map(({ workflowId }) => workflowId)).toContain(`plan/${EXPORTER}/${IMPORTER}/1`);
    const first = await settle('120.00');
    expect((await ask(`/admin/api/plans/${id}`)).body).toMatchObject({
      ...{ state: 'OPEN', compensated: '120.00', exposure: '980.00' },
      settlements: [{ id: first, amount: '120.00' }],
    });
    await exported(-30_00n);
    const last = await settle('50.00');
    const { body } = await ask(`/admin/api/plans/${id}`);
    expect(body).toMatchObject({
      ...{ state: 'CLOSED', compensated: '200.00', closeReason: 'BELOW_ENABLE_THRESHOLD' },
      report: {
        ...{ exposureAtOpening: '1100.00', exposureAtClosing: '900.00', needed: '200.00' },
        ...{ compensated: '200.00', bySettlements: '170.00', byTrades: '30.00', byHolds: '0.00' },
        ...{ tradesMoved: 1, settlements: [{ id: first }, { id: last, amount: '50.00' }] },
        steps: [{ outcome: 'VOID' }, { outcome: 'VOID' }],
      },
    });
    const told = await stage.db
      .selectFrom('notification')
      .select(['severity', 'dedupe_key'])
      .where('kind', '=', 'PLAN')
      .orderBy('created_at')
      .execute();
    const subject = `plan/${EXPORTER}/${IMPORTER}/1`;
    expect(told).toEqual([
      { severity: 'WARNING', dedupe_key: `${subject}/opened` },
      { severity: 'INFO', dedupe_key: `${subject}/ended` },
    ]);
    const actions = (await auditOf(stage, subject)).map(({ action }) => action);
    expect(actions.slice(0, 2)).toEqual(['plan.closed', 'plan.opened']);
    expect(await exported(300_00n)).toBe('DISABLE');
    const again = ((await ask('/admin/api/plans?state=open')).body as Items).items;
    expect(again).toMatchObject([{ n: 2, state: 'OPEN' }]);
  });

  test('a limit that is raised closes it too, and a person may cancel it', async () => {
    await exported(1_100_00n);
    await limit('2000.00');
    const [closed] = ((await ask('/admin/api/plans')).body as Items).items;
    expect(closed).toMatchObject({
      state: 'CLOSED',
      report: { compensated: '0.00', limitAtClosing: '2000.00' },
    });
    await limit('1000.00');
    const [open] = ((await ask('/admin/api/plans')).body as Items).items;
    expect(open).toMatchObject({ n: 2, state: 'OPEN' });
    const cancel = () =>
      stage.ask({
        ...{ method: 'POST' as const, token: maker.token, body: { reason: 'paid in kind' } },
        path: `/admin/api/plans/${String(open?.['id'])}/cancel`,
      });
    expect((await cancel()).body).toMatchObject({
      ...{ state: 'CANCELLED', closedBy: maker.id, closeReason: 'paid in kind' },
    });
    expect(refusalOf(await cancel())).toBe('409 CONFLICT');
    await settle('300.00');
    const [left] = ((await ask('/admin/api/plans')).body as Items).items;
    expect(left).toMatchObject({ n: 2, state: 'CANCELLED', settlements: [] });
  });
});
