// Records what is missing among the Control Plane's histories: `npx node test/replay/record-cp.ts`.
import { startApprovalBench } from '../cp/approvals/bench.ts';
import { APPROVAL_SCENARIOS } from '../cp/approvals/scenarios.ts';
import { startSettlementBench } from '../cp/settlements/bench.ts';
import { SETTLEMENT_SCENARIOS } from '../cp/settlements/scenarios.ts';
import { isKept, keepHistory } from './keep.ts';

const bench = await startSettlementBench();
try {
  for (const { golden, run } of SETTLEMENT_SCENARIOS) {
    if (await isKept(golden)) continue;
    const { workflowId } = await run(bench);
    await keepHistory(bench.client.workflow.getHandle(workflowId), golden);
  }
} finally {
  await bench.stop();
}

const approvals = await startApprovalBench();
try {
  for (const { golden, run } of APPROVAL_SCENARIOS) {
    if (await isKept(golden)) continue;
    const { workflowId } = await run(approvals);
    const handle = approvals.client.workflow.getHandle(workflowId);
    await handle.result();
    await keepHistory(handle, golden);
  }
} finally {
  await approvals.stop();
}
