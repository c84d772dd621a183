import { describe, expect, test } from '@jest/globals';
import { hasWorkflow, OUTCOMES } from '../../domain/purchase/outcomes.ts';
import { testBundle } from '../support/bundles.ts';
import { SCENARIOS, scenarioName } from '../purchase/scenarios/index.ts';
import { goldenOf, readHistories, VERSION, workflowOf, workflowsOf } from './histories.ts';
import { replay } from './replay.ts';
import { CARRIED_SCENARIOS } from '../cp/carried-scenarios.ts';
import { APPROVAL_SCENARIOS } from '../cp/approvals/scenarios.ts';
import { CONTINUED_SIGNAL, SIGNAL_SCENARIOS } from '../cp/signal-scenarios.ts';
import { SETTLEMENT_SCENARIOS } from '../cp/settlements/scenarios.ts';

const LONG_MS = 120_000;
/** Workflows of which none is kept: whatever run a deployment cuts in two, nobody misses it. */
const WITHOUT_HISTORY: Readonly<Record<string, string>> = {
  warmUp: 'it does nothing that anybody waits for; each start of a process runs a new one',
  snapshotSync: 'an operator waits for it for 20 s at most, and can ask again',
  importNow: 'who asked for it waits for its answer, and can ask again',
  policySync: 'a schedule starts the next run within 30 s',
  offerSync: 'a schedule starts the next run within a minute',
  holdTidy: 'a schedule starts the next run within a minute',
  orphanSweep: 'a schedule starts the next run within 15 s',
};

describe('golden histories', () => {
  test('one is kept of every workflow, or it is said why not', async () => {
    const workflows = [...(await workflowsOf('cp')), ...(await workflowsOf('wl'))];
    const kept = new Set((await readHistories()).map(workflowOf));
    expect(workflows.filter((name) => !kept.has(name)).toSorted()).toEqual(
      Object.keys(WITHOUT_HISTORY).toSorted(),
    );
    expect([...kept].filter((name) => !workflows.includes(name))).toEqual([]);
  });

  test('one is kept of every outcome that has a workflow', async () => {
    const names = new Set((await readHistories()).map(({ name }) => name));
    const missing = OUTCOMES.filter(hasWorkflow)
      .map(goldenOf)
      .filter((golden) => !names.has(golden));
    expect(missing).toEqual([]);
  });

  test('one is kept of every scenario, and of every approval in them', async () => {
    const names = new Set((await readHistories()).map(({ name }) => name));
    const wanted = SCENARIOS.flatMap((scenario) => {
      const { workflow = 'purchase', approval } = scenario;
      const own = `${workflow}/${VERSION}/${scenarioName(scenario)}`;
      return approval === undefined ? [own] : [own, `approval/${VERSION}/${approval}`];
    });
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  test('one is kept of every way that settlements and plans go', async () => {
    const names = new Set((await readHistories()).map(({ name }) => name));
    const wanted = [...SETTLEMENT_SCENARIOS, ...APPROVAL_SCENARIOS].map(({ golden }) => golden);
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  test('one is kept of every way that revisions and alerts end', async () => {
    const names = new Set((await readHistories()).map(({ name }) => name));
    const wanted = CARRIED_SCENARIOS.map(({ golden }) => golden);
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  test('one is kept of every way that a signal goes', async () => {
    const names = new Set((await readHistories()).map(({ name }) => name));
    const { ended, went } = CONTINUED_SIGNAL;
    const wanted = [...SIGNAL_SCENARIOS.map(({ golden }) => golden), ended, went];
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  test('every row of the table of outcomes is reached by a scenario', () => {
    const key = (row: { state: string; reason: string | null; from: string }): string =>
      `${row.state}/${row.reason ?? 'none'}/${row.from}`;
    const reached = new Set(SCENARIOS.map(key));
    const missing = OUTCOMES.filter(hasWorkflow)
      .map(key)
      .filter((row) => !reached.has(row));
    expect(missing).toEqual([]);
  });

  test(
    'all of them replay on this build, without a server',
    async () => {
      const histories = await readHistories();
      expect(histories.length).toBeGreaterThan(0);
      expect(await replay(histories, testBundle)).toEqual({});
    },
    LONG_MS,
  );

  test(
    'one that this build would not have written is found',
    async () => {
      const histories = await readHistories();
      const confirmed = histories.find(({ name }) => name === 'purchase/v1/CONFIRMED.none');
      const other = JSON.stringify(confirmed?.history).replaceAll('"purchase"', '"reversal"');
      const failures = await replay([{ name: 'changed', history: JSON.parse(other) }], testBundle);
      expect(Object.keys(failures)).toEqual(['changed']);
    },
    LONG_MS,
  );
});
