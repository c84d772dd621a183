import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { sql } from 'kysely';
import { OVERRIDE_SUSPENSE } from '../../db/wl/ledger.ts';
import {
  ABANDON_UPDATE,
  CONFIRM_RESOLUTION_UPDATE,
  purchaseWorkflowId,
  RESOLVE_UPDATE,
} from '../../workflows/purchase/contract.ts';
import { eventually } from '../stack/setup.ts';
import { answering, swallowed } from '../support/fault-proxy.ts';
import { startPurchaseBench, type PurchaseBench } from '../support/purchase-bench.ts';
import { atExporter, callsOf, EXPORTER, fundsOf, stepsOf } from './books.ts';
import { waiting } from './scenarios/answers.ts';
import { differing, FIRST, garbled, SECOND, unresolved } from './scenarios/parked.ts';
import { bought, boughtUntil, requested } from './scenarios/scenario.ts';

const LONG_MS = 120_000;

let bench: PurchaseBench;
beforeAll(async () => {
  bench = await startPurchaseBench();
}, LONG_MS);
afterAll(() => bench.stop(), LONG_MS);
afterEach(async () => {
  expect(await bench.calm()).toEqual([]);
}, LONG_MS);

const updates = () => bench.importer.node.engine.updates;

async function auditOf(tradeId: string): Promise<string[]> {
  const rows = await bench.importer.node.database.db
    .selectFrom('audit')
    .select(['action', 'actor'])
    .where('subject', '=', tradeId)
    .orderBy('seq')
    .execute();
  return rows.map(({ action, actor }) => `${action} by ${actor}`);
}

async function overrideSuspense(): Promise<bigint> {
  const { rows } = await sql<{ total: bigint }>`
    SELECT coalesce(sum(amount_minor), 0)::bigint AS total FROM posting
     WHERE account = ${OVERRIDE_SUSPENSE} AND currency = 'XIM'`.execute(
    bench.importer.node.database.db,
  );
  return rows[0]?.total ?? 0n;
}

/** Why an update was refused before it entered the history; our own client only says that it was. */
async function refusalOf(update: string, tradeId: string, request: object): Promise<string> {
  const { workflow } = bench.importer.temporal.client;
  const error: unknown = await workflow
    .getHandle(purchaseWorkflowId(tradeId))
    .executeUpdate(update, { args: [request] })
    .then(
      () => new Error('it was accepted'),
      (refused: unknown) => refused,
    );
  return error instanceof WorkflowUpdateFailedError ? String(error.cause?.message) : String(error);
}

describe('a parked purchase', () => {
  test(
    'keeps trying, and a late fact un-parks and settles it as two versions',
    async () => {
      const tradeId = await unresolved(bench);
      const parked = await bench.trade(tradeId);
      expect(parked).toMatchObject({ parked_from: 'UNCERTAIN', parked_reason: 'UNRESOLVED' });
      const before = callsOf(bench, tradeId)['status'] ?? 0;
      const keepsTrying = (): boolean => (callsOf(bench, tradeId)['status'] ?? 0) > before;
      await eventually('it asks again', keepsTrying, LONG_MS);
      bench.network.heal();
      const { version } = await bench.finished(tradeId);
      expect(version).toBe(parked.version + 2);
      expect((await stepsOf(bench, tradeId)).slice(-2)).toEqual(['unpark', 'refund']);
    },
    LONG_MS,
  );

  test('is retried by an operator, and settles where the exporter answers', async () => {
    const tradeId = await differing(bench);
    const still = await updates().retry(tradeId, FIRST);
    expect(still).toEqual({ result: 'STILL_PARKED', state: 'NEEDS_ATTENTION' });
    bench.network.heal();
    await updates().retry(tradeId, FIRST);
    expect(await bench.finished(tradeId)).toMatchObject({ state: 'CONFIRMED' });
    expect((await auditOf(tradeId))[0]).toBe(`purchase.retry by ${FIRST.actor}`);
  });

  test('is abandoned only by adopting what the exporter says to a cancel', async () => {
    const tradeId = await garbled(bench, 'NONE');
    expect(await updates().abandon(tradeId, FIRST)).toMatchObject({ result: 'STILL_PARKED' });
    bench.network.on('status', answering(404, { code: 'NOT_FOUND' }));
    bench.network.on('cancel', answering(503), 1);
    await updates().abandon(tradeId, FIRST);
    expect(await bench.finished(tradeId)).toMatchObject({
      state: 'COMPENSATED',
      reason: 'CANCELLED',
    });
    expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'CANCELLED' });
  });

  test('that was captured is confirmed by abandoning it', async () => {
    const tradeId = await garbled(bench, 'CAPTURED');
    bench.network.heal();
    await updates().abandon(tradeId, FIRST);
    expect(await bench.finished(tradeId)).toMatchObject({ state: 'CONFIRMED' });
  });
});

describe('a manual resolution', () => {
  test('against the exporter’s answer adopts the answer', async () => {
    const tradeId = await garbled(bench, 'CAPTURED');
    const blind = answering(404, { code: 'NOT_FOUND' });
    bench.network.on('status', blind);
    bench.network.on('cancel', ({ forward }) => forward());
    const outcome = 'COMPENSATED';
    await updates().resolve(tradeId, { ...FIRST, outcome });
    expect(await bench.finished(tradeId)).toMatchObject({ state: 'CONFIRMED' });
    expect(await stepsOf(bench, tradeId)).not.toContain('override');
  });

  test.each([
    ['CONFIRMED', 'CAPTURED'],
    ['COMPENSATED', 'NONE'],
  ] as const)(
    'to %s without an answer needs a second person, and the cancel goes on',
    async (outcome, effect) => {
      const tradeId = await garbled(bench, effect);
      const { account_id: accountId, amount_minor: amount } = await bench.trade(tradeId);
      const [funds, suspense] = [await fundsOf(bench, accountId), await overrideSuspense()];
      expect(await updates().confirm(tradeId, SECOND)).toMatchObject({ result: 'CONFLICT' });
      expect(await updates().resolve(tradeId, { ...FIRST, outcome })).toMatchObject({
        result: 'NEEDS_SECOND_PERSON',
      });
      expect(await updates().confirm(tradeId, FIRST)).toMatchObject({ result: 'SAME_PERSON' });
      expect(await bench.trade(tradeId)).toMatchObject({ state: 'NEEDS_ATTENTION' });
      expect(await updates().confirm(tradeId, SECOND)).toEqual({
        ...{ result: 'OVERRIDDEN', state: outcome },
      });
      const isConfirmed = outcome === 'CONFIRMED';
      expect(await bench.trade(tradeId)).toMatchObject({ state: outcome, cancel_due: true });
      expect(await overrideSuspense()).toBe(suspense + (isConfirmed ? amount : 0n));
      expect(await fundsOf(bench, accountId)).toBe(funds + (isConfirmed ? 0n : amount));
      bench.network.heal();
      expect(await bench.finished(tradeId)).toMatchObject({ cancel_due: false });
      expect(await auditOf(tradeId)).toEqual(
        expect.arrayContaining([
          `purchase.override.request by ${FIRST.actor}`,
          `purchase.override.confirm by ${SECOND.actor}`,
        ]),
      );
    },
    LONG_MS,
  );

  test('is refused before it enters the history where it makes no sense', async () => {
    const tradeId = await garbled(bench, 'NONE');
    const wish = { ...FIRST, outcome: 'CONFIRMED' } as const;
    const nonsense = { ...FIRST, outcome: 'REVERSED' as never };
    const blank = { ...wish, reason: ' ' };
    expect(await refusalOf(RESOLVE_UPDATE, tradeId, blank)).toMatch(/reason/);
    expect(await refusalOf(RESOLVE_UPDATE, tradeId, nonsense)).toMatch(/outcome is/);
    expect(await updates().resolve(tradeId, nonsense)).toBeUndefined();
    bench.network.heal();
    await bench.finished(tradeId);
    expect(await updates().retry(tradeId, FIRST)).toBeUndefined();

    for (const call of ['confirm', 'status', 'cancel'] as const) bench.network.on(call, swallowed);
    const open = await boughtUntil(bench, 'UNCERTAIN');
    for (const update of [ABANDON_UPDATE, RESOLVE_UPDATE, CONFIRM_RESOLUTION_UPDATE]) {
      expect(await refusalOf(update, open, wish)).toMatch(/the trade is UNCERTAIN/);
    }
  });
});

describe('a waiting approval', () => {
  test(
    'whose decision was lost is found by the poll',
    async () => {
      const before = await startedWaiting();
      await bench.decide(before, 'approve');
      expect(await bench.finished(before)).toMatchObject({ state: 'CONFIRMED' });
    },
    LONG_MS,
  );

  test('is not cancelled before its time because its status can’t be read', async () => {
    const tradeId = await waiting(bench);
    bench.network.on('status', answering(500));
    const { starter } = bench.importer.node;
    await starter.signalDecision({ tradeId, exporter: EXPORTER });
    const isAsked = (): boolean => (callsOf(bench, tradeId)['status'] ?? 0) > 0;
    await eventually('it has asked', isAsked, LONG_MS);
    expect(callsOf(bench, tradeId)['cancel']).toBeUndefined();
    expect(await atExporter(bench, tradeId)).toMatchObject({ state: 'PENDING_APPROVAL' });
    bench.network.heal();
    await bench.decide(tradeId, 'reject');
    expect(await bench.finished(tradeId)).toMatchObject({ reason: 'MANUAL_REJECT' });
  });

  test('answers the buyer at once with PENDING, and a second decision gets the first one’s', async () => {
    await bench.govern({ relationship: { approval: { mode: 'ABOVE', aboveAmount: '79.99' } } });
    const answer = await bench.buy(await bench.buyer(), await bench.offer());
    expect(answer).toMatchObject({ status: 202, body: { status: 'PENDING' } });
    const { tradeId } = answer.body as { tradeId: string };
    await bench.until(tradeId, 'AWAITING_APPROVAL');
    expect(await bench.decide(tradeId, 'approve')).toMatchObject({ body: { status: 'CONFIRMED' } });
    expect(await bench.decide(tradeId, 'reject')).toMatchObject({ body: { status: 'CONFIRMED' } });
    expect(await bench.finished(tradeId)).toMatchObject({ state: 'CONFIRMED' });
    await bench.govern({ relationship: { approval: { mode: 'ABOVE', aboveAmount: '80.00' } } });
    expect(await bench.trade(await bought(bench))).toMatchObject({ state: 'CONFIRMED' });
  });
});

/** Waits with skipped time, so that only its own polls can tell it; nobody delivers to it. */
async function startedWaiting(): Promise<string> {
  await bench.govern({
    relationship: { approval: { mode: 'MANUAL', aboveAmount: '0.00' } },
  });
  const { tradeId } = await requested(bench);
  const { db } = bench.exporter.node.database;
  await db.updateTable('partner').set({ peer_url: null }).execute();
  await bench.startSkipping(tradeId);
  await bench.until(tradeId, 'AWAITING_APPROVAL');
  return tradeId;
}
