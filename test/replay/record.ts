// Records what is missing among the histories: `npx node test/replay/record.ts`. Nothing that is
// there is written again, because a golden history tells what earlier builds did.
import { approvalWorkflowId } from '../../workflows/approval/contract.ts';
import { purchaseWorkflowId } from '../../workflows/purchase/contract.ts';
import { reversalWorkflowId } from '../../workflows/reversal/contract.ts';
import { SCENARIOS, scenarioName, type Scenario } from '../purchase/scenarios/index.ts';
import { startPurchaseBench, type PurchaseBench } from '../support/purchase-bench.ts';
import type { WhiteLabel } from '../support/white-label.ts';
import { IMPORTER } from '../wl/documents.ts';
import { VERSION } from './histories.ts';
import { isKept, keepHistory } from './keep.ts';

interface Recording {
  readonly name: string;
  readonly party: WhiteLabel;
  readonly workflowId: (tradeId: string) => string;
  /** False where the workflow is recorded while it waits. */
  readonly isOver: boolean;
}

function recordingsOf(bench: PurchaseBench, scenario: Scenario): Recording[] {
  const { workflow = 'purchase', approval } = scenario;
  const path = (name: string, outcome: string): string => `${name}/${VERSION}/${outcome}`;
  const own: Recording = {
    name: path(workflow, scenarioName(scenario)),
    party: bench.importer,
    workflowId: workflow === 'purchase' ? purchaseWorkflowId : reversalWorkflowId,
    isOver: false,
  };
  if (approval === undefined) return [own];
  const theirs: Recording = {
    name: path('approval', approval),
    party: bench.exporter,
    workflowId: (tradeId) => approvalWorkflowId({ importer: IMPORTER, tradeId }),
    isOver: true,
  };
  return [own, theirs];
}

async function record({ party, workflowId, isOver, name }: Recording, tradeId: string) {
  const handle = party.temporal.client.workflow.getHandle(workflowId(tradeId));
  if (isOver) await handle.result();
  await keepHistory(handle, name);
}

async function main(): Promise<void> {
  const bench = await startPurchaseBench();
  try {
    for (const scenario of SCENARIOS) {
      const recordings = recordingsOf(bench, scenario);
      const there = await Promise.all(recordings.map(({ name }) => isKept(name)));
      if (there.every(Boolean)) continue;
      const tradeId = await scenario.run(bench);
      const missing = recordings.filter((_recording, index) => there[index] === false);
      for (const recording of missing) await record(recording, tradeId);
      await scenario.end?.(bench, tradeId);
      const broken = await bench.calm();
      if (broken.length > 0) throw new Error(broken.join('\n'));
    }
  } finally {
    await bench.stop();
  }
}

await main();
