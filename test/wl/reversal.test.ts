import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ExporterReply } from '../../activities/clients/exporter.ts';
import { readAnswer } from '../../db/wl/holds/read.ts';
import { beginReversal } from '../../db/wl/trades/reversal.ts';
import { ORPHAN_SWEEP, type SweepResult } from '../../workflows/orphan-sweep/contract.ts';
import { reversalWorkflowId, type ReversalResult } from '../../workflows/reversal/contract.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { eventually } from '../stack/setup.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import { assertConsistent } from './exporter.ts';
import { createImporter, type TestImporter } from './importer.ts';
import { startTradeEngine, type TradeEngine } from './trade-engine.ts';

const LONG = 120_000;
/** The sweep leaves alone what moved within the last 10 s. */
const IDLE = 11;

jest.setTimeout(LONG);

let engine: TradeEngine;
let importer: TestImporter;
/** What the exporter says instead of doing it. */
let instead: ExporterReply | undefined;
let asked = 0;

beforeAll(async () => {
  engine = await startTradeEngine({
    exporterClient: (real) => ({
      ...real,
      async reverse(exporter, tradeId, reason) {
        asked += 1;
        return instead ?? real.reverse(exporter, tradeId, reason);
      },
    }),
  });
  importer = await createImporter(engine.parties.importer);
});
afterAll(() => engine.stop());
beforeEach(() => {
  instead = undefined;
  asked = 0;
});

async function confirmed(): Promise<string> {
  const offer = await engine.parties.exporter.offer(20);
  const { trade_id: tradeId, exporter } = await importer.request(offer);
  await engine.starters.importer.startPurchase({ tradeId, exporter });
  await inState(tradeId, 'CONFIRMED');
  return tradeId;
}

async function inState(tradeId: string, state: string): Promise<void> {
  await eventually(state, async () => (await importer.trade(tradeId)).state === state, LONG);
}

async function begin(tradeId: string): Promise<void> {
  const begun = await beginReversal(importer.wl.db, {
    ...{ tradeId, reason: 'devolvido por maria@example.com', actor: 'user:1' },
    key: { value: randomUUID(), fingerprint: 'f', route: 'reverse' },
    correlationId: 'test',
  });
  expect(begun).toMatchObject({ ok: true, value: { state: 'REVERSING' } });
}

const handleOf = (tradeId: string) =>
  engine.clients['wl-importer'].workflow.getHandle(reversalWorkflowId(tradeId));
const resultOf = (tradeId: string) => handleOf(tradeId).result() as Promise<ReversalResult>;
const start = (tradeId: string, how: 'starters' | 'skipping' = 'starters') =>
  engine[how].importer.startReversal({ tradeId, exporter: EXPORTER });

async function attributesOf(tradeId: string): Promise<Record<string, unknown>> {
  return (await handleOf(tradeId).describe()).searchAttributes;
}

async function statusAtExporter(tradeId: string): Promise<string | undefined> {
  const { db } = engine.parties.exporter.wl;
  return (await readAnswer(db, { requester: IMPORTER, tradeId }))?.status;
}

describe('a reversal', () => {
  test('undoes the purchase in both books, commission included, once', async () => {
    const before = await importer.funds();
    const tradeId = await confirmed();
    expect(await importer.funds()).not.toEqual(before);
    await begin(tradeId);
    expect(await start(tradeId)).toBe(true);
    expect(await resultOf(tradeId)).toEqual({ state: 'REVERSED' });
    expect((await importer.trade(tradeId)).state).toBe('REVERSED');
    expect(await importer.funds()).toEqual(before);
    expect(await statusAtExporter(tradeId)).toBe('REVERSED');
    expect(await attributesOf(tradeId)).toMatchObject({
      ...{ TradeStatus: ['REVERSED'], Parked: [false], TradeId: [tradeId] },
      ...{ Importer: [IMPORTER], Exporter: [EXPORTER] },
    });
    expect(await start(tradeId)).toBe(true);
    expect(await resultOf(tradeId)).toEqual({ state: 'REVERSED' });
    expect(asked).toBe(1);
    await assertConsistent(engine.parties.exporter.wl);
  });

  test('tells the exporter the reason without the contact that stood in it', async () => {
    const tradeId = await confirmed();
    await begin(tradeId);
    await start(tradeId);
    await resultOf(tradeId);
    const audit = await engine.parties.exporter.wl.db
      .selectFrom('audit')
      .select('after')
      .where('subject', '=', tradeId)
      .executeTakeFirstOrThrow();
    expect(audit.after).toMatchObject({ reason: 'devolvido por ma***@example.com' });
  });

  test(
    'parks as a flag when the exporter stays away, keeps asking, and ends once it is back',
    async () => {
      const tradeId = await confirmed();
      await begin(tradeId);
      instead = { kind: 'UNCLEAR', detail: 'no answer' };
      await start(tradeId, 'skipping');
      const parked = async () => (await attributesOf(tradeId))['Parked'];
      await eventually('parked', async () => String(await parked()) === 'true', LONG);
      expect(await attributesOf(tradeId)).toMatchObject({
        ...{ TradeStatus: ['REVERSING'], Reason: ['UNRESOLVED'] },
      });
      // Fifteen virtual minutes of growing pauses: not one try, and not a flood of them.
      expect(asked).toBeGreaterThan(5);
      expect(asked).toBeLessThan(100);
      expect((await importer.trade(tradeId)).state).toBe('REVERSING');
      instead = undefined;
      expect(await resultOf(tradeId)).toEqual({ state: 'REVERSED' });
      expect(await attributesOf(tradeId)).toMatchObject({ Parked: [false] });
    },
    LONG,
  );

  test.each<[string, (tradeId: string) => ExporterReply]>([
    ['an answer that contradicts us', (tradeId) => answer('CANCELLED', tradeId)],
    ['an answer for another trade', () => answer('REVERSED', randomUUID())],
    ['an answer that is none', () => ({ kind: 'INVALID', detail: 'x' })],
  ])('parks at once at %s, and our books wait', async (_name, reply) => {
    const tradeId = await confirmed();
    await begin(tradeId);
    instead = reply(tradeId);
    await start(tradeId, 'skipping');
    await eventually('asked again', () => asked > 2, LONG);
    expect(await attributesOf(tradeId)).toMatchObject({
      ...{ Parked: [true], Reason: ['ANSWER_INVALID'] },
    });
    expect((await importer.trade(tradeId)).state).toBe('REVERSING');
    instead = undefined;
    expect(await resultOf(tradeId)).toEqual({ state: 'REVERSED' });
  });

  test('is not stopped by a cancel of its workflow', async () => {
    const tradeId = await confirmed();
    await begin(tradeId);
    instead = { kind: 'NOT_CALLED', detail: 'no connection' };
    await start(tradeId);
    await eventually('asked', () => asked > 0);
    await handleOf(tradeId).cancel();
    instead = undefined;
    expect(await resultOf(tradeId)).toEqual({ state: 'REVERSED' });
  });

  test('of a trade that nobody wants reversed changes nothing', async () => {
    const tradeId = await confirmed();
    await start(tradeId);
    expect(await resultOf(tradeId)).toEqual({ state: 'CONFIRMED' });
    expect([asked, await statusAtExporter(tradeId)]).toEqual([0, 'CONFIRMED']);
  });
});

function answer(status: 'CANCELLED' | 'REVERSED', tradeId: string): ExporterReply {
  return { kind: 'ANSWER', answer: { status, tradeId, currency: 'XEX' } };
}

test('the sweep restarts a reversal and a purchase that have no workflow, and no others', async () => {
  const reversing = await confirmed();
  await begin(reversing);
  const offer = await engine.parties.exporter.offer(20);
  const { trade_id: requested } = await importer.request(offer);
  const sweep = async (): Promise<SweepResult> => {
    const options = { workflowId: 'test/sweep', taskQueue: BACKGROUND_QUEUE };
    const { workflow } = engine.clients['wl-importer'];
    return (await workflow.execute(ORPHAN_SWEEP, options)) as SweepResult;
  };
  expect(await sweep()).toEqual({ looked: 0, started: 0, failed: 0 });
  await importer.moveClock(IDLE);
  expect(await sweep()).toEqual({ looked: 2, started: 2, failed: 0 });
  await inState(reversing, 'REVERSED');
  await inState(requested, 'CONFIRMED');
  await importer.moveClock(IDLE);
  expect(await sweep()).toEqual({ looked: 0, started: 0, failed: 0 });
});
