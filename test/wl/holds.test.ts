import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { verifyAudit } from '../../db/audit.ts';
import { decideHold } from '../../db/wl/holds/decide.ts';
import { expireDue } from '../../db/wl/holds/expire.ts';
import { listPending, readAnswer } from '../../db/wl/holds/read.ts';
import { reverseHold } from '../../db/wl/holds/reverse.ts';
import { updateOffer } from '../../db/wl/offers.ts';
import { minor } from '../../domain/shared/money.ts';
import { startWlDatabases, type TestServer } from './database.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import { assertConsistent, createExporter, OTHER, PRICE, type TestExporter } from './exporter.ts';

const CONTEXT = { actor: 'test', source: 'test', correlationId: 'test' };
/** Just past the 90 s of a hold, and past the 24 h of an approval. */
const PAST_HOLD = 91;
const PAST_APPROVAL = 86_401;

let server: TestServer;
let exporter: TestExporter;

beforeAll(async () => {
  server = await startWlDatabases(['holds']);
  exporter = await createExporter(server.open('holds'));
}, 120_000);
afterEach(() => assertConsistent(exporter.wl));
afterAll(() => server.stop());

function decide(tradeId: string, decision: 'APPROVE' | 'REJECT', requester?: string) {
  const request = { wlId: EXPORTER, tradeId, requester, decision, note: 'seen' };
  return decideHold(exporter.wl.db, { ...request, actor: `wl:${EXPORTER}`, correlationId: 'test' });
}

function reverse(tradeId: string) {
  const request = { requester: IMPORTER, tradeId, reason: 'returned', correlationId: 'test' };
  return reverseHold(exporter.wl.db, request);
}

async function balance(account: string): Promise<bigint> {
  const { rows } = await sql<{ amount: bigint }>`
    SELECT coalesce(sum(amount_minor), 0)::bigint AS amount FROM posting
     WHERE account = ${account}`.execute(exporter.wl.db);
  return rows[0]?.amount ?? 0n;
}

describe('a hold', () => {
  test('is confirmed once: seller and receivable move by its amount, a repeat moves nothing', async () => {
    const offer = await exporter.offer(5);
    const before = await balance(`receivable:${IMPORTER}`);
    const held = await exporter.hold({ originOfferId: offer, quantity: 3 });
    const first = await exporter.confirm(held, { quantity: 3 });
    expect(first).toMatchObject({ status: 'CONFIRMED', unitPrice: '80.00', quantity: 3 });
    expect(await exporter.confirm(held, { quantity: 3 })).toEqual(first);
    expect(await exporter.cancel(held.tradeId)).toEqual(first);
    expect((await balance(`receivable:${IMPORTER}`)) - before).toBe(-240_00n);
  });

  test('is answered by its row when the preflight is repeated, also in other words', async () => {
    const offer = await exporter.offer(5);
    const held = await exporter.hold({ originOfferId: offer });
    expect(await exporter.preflight({ tradeId: held.tradeId, originOfferId: 'x' })).toEqual(held);
    expect(await readAnswer(exporter.wl.db, { requester: IMPORTER, holdId: held.holdId })).toEqual(
      held,
    );
  });

  test('expires at its time with the price it had, and its units are free again', async () => {
    const offer = await exporter.offer(1);
    const held = await exporter.hold({ originOfferId: offer });
    await exporter.moveClock(PAST_HOLD);
    const late = await exporter.confirm(held);
    expect(late).toMatchObject({
      status: 'REJECTED',
      reason: 'HOLD_EXPIRED',
      unitPrice: '80.00',
    });
    expect(await exporter.confirm(held)).toEqual(late);
    await exporter.hold({ originOfferId: offer });
  });

  test('that is due gives way to a new one without waiting for the schedule', async () => {
    const offer = await exporter.offer(1);
    await exporter.hold({ originOfferId: offer });
    expect((await exporter.preflight({ originOfferId: offer })).reason).toBe('OUT_OF_STOCK');
    await exporter.moveClock(PAST_HOLD);
    await exporter.hold({ originOfferId: offer });
  });

  test('of another WL is neither read, confirmed nor cancelled', async () => {
    const offer = await exporter.offer(5);
    const held = await exporter.hold({ originOfferId: offer });
    const key = { requester: OTHER, holdId: held.holdId };
    expect(await readAnswer(exporter.wl.db, key)).toBeUndefined();
    const stolen = await exporter.confirm(held, { requester: OTHER });
    expect(stolen).toMatchObject({ status: 'REJECTED', reason: 'HOLD_EXPIRED' });
    expect((await exporter.confirm(held)).status).toBe('CONFIRMED');
  });

  test('of another trade is HOLD_TAKEN, for good', async () => {
    const offer = await exporter.offer(5);
    const held = await exporter.hold({ originOfferId: offer });
    const tradeId = randomUUID();
    const taken = { status: 'REJECTED', reason: 'HOLD_TAKEN', tradeId };
    expect(await exporter.confirm({ tradeId, holdId: held.holdId })).toMatchObject(taken);
    expect(await exporter.preflight({ tradeId, originOfferId: offer })).toMatchObject(taken);
    expect((await exporter.confirm(held)).status).toBe('CONFIRMED');
  });

  test.each([
    ['QUANTITY_INVALID', { quantity: 2 }],
    ['PRICE_CHANGED', { unitPrice: minor(PRICE + 1n) }],
  ] as const)('confirmed on other terms is %s, and its units are free', async (reason, change) => {
    const offer = await exporter.offer(1);
    const held = await exporter.hold({ originOfferId: offer });
    expect(await exporter.confirm(held, change)).toMatchObject({ status: 'REJECTED', reason });
    expect((await exporter.confirm(held)).reason).toBe(reason);
    await exporter.hold({ originOfferId: offer });
  });

  test('keeps its price when the offer changes, and a new one meets the new price', async () => {
    const offer = await exporter.offer(5);
    const held = await exporter.hold({ originOfferId: offer });
    await updateOffer(exporter.wl.db, offer, { unitPriceMinor: 90_00n }, CONTEXT);
    expect(await exporter.preflight({ originOfferId: offer })).toMatchObject({
      ...{ status: 'REJECTED', reason: 'PRICE_CHANGED', unitPrice: '90.00' },
    });
    expect((await exporter.confirm(held)).status).toBe('CONFIRMED');
  });

  test('confirms under PAUSED, and not under BLOCKED', async () => {
    const offer = await exporter.offer(5);
    const [paused, blocked] = [
      await exporter.hold({ originOfferId: offer }),
      await exporter.hold({ originOfferId: offer }),
    ];
    await exporter.relate({ status: 'PAUSED' });
    const refused = await exporter.preflight({ originOfferId: offer });
    expect(refused.reason).toBe('RELATIONSHIP_PAUSED');
    expect((await exporter.confirm(paused)).status).toBe('CONFIRMED');
    await exporter.relate({ status: 'BLOCKED' });
    const answer = await exporter.confirm(blocked);
    expect(answer).toMatchObject({ status: 'REJECTED', reason: 'RELATIONSHIP_BLOCKED' });
    await exporter.relate({});
    expect(await exporter.confirm(blocked)).toEqual(answer);
  });
});

describe('without a hold', () => {
  test('a confirm is HOLD_EXPIRED and can never be followed by a capture', async () => {
    const offer = await exporter.offer(5);
    const tradeId = randomUUID();
    const answer = await exporter.confirm({ tradeId, holdId: randomUUID() });
    expect(answer).toMatchObject({ status: 'REJECTED', reason: 'HOLD_EXPIRED', tradeId });
    expect((await exporter.preflight({ tradeId, originOfferId: offer })).status).toBe('REJECTED');
  });

  test('a cancel is stored: the preflight and the confirm that arrive later are CANCELLED', async () => {
    const offer = await exporter.offer(5);
    const tradeId = randomUUID();
    const cancelled = await exporter.cancel(tradeId);
    expect(cancelled).toMatchObject({ status: 'CANCELLED', tradeId });
    expect(await exporter.preflight({ tradeId, originOfferId: offer })).toEqual(cancelled);
    expect(await exporter.confirm({ tradeId, holdId: randomUUID() })).toEqual(cancelled);
    expect(await exporter.cancel(tradeId)).toEqual(cancelled);
  });
});

describe('a hold for a request id', () => {
  test('belongs to the first trade that confirms it', async () => {
    const offer = await exporter.offer(5);
    const requestId = randomUUID();
    const held = await exporter.preflight({ requestId, originOfferId: offer });
    expect(held.tradeId).toBeUndefined();
    expect(await exporter.preflight({ requestId, originOfferId: offer })).toEqual(held);
    const holdId = held.holdId ?? '';
    const [first, second] = [randomUUID(), randomUUID()];
    expect((await exporter.confirm({ tradeId: first, holdId })).status).toBe('CONFIRMED');
    const late = await exporter.confirm({ tradeId: second, holdId });
    expect(late).toMatchObject({ status: 'REJECTED', reason: 'HOLD_TAKEN', tradeId: second });
  });

  test('stays free for the right trade after a confirm on other terms', async () => {
    const offer = await exporter.offer(5);
    const held = await exporter.preflight({ requestId: randomUUID(), originOfferId: offer });
    const holdId = held.holdId ?? '';
    const wrong = await exporter.confirm({ tradeId: randomUUID(), holdId }, { quantity: 2 });
    expect(wrong.reason).toBe('QUANTITY_INVALID');
    expect((await exporter.confirm({ tradeId: randomUUID(), holdId })).status).toBe('CONFIRMED');
  });

  test('is cancelled by the trade that names it, and expires with HOLD_EXPIRED', async () => {
    const offer = await exporter.offer(5);
    const ask = async () =>
      (await exporter.preflight({ requestId: randomUUID(), originOfferId: offer })).holdId ?? '';
    const [cancelled, expired] = [await ask(), await ask()];
    expect((await exporter.cancel(randomUUID(), cancelled)).status).toBe('CANCELLED');
    const taken = await exporter.confirm({ tradeId: randomUUID(), holdId: cancelled });
    expect(taken.reason).toBe('HOLD_TAKEN');
    await exporter.moveClock(PAST_HOLD);
    const late = await exporter.confirm({ tradeId: randomUUID(), holdId: expired });
    expect(late).toMatchObject({ reason: 'HOLD_EXPIRED', unitPrice: '80.00' });
  });
});

describe('caps and limits', () => {
  test('the caps of a buyer and of an importer refuse HOLDS_TOO_MANY until holds are due', async () => {
    const offer = await exporter.offer(20);
    const wish = { originOfferId: offer, requester: OTHER, buyerRef: 'b-1' };
    await exporter.hold(wish);
    const perBuyer = { ...wish, settings: { holdsPerBuyer: 1 } };
    expect((await exporter.preflight(perBuyer)).reason).toBe('HOLDS_TOO_MANY');
    await exporter.hold({ ...perBuyer, buyerRef: 'b-2' });
    const perImporter = { ...wish, settings: { holdsPerImporter: 2 } };
    expect((await exporter.preflight(perImporter)).reason).toBe('HOLDS_TOO_MANY');
    await exporter.moveClock(PAST_HOLD);
    await exporter.hold(perImporter);
  });

  test('a velocity counts what was held in its window and lets go after it', async () => {
    const offer = await exporter.offer(20);
    await exporter.moveClock(3_600);
    await exporter.relate({ velocity: { maxAmount: '160.00', windowSeconds: 600 } });
    const wish = { originOfferId: offer, requester: OTHER };
    await exporter.hold({ ...wish, quantity: 2 });
    expect((await exporter.preflight(wish)).reason).toBe('VELOCITY_EXCEEDED');
    await exporter.moveClock(601);
    await exporter.hold(wish);
    await exporter.relate({});
  });
});

describe('an approval', () => {
  const above = { quantity: 13 };

  async function waiting() {
    const held = await exporter.hold({ originOfferId: await exporter.offer(20), ...above });
    const answer = await exporter.confirm(held, above);
    expect(answer.status).toBe('PENDING');
    return { ...held, answer };
  }

  test('lists the purchase with its deadline, captures once approved, and is audited', async () => {
    const { tradeId, answer } = await waiting();
    const { items, total } = await listPending(exporter.wl.db, { limit: 50, offset: 0 });
    expect([items.length, total]).toEqual([1, 1]);
    expect(items[0]).toMatchObject({ tradeId, requester: IMPORTER, amountMinor: 1_040_00n });
    expect(items[0]?.deadline.toISOString()).toBe(answer.expiresAt);
    const approved = await decide(tradeId, 'APPROVE');
    expect(approved).toMatchObject({ value: { answer: { status: 'CONFIRMED' } } });
    expect(await decide(tradeId, 'REJECT')).toEqual(approved);
    expect((await verifyAudit(exporter.wl.db)).scanned).toBeGreaterThan(0);
  });

  test('rejected by a person is MANUAL_REJECT, past its deadline APPROVAL_EXPIRED', async () => {
    const [rejected, expired] = [await waiting(), await waiting()];
    expect(await decide(rejected.tradeId, 'REJECT')).toMatchObject({
      value: { answer: { status: 'REJECTED', reason: 'MANUAL_REJECT' } },
    });
    await exporter.moveClock(PAST_APPROVAL);
    expect(await decide(expired.tradeId, 'APPROVE')).toMatchObject({
      value: { answer: { status: 'REJECTED', reason: 'APPROVAL_EXPIRED' } },
    });
  });

  test('re-checks BLOCKED, and nothing else', async () => {
    const [blocked, paused] = [await waiting(), await waiting()];
    await exporter.relate({ status: 'BLOCKED' });
    expect(await decide(blocked.tradeId, 'APPROVE')).toMatchObject({
      value: { answer: { status: 'REJECTED', reason: 'RELATIONSHIP_BLOCKED' } },
    });
    await exporter.relate({ status: 'PAUSED' });
    expect(await decide(paused.tradeId, 'APPROVE')).toMatchObject({
      value: { answer: { status: 'CONFIRMED' } },
    });
    await exporter.relate({});
  });

  test('of a trade id that two importers use needs the importer named', async () => {
    const { tradeId } = await waiting();
    const offer = await exporter.offer(20);
    const other = await exporter.hold({
      ...{ tradeId, originOfferId: offer, requester: OTHER },
      ...above,
    });
    await exporter.confirm(other, { requester: OTHER, ...above });
    expect(await decide(tradeId, 'APPROVE')).toEqual({ ok: false, code: 'CONFLICT' });
    expect(await decide(tradeId, 'APPROVE', OTHER)).toMatchObject({
      value: { requester: OTHER, answer: { status: 'CONFIRMED' } },
    });
    expect((await exporter.cancel(tradeId)).status).toBe('CANCELLED');
    expect(await decide(randomUUID(), 'APPROVE')).toEqual({ ok: false, code: 'NOT_FOUND' });
  });
});

describe('a reversal', () => {
  test('gives stock and exposure back once, and takes the claw-back where the seller lacks', async () => {
    const offer = await exporter.offer(1);
    const held = await exporter.hold({ originOfferId: offer });
    await exporter.confirm(held);
    const [seller, clawback] = [await balance('seller:e1'), await balance('clawback:e1')];
    await spendSeller(seller - 30_00n);
    const reversed = await reverse(held.tradeId);
    expect(reversed).toMatchObject({ status: 'REVERSED', tradeId: held.tradeId });
    expect(await reverse(held.tradeId)).toEqual(reversed);
    expect(await balance('seller:e1')).toBe(0n);
    expect((await balance('clawback:e1')) - clawback).toBe(-50_00n);
    expect(await exporter.confirm(held)).toEqual(reversed);
    await exporter.hold({ originOfferId: offer });
  });

  test('of what is not captured answers its state; of an unknown trade nothing', async () => {
    const held = await exporter.hold({ originOfferId: await exporter.offer(1) });
    expect(await reverse(held.tradeId)).toEqual(held);
    expect(await reverse(randomUUID())).toBeUndefined();
  });
});

/** A seller that has spent its balance elsewhere. */
async function spendSeller(amount: bigint): Promise<void> {
  await sql`
    WITH moved AS (
      UPDATE balance SET amount_minor = amount_minor - ${amount}::bigint
       WHERE account = 'seller:e1' AND currency = 'XEX'),
    entry AS (
      INSERT INTO ledger_transaction (key, kind) VALUES (${randomUUID()}, 'PAYOUT')
      RETURNING transaction_id)
    INSERT INTO posting (transaction_id, account, currency, amount_minor)
    SELECT transaction_id, line.* FROM entry,
      (VALUES ('seller:e1', 'XEX', -${amount}::bigint), ('issuance', 'XEX', ${amount}::bigint))
        AS line`.execute(exporter.wl.db);
}

test('the schedule expires what is due, in batches, and nothing else', async () => {
  const offer = await exporter.offer(80);
  await exporter.moveClock(PAST_HOLD);
  await expireAll();
  for (let index = 0; index < 60; index += 1) await exporter.hold({ originOfferId: offer });
  expect(await expireDue(exporter.wl.db, { all: true })).toBe(0);
  await exporter.moveClock(PAST_HOLD);
  const fresh = await exporter.hold({ originOfferId: offer });
  expect(await expireAll()).toBe(60);
  expect((await exporter.confirm(fresh)).status).toBe('CONFIRMED');
});

async function expireAll(): Promise<number> {
  let sum = 0;
  for (let batch = 1; batch > 0; sum += batch) {
    batch = await expireDue(exporter.wl.db, { all: true });
  }
  return sum;
}
