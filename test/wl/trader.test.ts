import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createAccount } from '../../db/wl/accounts.ts';
import type { TraderWork } from '../../api/wl/trader/deps.ts';
import { testSealer } from './database.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import { OTHER } from './exporter.ts';
import { startTradeParties, type Request, type TradeParties } from './trade-parties.ts';

const BASE = '/api/v2/trader';
let parties: TradeParties;
let tokens: Record<'buyer' | 'approver' | 'other', string>;
const started: unknown[] = [];
let failing = false;

const note =
  (name: string) =>
  (what: object): Promise<void> => {
    if (failing) return Promise.reject(new Error('the engine is away'));
    started.push({ name, ...what });
    return Promise.resolve();
  };
const work: TraderWork = {
  startApproval: note('startApproval'),
  signalApproval: note('signalApproval'),
  signalDecision: note('signalDecision'),
};

beforeAll(async () => {
  parties = await startTradeParties({ exporterWork: work, importerWork: work });
  const aud = EXPORTER;
  tokens = {
    buyer: await parties.token('importer', { aud, scope: 'offers:sync trader:purchase' }),
    other: await parties.token('other', { aud, scope: 'trader:purchase' }),
    approver: await parties.token('exporter', { aud, scope: 'trader:approve' }),
  };
}, 120_000);
afterAll(() => parties.stop());
beforeEach(() => {
  started.length = 0;
  failing = false;
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function ask(request: Request): Promise<Answer> {
  const body = request.method === 'GET' ? {} : { body: request.body ?? {} };
  const { status, body: told } = await parties.callExporter({ ...request, ...body });
  return { status, body: told as Record<string, unknown> };
}

const code = ({ status, body }: Answer): string => `${status} ${String(body['code'])}`;

function preflightBody(originOfferId: string, change: object = {}) {
  return {
    tradeId: randomUUID(),
    requesterWlId: IMPORTER,
    requesterTraderId: 'trader-1',
    buyerRef: 'b-1',
    originOfferId,
    expectedUnitPrice: '80.00',
    quantity: 1,
    clientBuyerMasked: 'qa***@xpory.local',
    ...change,
  };
}

function preflight(originOfferId: string, change: object = {}, as: Partial<Request> = {}) {
  const path = `${BASE}/purchase/preflight`;
  return ask({ path, token: tokens.buyer, body: preflightBody(originOfferId, change), ...as });
}

async function hold(change: { quantity?: number } = {}) {
  const answer = await preflight(await parties.exporter.offer(20), change);
  expect(answer).toMatchObject({ status: 200, body: { status: 'HELD' } });
  return answer.body as { tradeId: string; holdId: string; quantity: number; unitPrice: string };
}

type Held = Awaited<ReturnType<typeof hold>>;

function confirm({ tradeId, holdId, quantity, unitPrice }: Held, as: Partial<Request> = {}) {
  const body = { tradeId, holdId, quantity, unitPrice, clientBuyerMasked: 'qa***@xpory.local' };
  return ask({ path: `${BASE}/purchase`, body, ...as });
}

async function pending(): Promise<Held> {
  const held = await hold({ quantity: 13 });
  expect((await confirm(held)).body).toMatchObject({ status: 'PENDING' });
  return held;
}

const trade = (tradeId: string, verb = ''): string => `${BASE}/purchases/${tradeId}${verb}`;

describe('a preflight', () => {
  test('holds for the caller and answers the terms', async () => {
    const answer = await preflight(await parties.exporter.offer(2), { expectedUnitPrice: 80 });
    expect(answer.body).toMatchObject({
      ...{ status: 'HELD', quantity: 1, unitPrice: '80.00', currency: 'XEX', fxRate: '1' },
      ...{ policyRevision: 1, relationshipRevision: 1 },
    });
    expect(Date.parse(String(answer.body['expiresAt']))).toBeGreaterThan(Date.now());
  });

  test.each([
    ['for another WL', { requesterWlId: OTHER }, '403 FORBIDDEN'],
    ['with both ids', { requestId: 'r-1' }, '422 VALIDATION_FAILED'],
    ['with no id', { tradeId: undefined }, '422 VALIDATION_FAILED'],
    ['with a finer price', { expectedUnitPrice: '80.001' }, '422 VALIDATION_FAILED'],
    ['with half a unit', { quantity: 1.5 }, '422 VALIDATION_FAILED'],
    ['with an unknown field', { discount: '1.00' }, '422 VALIDATION_FAILED'],
    ['with a path as trade id', { tradeId: '../1' }, '422 VALIDATION_FAILED'],
  ])('%s is refused and stores nothing', async (_name, change, expected) => {
    const tradeId = randomUUID();
    const answer = await preflight('10001', { tradeId, ...change });
    expect(code(answer)).toBe(expected);
    expect(code(await ask({ method: 'GET', path: trade(tradeId) }))).toBe('404 NOT_FOUND');
  });

  test('of more than an order can be is QUANTITY_INVALID, of an unknown offer OFFER_NOT_FOUND', async () => {
    const offer = await parties.exporter.offer(2);
    expect((await preflight(offer, { quantity: 2_000_000_000 })).body).toMatchObject({
      ...{ status: 'REJECTED', reason: 'QUANTITY_INVALID' },
    });
    expect((await preflight('99999')).body).toMatchObject({ reason: 'OFFER_NOT_FOUND' });
  });

  test('needs a peer token of the right scope, audience and certificate', async () => {
    const offer = await parties.exporter.offer(2);
    const scoped = (aud: string, scope: string) => parties.token('importer', { aud, scope });
    const refused = async (as: Partial<Request>) => code(await preflight(offer, {}, as));
    const path = `${BASE}/purchase/preflight`;
    const bare = await ask({ path, body: preflightBody(offer) });
    expect(code(bare)).toBe('401 TOKEN_MISSING');
    const sync = await scoped(EXPORTER, 'offers:sync');
    expect(await refused({ token: sync })).toBe('403 TOKEN_SCOPE');
    const elsewhere = await scoped(OTHER, 'trader:purchase');
    expect(await refused({ token: elsewhere })).toBe('403 TOKEN_AUDIENCE');
    expect(await refused({ as: 'other' })).toBe('401 TOKEN_BINDING');
    expect(await refused({ token: tokens.approver, as: 'exporter' })).toBe('403 TOKEN_SCOPE');
  });

  test('keeps a contact that came in the clear masked', async () => {
    const body = { clientBuyerMasked: 'maria.silva@example.com' };
    const { tradeId } = (await preflight(await parties.exporter.offer(2), body)).body;
    const row = await parties.exporter.wl.db
      .selectFrom('hold')
      .select('buyer_masked')
      .where('trade_id', '=', String(tradeId))
      .executeTakeFirstOrThrow();
    expect(row.buyer_masked).toBe('ma***@example.com');
  });
});

describe('a trade once held', () => {
  test("is confirmed, read and reversed on the partner's certificate alone", async () => {
    const held = await hold();
    const { tradeId, holdId } = held;
    expect((await ask({ method: 'GET', path: `${BASE}/holds/${holdId}` })).body).toEqual(held);
    const confirmed = await confirm(held);
    expect(confirmed.body).toMatchObject({ status: 'CONFIRMED', tradeId, holdId });
    expect(started).toEqual([]);
    expect(await ask({ method: 'GET', path: trade(tradeId) })).toEqual(confirmed);
    expect((await ask({ path: trade(tradeId, '/cancel') })).body).toEqual(confirmed.body);
    const reason = 'devolvido por maria@example.com';
    const reversed = await ask({ path: trade(tradeId, '/reverse'), body: { reason } });
    expect(reversed.body).toMatchObject({ status: 'REVERSED', tradeId });
  });

  test("is nobody else's: 404 for another WL, and its cancel touches only its own row", async () => {
    const held = await hold();
    const as = 'other';
    const { tradeId, holdId } = held;
    for (const request of [
      { method: 'GET', path: `${BASE}/holds/${holdId}` },
      { method: 'GET', path: trade(tradeId) },
      { method: 'POST', path: trade(tradeId, '/reverse'), body: { reason: 'mine' } },
    ] as const) {
      expect(code(await ask({ ...request, as }))).toBe('404 NOT_FOUND');
    }
    const cancelled = await ask({ path: trade(tradeId, '/cancel'), body: { holdId }, as });
    expect(cancelled.body).toMatchObject({ status: 'CANCELLED', tradeId });
    expect((await confirm(held)).body).toMatchObject({ status: 'CONFIRMED' });
  });

  test('needs a certificate on TLS and a token where there is none', async () => {
    const { tradeId } = await hold();
    const plain = `${parties.http.exporter.plainUrl}${trade(tradeId)}`;
    expect((await fetch(plain)).status).toBe(401);
    const headers = { authorization: `Bearer ${tokens.buyer}` };
    expect((await fetch(plain, { headers })).status).toBe(200);
    const asControlPlane = { method: 'GET', path: trade(tradeId), as: 'controlPlane' } as const;
    expect(code(await ask(asControlPlane))).toBe('403 CERTIFICATE_SUBJECT');
  });

  test('cancelled before its preflight stays cancelled', async () => {
    const tradeId = randomUUID();
    const cancelled = await ask({ path: trade(tradeId, '/cancel') });
    expect(cancelled.body).toMatchObject({ status: 'CANCELLED', tradeId });
    const late = await preflight(await parties.exporter.offer(2), { tradeId });
    expect(late.body).toEqual(cancelled.body);
  });
});

describe('an approval', () => {
  const approve = (tradeId: string, as: Partial<Request> = {}) =>
    ask({ path: trade(tradeId, '/approve'), as: 'exporter', token: tokens.approver, ...as });

  test('is started once the purchase waits, and listed with what a person needs', async () => {
    const { tradeId } = await pending();
    expect(started).toEqual([{ name: 'startApproval', importer: IMPORTER, tradeId }]);
    const list = await ask({
      ...{ method: 'GET', path: trade('pending?limit=200') },
      ...{ as: 'exporter', token: tokens.approver },
    });
    const items = list.body['items'] as Record<string, unknown>[];
    expect(items.find((item) => item['tradeId'] === tradeId)).toMatchObject({
      ...{ requesterWlId: IMPORTER, quantity: 13, unitPrice: '80.00', amount: '1040.00' },
      ...{ currency: 'XEX', buyerMasked: 'qa***@xpory.local' },
      offer: { title: 'Diária em hotel na serra' },
    });
    expect(list.body['total']).toBe(items.length);
  });

  test('that can not be started is logged, and the confirm is answered as ever', async () => {
    failing = true;
    const { tradeId } = await pending();
    const logged = parties.http.exporter.logLines.filter((line) => line.includes(tradeId));
    expect(logged.join()).toContain('started by the sweep');
  });

  test('captures once, wakes the workflow, and a second decision gets the same answer', async () => {
    const { tradeId } = await pending();
    const approved = await approve(tradeId);
    expect(approved.body).toMatchObject({ status: 'CONFIRMED', tradeId });
    expect(started).toContainEqual({ name: 'signalApproval', importer: IMPORTER, tradeId });
    const body = { reason: 'MANUAL_REJECT' };
    const second = { as: 'exporter', token: tokens.approver, body } as const;
    expect(await ask({ path: trade(tradeId, '/reject'), ...second })).toEqual(approved);
  });

  test('is not for the buyer: SELF_APPROVAL, and nothing moves', async () => {
    const { tradeId } = await pending();
    const buyer = { as: 'importer', token: tokens.buyer } as const;
    expect(code(await approve(tradeId, buyer))).toBe('403 SELF_APPROVAL');
    const reject = { path: trade(tradeId, '/reject'), body: { reason: 'x' }, ...buyer };
    expect(code(await ask(reject))).toBe('403 SELF_APPROVAL');
    const list = await ask({ method: 'GET', path: trade('pending'), ...buyer });
    expect(code(list)).toBe('403 SELF_APPROVAL');
    const bare = await ask({ path: trade(tradeId, '/approve'), as: 'importer' });
    expect(code(bare)).toBe('401 TOKEN_MISSING');
    const still = await ask({ method: 'GET', path: trade(tradeId) });
    expect(still.body).toMatchObject({ status: 'PENDING' });
  });

  test("may come by the Control Plane's certificate, with the reason kept", async () => {
    const { tradeId } = await pending();
    const body = { reason: 'fora da política', requesterWlId: IMPORTER };
    const rejected = await ask({ path: trade(tradeId, '/reject'), as: 'controlPlane', body });
    expect(rejected.body).toMatchObject({ status: 'REJECTED', reason: 'MANUAL_REJECT' });
    const audit = await parties.exporter.wl.db
      .selectFrom('audit')
      .select(['actor', 'after'])
      .where('subject', '=', tradeId)
      .executeTakeFirstOrThrow();
    expect(audit).toMatchObject({ actor: 'control-plane', after: { note: 'fora da política' } });
  });

  test('of what does not wait is a CONFLICT, of the unknown NOT_FOUND', async () => {
    const { tradeId } = await hold();
    expect(code(await approve(tradeId))).toBe('409 CONFLICT');
    expect(code(await approve(randomUUID()))).toBe('404 NOT_FOUND');
  });

  test('of a trade id that two importers use names one, in body or query', async () => {
    const { tradeId } = await pending();
    const offer = await parties.exporter.offer(20);
    const change = { tradeId, quantity: 13, requesterWlId: OTHER };
    const other = { token: tokens.other, as: 'other' } as const;
    const held = (await preflight(offer, change, other)).body as Held;
    expect((await confirm(held, { as: 'other' })).body).toMatchObject({ status: 'PENDING' });
    expect(code(await approve(tradeId))).toBe('409 CONFLICT');
    const named = await approve(tradeId, { body: { requesterWlId: IMPORTER } });
    expect(named.body).toMatchObject({ status: 'CONFIRMED' });
    const path = trade(tradeId, `/approve?requesterWlId=${OTHER}`);
    expect((await approve(tradeId, { path })).body).toMatchObject({ status: 'CONFIRMED' });
  });
});

describe('a decision that arrives at the importer', () => {
  const tell = async (tradeId: string, as: Request['as'] = 'exporter', change: object = {}) => {
    const body = { status: 'CONFIRMED', tradeId, currency: 'XEX', ...change };
    const answer = await parties.callImporter({ path: trade(tradeId, '/decision'), as, body });
    return answer as unknown as Answer;
  };

  async function ownTrade(state: 'AWAITING_APPROVAL' | 'CONFIRMED'): Promise<string> {
    const { db } = parties.importer;
    const context = { actor: 'test', source: 'test', correlationId: 'test' };
    const { accountId } = await createAccount(
      ...([db, testSealer('k'), { name: 'Ana', buyOffer: true }, context] as const),
    );
    const tradeId = randomUUID();
    const row = {
      ...{ trade_id: tradeId, account_id: accountId, exporter: EXPORTER, state, version: 1 },
      ...{ offer_id: '80001', origin_offer_id: '1', offer_title: 'x', offer_category: 'x' },
      ...{ seller_name: 'x', quantity: 1, origin_unit_price_minor: 80_00n, fx_rate: '1' },
      ...{ origin_currency: 'XEX', unit_price_minor: 80_00n, amount_minor: 80_00n },
      ...{ currency: 'XIM', commission_minor: 4_00n, policy_revision: 1 },
      ...{ relationship_revision: 1, buyer_masked: 'x', correlation_id: 'test' },
    };
    await db.insertInto('trade').values(row).execute();
    return tradeId;
  }

  test('wakes the purchase before it is acknowledged, and is not believed', async () => {
    const tradeId = await ownTrade('AWAITING_APPROVAL');
    const answer = await tell(tradeId);
    expect(answer).toMatchObject({ status: 200, body: { tradeId, status: 'PENDING' } });
    expect(started).toEqual([{ name: 'signalDecision', tradeId, exporter: EXPORTER }]);
    failing = true;
    expect(code(await tell(tradeId))).toBe('500 INTERNAL');
  });

  test('about a final trade is acknowledged without a signal', async () => {
    const tradeId = await ownTrade('CONFIRMED');
    expect((await tell(tradeId)).body).toEqual({ tradeId, status: 'CONFIRMED' });
    expect(started).toEqual([]);
  });

  test("is only heard from that trade's exporter, and about that trade", async () => {
    const tradeId = await ownTrade('AWAITING_APPROVAL');
    expect(code(await tell(tradeId, 'other'))).toBe('404 NOT_FOUND');
    expect(code(await tell(randomUUID()))).toBe('404 NOT_FOUND');
    expect(code(await tell('trade-of-a-partner'))).toBe('404 NOT_FOUND');
    const changed = await tell(tradeId, 'exporter', { tradeId: randomUUID() });
    expect(code(changed)).toBe('422 VALIDATION_FAILED');
    expect(started).toEqual([]);
  });
});
