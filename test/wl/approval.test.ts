import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import { sql } from 'kysely';
import type { TradeStarter } from '../../activities/upkeep/trade-starter.ts';
import { decideHold } from '../../db/wl/holds/decide.ts';
import { listPending } from '../../db/wl/holds/read.ts';
import { approvalWorkflowId, type ApprovalResult } from '../../workflows/approval/contract.ts';
import { HOLD_TIDY, type HoldTidyResult } from '../../workflows/hold-tidy/contract.ts';
import { ORPHAN_SWEEP, type SweepResult } from '../../workflows/orphan-sweep/contract.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { eventually } from '../stack/setup.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import { assertConsistent } from './exporter.ts';
import { createImporter, type TestImporter } from './importer.ts';
import { startTradeEngine, type TradeEngine } from './trade-engine.ts';

const LONG = 120_000;
const PAST_HOLD = 91;
/** Twenty minutes: time is skipped from poll to poll, and a day has hundreds of them. */
const APPROVAL_TTL = 1_200;
/** Above the approval threshold at 80.00 each. */
const MANY = 13;
const OLD_EVENTS = 5_001;

jest.setTimeout(LONG);

let engine: TradeEngine;
let importer: TestImporter;
let approver: string;
const away = { startApproval: false, signalDecision: 0 };

beforeAll(async () => {
  engine = await startTradeEngine({
    settings: { approvalTtlSeconds: APPROVAL_TTL },
    exporterWork: (real) => ({
      ...real,
      startApproval: (purchase) =>
        away.startApproval ? Promise.reject(new Error('away')) : real.startApproval(purchase),
    }),
    importerWork: (real): TradeStarter => ({
      ...real,
      signalDecision(trade) {
        away.signalDecision -= 1;
        return away.signalDecision >= 0
          ? Promise.reject(new Error('away'))
          : real.signalDecision(trade);
      },
    }),
  });
  importer = await createImporter(engine.parties.importer);
  const scope = 'trader:approve';
  approver = await engine.parties.token('exporter', { aud: EXPORTER, scope });
});
afterAll(() => engine.stop());
beforeEach(() => {
  away.startApproval = false;
  away.signalDecision = 0;
});

/** A purchase that waits for a person at the exporter; answers its trade id. */
async function waiting(): Promise<string> {
  const offer = await engine.parties.exporter.offer(20);
  const { trade_id: tradeId, exporter } = await importer.request(offer, MANY);
  await engine.starters.importer.startPurchase({ tradeId, exporter });
  await inState(tradeId, 'AWAITING_APPROVAL');
  return tradeId;
}

async function inState(tradeId: string, state: string): Promise<void> {
  await eventually(state, async () => (await importer.trade(tradeId)).state === state, LONG);
}

function decide(tradeId: string, verb: 'approve' | 'reject') {
  return engine.parties.callExporter({
    ...{ path: `/api/v2/trader/purchases/${tradeId}/${verb}`, as: 'exporter', token: approver },
    body: verb === 'reject' ? { reason: 'not now' } : {},
  });
}

const handleOf = (tradeId: string) =>
  engine.clients['wl-exporter'].workflow.getHandle(
    approvalWorkflowId({ importer: IMPORTER, tradeId }),
  );
const resultOf = (tradeId: string) => handleOf(tradeId).result() as Promise<ApprovalResult>;

async function run<T>(workflow: string): Promise<T> {
  const options = { workflowId: `test/${workflow}`, taskQueue: BACKGROUND_QUEUE };
  const result: unknown = await engine.clients['wl-exporter'].workflow.execute(workflow, options);
  return result as T;
}

describe('a purchase that waits for a person', () => {
  test('is confirmed in both books once it is approved, and the importer has acknowledged', async () => {
    const tradeId = await waiting();
    expect((await handleOf(tradeId).describe()).searchAttributes).toMatchObject({
      ...{ TradeStatus: ['PENDING'], TradeId: [tradeId], Importer: [IMPORTER] },
      Exporter: [EXPORTER],
    });
    expect((await decide(tradeId, 'approve')).body).toMatchObject({ status: 'CONFIRMED' });
    await inState(tradeId, 'CONFIRMED');
    expect(await resultOf(tradeId)).toEqual({ status: 'CONFIRMED' });
    const { searchAttributes } = await handleOf(tradeId).describe();
    expect(searchAttributes).toMatchObject({ TradeStatus: ['CONFIRMED'] });
  });

  test('is refunded whole when it is rejected', async () => {
    const before = await importer.funds();
    const tradeId = await waiting();
    await decide(tradeId, 'reject');
    await inState(tradeId, 'COMPENSATED');
    expect((await importer.trade(tradeId)).reason).toBe('MANUAL_REJECT');
    expect(await importer.funds()).toEqual(before);
    expect(await resultOf(tradeId)).toEqual({ status: 'REJECTED', reason: 'MANUAL_REJECT' });
  });

  test('is told again until the importer acknowledges', async () => {
    away.signalDecision = 2;
    const tradeId = await waiting();
    await decide(tradeId, 'approve');
    expect(await resultOf(tradeId)).toEqual({ status: 'CONFIRMED' });
    await inState(tradeId, 'CONFIRMED');
    expect(away.signalDecision).toBe(-1);
  });

  test('whose workflow was never started is found by the sweep', async () => {
    away.startApproval = true;
    const tradeId = await waiting();
    await expect(handleOf(tradeId).describe()).rejects.toThrow(WorkflowNotFoundError);
    const swept = await run<SweepResult>(ORPHAN_SWEEP);
    expect(swept).toEqual({ looked: 1, started: 1, failed: 0 });
    expect((await handleOf(tradeId).describe()).status.name).toBe('RUNNING');
    expect(await run<SweepResult>(ORPHAN_SWEEP)).toEqual({ looked: 1, started: 0, failed: 0 });
    await decide(tradeId, 'approve');
    expect(await resultOf(tradeId)).toEqual({ status: 'CONFIRMED' });
  });

  test('decided without a workflow is delivered by the one that the decision starts', async () => {
    away.startApproval = true;
    const tradeId = await waiting();
    await decide(tradeId, 'approve');
    await eventually('a workflow', () =>
      handleOf(tradeId)
        .describe()
        .then(Boolean, () => false),
    );
    expect(await resultOf(tradeId)).toEqual({ status: 'CONFIRMED' });
    await inState(tradeId, 'CONFIRMED');
  });

  test('whose wake-up was lost is read again after a while', async () => {
    away.startApproval = true;
    const tradeId = await waiting();
    await engine.skipping.exporter.startApproval({ importer: IMPORTER, tradeId });
    await eventually(
      'the wait',
      async () => (await handleOf(tradeId).describe()).historyLength > 8,
    );
    const decided = await decideHold(engine.parties.exporter.wl.db, {
      ...{ wlId: EXPORTER, tradeId, decision: 'APPROVE', note: 'seen', actor: 'test' },
      correlationId: 'test',
    });
    expect(decided.ok).toBe(true);
    expect(await resultOf(tradeId)).toEqual({ status: 'CONFIRMED' });
    await inState(tradeId, 'CONFIRMED');
  });

  test(
    'is called to mind at half-time, and refunded at its deadline',
    async () => {
      away.startApproval = true;
      const tradeId = await waiting();
      await engine.skipping.exporter.startApproval({ importer: IMPORTER, tradeId });
      const reminded = (): boolean =>
        engine.logLines.some((line) => line.includes('still waits') && line.includes(tradeId));
      await eventually('a reminder', reminded, LONG);
      await engine.parties.exporter.moveClock(APPROVAL_TTL + 1);
      expect(await resultOf(tradeId)).toEqual({ status: 'REJECTED', reason: 'APPROVAL_EXPIRED' });
      await inState(tradeId, 'COMPENSATED');
    },
    LONG,
  );
});

test('the tidying workflow expires what nobody asks for', async () => {
  const { exporter } = engine.parties;
  const originOfferId = await exporter.offer(3);
  await exporter.hold({ originOfferId });
  await exporter.hold({ originOfferId });
  await exporter.moveClock(PAST_HOLD);
  // More than any one statement takes: what an outage has left is forgotten in one run.
  await sql`INSERT INTO outbox (event_id, type, correlation_id, data, sent_at, result)
    SELECT gen_random_uuid(), 'hold.opened', 'old', '{}', clock() - interval '31 days', 'ACCEPTED'
      FROM generate_series(1, ${OLD_EVENTS})`.execute(exporter.wl.db);
  expect(await run<HoldTidyResult>(HOLD_TIDY)).toEqual({
    ...{ expired: 2, keysForgotten: 0, eventsForgotten: OLD_EVENTS },
  });
  expect((await listPending(exporter.wl.db, { limit: 1, offset: 0 })).total).toBe(0);
  await assertConsistent(exporter.wl);
});
