import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { randomUUID } from 'node:crypto';
import { sweepSignals } from '../../activities/signal-apply/starter.ts';
import { listImportedOffers } from '../../db/wl/imported-offers.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import { continueSignal, OFFERS_AT_ONCE } from '../../db/wl/signals.ts';
import { requestPurchase } from '../../db/wl/trades/request.ts';
import { signals } from '../../invariants/signals.ts';
import { signalApplyId } from '../../workflows/signal-apply/contract.ts';
import { codeOf } from './api-stage.ts';
import { IMPORTER, pullDocument } from './documents.ts';
import { startSignalApplyBench, type SignalApplyBench } from './signal-apply-bench.ts';
import { importMany, signalOf, type Signal } from './signal-stage.ts';

/** A white label with more offers of a partner than it switches within a request. */

const OWN = { wlId: IMPORTER, currency: 'XIM' };
const MANY = 3 * OFFERS_AT_ONCE + 7;
const LONG_MS = 60_000;

let bench: SignalApplyBench;
beforeAll(async () => {
  bench = await startSignalApplyBench();
  await applyPullDocument(db(), pullDocument(), { ...OWN, correlationId: 'test' });
}, LONG_MS);
afterAll(() => bench.stop(), LONG_MS);
beforeEach(async () => {
  await sql`TRUNCATE signal, signal_work, signal_pair, outbox, imported_offer`.execute(db());
  await importMany(bench.stage, 'importer', MANY);
});

const db = () => bench.stage.wl('importer').db;
const post = (signal: Signal) => bench.stage.send('importer', signal);

async function eligible(): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    SELECT count(*) AS count FROM imported_offer WHERE eligible`.execute(db());
  return Number(rows[0]?.count);
}

async function ended(signal: Signal): Promise<unknown> {
  return bench.client.workflow.getHandle(signalApplyId(signal.id)).result();
}

/** What the invariants find wrong here. */
async function violations(): Promise<unknown> {
  const parties = [{ wlId: IMPORTER, slug: 'importer', db: db() }];
  return (await signals.check({ parties, quiet: false })).violations;
}

test(
  'buyers are refused with the 202; the offers go off behind it, and the ack says when the last was',
  async () => {
    const signal = signalOf(1, 'DISABLE');
    expect((await post(signal)).status).toBe(202);
    expect(await eligible()).toBe(MANY);
    const [offer] = await listImportedOffers(db(), 1);
    const { accountId } = bench.stage.importer;
    const refused = await requestPurchase(db(), {
      ...{ wlId: IMPORTER, tradeId: randomUUID(), accountId, offerId: offer?.offer_id ?? '' },
      ...{ quantity: 1, route: 'test', coolDownSeconds: 0, correlationId: 'test' },
    });
    expect(refused).toMatchObject({ trade: { reason: 'SIGNAL_DISABLED' } });
    expect(await violations()).toEqual([]);
    bench.loseAcks(1);
    const worker = await bench.startWorker();
    expect(await ended(signal)).toBe('ACKED');
    await worker.stop();
    expect(await eligible()).toBe(0);
    const answer = { status: 'APPLIED', offersChanged: MANY };
    const own = bench.acks.filter(({ signalId }) => signalId === signal.id);
    expect(own).toMatchObject([{ answer }, { answer }]);
    expect((await post(signal)).body).toEqual(own[0]?.answer);
    const events = db().selectFrom('outbox').select('data').where('type', '=', 'signal.applied');
    const told = await events.execute();
    expect(told).toMatchObject([{ data: { signalId: signal.id, offersChanged: MANY } }]);
    expect(await violations()).toEqual([]);
  },
  LONG_MS,
);

test(
  'a newer signal takes over from one that is half done: its word is the last, and each is told once',
  async () => {
    const [older, newer] = [signalOf(1, 'DISABLE'), signalOf(3, 'ENABLE')];
    const late = signalOf(2, 'DISABLE');
    await post(older);
    expect(await continueSignal(db(), OWN, older.id)).toMatchObject({ kind: 'MORE' });
    expect(await eligible()).toBe(MANY - OFFERS_AT_ONCE);
    for (const signal of [newer, late]) expect((await post(signal)).status).toBe(202);
    expect(codeOf(await post({ ...late, action: 'ENABLE' }))).toBe('409 CONFLICT');
    const worker = await bench.startWorker();
    const results = await Promise.all([older, newer].map(ended));
    expect(results[1]).toBe('ACKED');
    await worker.stop();
    expect(await eligible()).toBe(MANY);
    const rows = await db().selectFrom('signal').select(['sequence', 'status']).execute();
    expect(Object.fromEntries(rows.map(({ sequence, status }) => [sequence, status]))).toEqual({
      ...{ 1: 'STALE', 2: 'STALE', 3: 'APPLIED' },
    });
    expect(bench.acks.filter(({ signalId }) => signalId === newer.id)).toHaveLength(1);
    expect((await post(late)).body).toMatchObject({ status: 'STALE', offersChanged: 0 });
    expect(await violations()).toEqual([]);
  },
  LONG_MS,
);

test(
  'one whose start was lost is found by the sweep',
  async () => {
    const signal = signalOf(1, 'DISABLE');
    bench.stage.onPending(() => Promise.reject(new Error('the engine is away')));
    expect((await post(signal)).status).toBe(202);
    await sweepSignals(bench.client, db());
    const worker = await bench.startWorker();
    expect(await ended(signal)).toBe('ACKED');
    await sweepSignals(bench.client, db());
    await worker.stop();
    expect(await eligible()).toBe(0);
    expect(bench.acks.filter(({ signalId }) => signalId === signal.id)).toHaveLength(1);
  },
  LONG_MS,
);
