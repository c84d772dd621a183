import { sql } from 'kysely';
import { cancelPlan } from '../../../db/cp/plans/read.ts';
import { recordSettled } from '../../../db/cp/settlements/deliveries.ts';
import { planWorkflowId } from '../../../workflows/compensation-plan/contract.ts';
import { settlementWorkflowId } from '../../../workflows/settlement-delivery/contract.ts';
import { eventually } from '../../stack/setup.ts';
import type { SettlementBench } from './bench.ts';

export interface SettlementScenario {
  /** `<workflow>/<version>/<path>`: where its history is kept. */
  readonly golden: string;
  readonly title: string;
  /** Runs it to its end; answers the workflow's id, its result and what the rows say. */
  readonly run: (bench: SettlementBench) => Promise<Ended>;
  readonly expected: Omit<Ended, 'workflowId'>;
}

export interface Ended {
  readonly workflowId: string;
  readonly result: unknown;
  /** Outcomes of the steps, and what people were told. */
  readonly outcomes: readonly (string | null)[];
  readonly told: readonly string[];
}

/** Each skip of time takes the engine up to a second. */
const SOON_MS = 60_000;

/** What became of plans and deliveries, one scenario a way. */
export const SETTLEMENT_SCENARIOS: readonly SettlementScenario[] = [
  {
    golden: 'compensation-plan/v1/CLOSED.in-time',
    title: 'a plan that is fulfilled before its first deadline ends without a word',
    async run(bench) {
      const { pair, workflowId } = await disabled(bench);
      await bench.settle(pair, 200_00n);
      await bench.start(workflowId);
      return ended(bench, workflowId);
    },
    expected: {
      result: { state: 'CLOSED' },
      outcomes: ['VOID', 'VOID'],
      told: ['WARNING opened', 'INFO ended'],
    },
  },
  {
    golden: 'compensation-plan/v1/CLOSED.late',
    title: 'a plan that nobody heeds escalates at each deadline, and closes when it is paid',
    async run(bench) {
      const { pair, workflowId } = await disabled(bench);
      await bench.start(workflowId);
      await judged(bench, workflowId, 2);
      await bench.settle(pair, 200_00n);
      return ended(bench, workflowId);
    },
    expected: {
      result: { state: 'CLOSED' },
      outcomes: ['MISSED', 'MISSED'],
      told: ['WARNING opened', 'WARNING missed/1', 'CRITICAL missed/2', 'INFO ended'],
    },
  },
  {
    golden: 'compensation-plan/v1/CANCELLED.half-paid',
    title: 'a partial credit meets the first step alone; a person ends the plan',
    async run(bench) {
      const { pair, workflowId } = await disabled(bench);
      await bench.settle(pair, 100_00n);
      await bench.start(workflowId);
      await judged(bench, workflowId, 2);
      const { id } = await planOf(bench, workflowId);
      const author = { actor: 'officer', source: 'test', correlationId: 'test' };
      await cancelPlan(bench.cp.db, { id, reason: 'written off', author });
      return ended(bench, workflowId);
    },
    expected: {
      result: { state: 'CANCELLED' },
      outcomes: ['MET', 'MISSED'],
      told: ['WARNING opened', 'CRITICAL missed/2', 'INFO ended'],
    },
  },
  {
    golden: 'settlement-delivery/v1/APPLIED.nudged',
    title: 'a payer that answers the nudge ends its delivery and begins that of the payee',
    async run(bench) {
      const pair = await bench.pair();
      await bench.traded(pair, 500_00n);
      const settlementId = await bench.settle(pair, 240_00n);
      await recordSettled(bench.cp.db, pair.dst, 1n);
      const workflowId = settlementWorkflowId({ settlementId, wlId: pair.src });
      await recordSettled(bench.cp.db, pair.src, 1n);
      await bench.start(workflowId);
      return ended(bench, workflowId);
    },
    expected: { result: undefined, outcomes: [], told: [] },
  },
  {
    golden: 'settlement-delivery/v1/APPLIED.late',
    title: 'a payer that is down is reported after five minutes and waited for',
    async run(bench) {
      const pair = await bench.pair();
      bench.deaf.add(pair.dst);
      await bench.traded(pair, 500_00n);
      const settlementId = await bench.settle(pair, 240_00n);
      const workflowId = settlementWorkflowId({ settlementId, wlId: pair.dst });
      await bench.start(workflowId);
      await eventually(
        'it is reported',
        async () => (await told(bench, workflowId)).length > 0,
        SOON_MS,
      );
      await recordSettled(bench.cp.db, pair.dst, 1n);
      return ended(bench, workflowId);
    },
    expected: { result: undefined, outcomes: [], told: ['WARNING '] },
  },
];

/** A pair at 1,100.00 of 1,000.00: 200.00 are needed. */
async function disabled(bench: SettlementBench) {
  const pair = await bench.pair();
  await bench.traded(pair, 1_100_00n);
  return { pair, workflowId: planWorkflowId({ ...pair, n: 1 }) };
}

async function planOf({ cp }: SettlementBench, workflowId: string) {
  const [, src = '', dst = '', n = ''] = workflowId.split('/');
  return cp.db
    .selectFrom('compensation_plan')
    .selectAll()
    .where('src', '=', src)
    .where('dst', '=', dst)
    .where('n', '=', Number(n))
    .executeTakeFirstOrThrow();
}

async function outcomes(bench: SettlementBench, workflowId: string): Promise<(string | null)[]> {
  if (!workflowId.startsWith('plan/')) return [];
  const { id } = await planOf(bench, workflowId);
  const rows = await bench.cp.db
    .selectFrom('compensation_step')
    .select('outcome')
    .where('plan_id', '=', id)
    .orderBy('step')
    .execute();
  return rows.map(({ outcome }) => outcome);
}

async function judged(bench: SettlementBench, workflowId: string, steps: number): Promise<void> {
  const are = async (): Promise<boolean> =>
    (await outcomes(bench, workflowId)).filter((outcome) => outcome !== null).length >= steps;
  await eventually(`${steps} deadlines have passed`, are, SOON_MS);
}

/** Severity and what it is about, in the order in which people were told. */
async function told({ cp }: SettlementBench, workflowId: string): Promise<string[]> {
  const rows = await cp.db
    .selectFrom('notification')
    .select(['severity', 'dedupe_key'])
    .where(sql<boolean>`starts_with(dedupe_key, ${workflowId})`)
    .orderBy('created_at')
    .execute();
  return rows.map((row) => `${row.severity} ${row.dedupe_key.slice(workflowId.length + 1)}`);
}

async function ended(bench: SettlementBench, workflowId: string): Promise<Ended> {
  // What was ordered again runs still: it is told to look at its rows.
  await bench.kick();
  const result: unknown = await bench.client.workflow.getHandle(workflowId).result();
  return {
    ...{ workflowId, result },
    outcomes: await outcomes(bench, workflowId),
    told: await told(bench, workflowId),
  };
}
