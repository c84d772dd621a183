import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSettlementBench, type SettlementBench } from './bench.ts';
import { SETTLEMENT_SCENARIOS } from './scenarios.ts';

const LONG = 90_000;
let bench: SettlementBench;

beforeAll(async () => {
  bench = await startSettlementBench();
}, LONG);
afterAll(() => bench.stop(), LONG);

test.each(SETTLEMENT_SCENARIOS)(
  '$title',
  async ({ run, expected }) => {
    const before = bench.kicked();
    const { workflowId, ...rest } = await run(bench);
    expect(rest).toEqual(expected);
    // What a step tells of leaves the console at once; the rest is told by whoever pays.
    const isToldHere = expected.told.some((said) => said === 'WARNING ' || said.includes('missed'));
    expect(bench.kicked() > before).toBe(isToldHere);
    const order = await bench.cp.db
      .selectFrom('work_order')
      .select('done_at')
      .where('workflow_id', '=', workflowId)
      .executeTakeFirstOrThrow();
    expect(order.done_at).not.toBeNull();
  },
  LONG,
);

test(
  'the workflow of a plan that is gone ends at once, and a repeated run changes nothing',
  async () => {
    const scenario = SETTLEMENT_SCENARIOS[1];
    const { workflowId, told } = (await scenario?.run(bench)) ?? { workflowId: '', told: [] };
    await bench.start(workflowId);
    const result: unknown = await bench.client.workflow.getHandle(workflowId).result();
    expect(result).toEqual({ state: 'CLOSED' });
    expect(told).toEqual(scenario?.expected.told);
  },
  LONG,
);
