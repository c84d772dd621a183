import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startPurchaseBench, type PurchaseBench } from '../support/purchase-bench.ts';
import { scenarioName, type Scenario } from './scenarios/index.ts';

/** For a machine that is busy with other tests. */
const LONG_MS = 120_000;

/** Runs scenarios between real parties; after each nothing is open and the books agree. */
export function testScenarios(scenarios: readonly Scenario[]): void {
  let bench: PurchaseBench;
  beforeAll(async () => {
    bench = await startPurchaseBench();
  }, LONG_MS);
  afterAll(() => bench.stop(), LONG_MS);
  afterEach(async () => {
    expect(await bench.calm()).toEqual([]);
  }, LONG_MS);

  const named = scenarios.map((scenario) => [scenarioName(scenario), scenario] as const);
  test.each(named)(
    '%s',
    async (_name, scenario) => {
      const tradeId = await scenario.run(bench);
      const { state, reason, parked_reason: parked } = await bench.trade(tradeId);
      expect({ state, reason: parked ?? reason }).toEqual({
        state: scenario.state,
        reason: scenario.reason,
      });
      await scenario.end?.(bench, tradeId);
    },
    LONG_MS,
  );
}
