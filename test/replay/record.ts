// Records what is missing among the histories: `npx node test/replay/record.ts`. Nothing that is
// there is written again, because a golden history tells what earlier builds did.
import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { approvalWorkflowId } from '../../workflows/approval/contract.ts';
import { purchaseWorkflowId } from '../../workflows/purchase/contract.ts';
import { reversalWorkflowId } from '../../workflows/reversal/contract.ts';
import { SCENARIOS, scenarioName, type Scenario } from '../purchase/scenarios/index.ts';
import { startPurchaseBench, type PurchaseBench } from '../support/purchase-bench.ts';
import type { WhiteLabel } from '../support/white-label.ts';
import { IMPORTER } from '../wl/documents.ts';
import { HISTORIES, VERSION } from './histories.ts';

interface Recording {
  readonly file: string;
  readonly party: WhiteLabel;
  readonly workflowId: (tradeId: string) => string;
  /** False where the workflow is recorded while it waits. */
  readonly isOver: boolean;
}

function recordingsOf(bench: PurchaseBench, scenario: Scenario): Recording[] {
  const { workflow = 'purchase', approval } = scenario;
  const path = (name: string, outcome: string): string =>
    join(HISTORIES, name, VERSION, `${outcome}.json`);
  const own: Recording = {
    file: path(workflow, scenarioName(scenario)),
    party: bench.importer,
    workflowId: workflow === 'purchase' ? purchaseWorkflowId : reversalWorkflowId,
    isOver: false,
  };
  if (approval === undefined) return [own];
  const theirs: Recording = {
    file: path('approval', approval),
    party: bench.exporter,
    workflowId: (tradeId) => approvalWorkflowId({ importer: IMPORTER, tradeId }),
    isOver: true,
  };
  return [own, theirs];
}

async function record({ party, workflowId, isOver, file }: Recording, tradeId: string) {
  const handle = party.temporal.client.workflow.getHandle(workflowId(tradeId));
  if (isOver) await handle.result();
  const history = withoutMachine(JSON.parse(historyToJSON(await handle.fetchHistory())));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    `${JSON.stringify(history)}
`,
    { flag: 'wx' },
  );
  process.stdout.write(`recorded ${file.slice(HISTORIES.length)}\n`);
}

const STICKY_QUEUE = /^\d+@.*-[0-9a-f]{32}$/;

/** Where it ran and who ran it is no part of a history: host, process, and paths in stack traces. */
function withoutMachine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMachine);
  if (typeof value === 'string') return value.replace(STICKY_QUEUE, 'sticky');
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    if (key === 'stackTrace') return [key, ''];
    if (key === 'identity') return [key, 'worker'];
    return [key, withoutMachine(inner)];
  });
  return Object.fromEntries(entries);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function main(): Promise<void> {
  const bench = await startPurchaseBench();
  try {
    for (const scenario of SCENARIOS) {
      const recordings = recordingsOf(bench, scenario);
      const there = await Promise.all(recordings.map(({ file }) => isThere(file)));
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
