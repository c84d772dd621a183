// Records what is missing among the histories of signals: `npx node test/replay/record-signals.ts`.
import { CONTINUED_SIGNAL, SIGNAL_SCENARIOS } from '../cp/signal-scenarios.ts';
import { startSignalStage } from '../cp/signals-stage.ts';
import { isKept, keepHistory } from './keep.ts';

const stage = await startSignalStage();
try {
  for (const { golden, run } of SIGNAL_SCENARIOS) {
    if (await isKept(golden)) continue;
    const handle = stage.client.workflow.getHandle(await run(stage));
    await handle.result();
    await keepHistory(handle, golden);
  }
} finally {
  await stage.stop();
}

if (!(await isKept(CONTINUED_SIGNAL.went))) await recordContinued();

async function recordContinued(): Promise<void> {
  const { run, limits, engine, ended, went } = CONTINUED_SIGNAL;
  const patient = await startSignalStage(limits, engine);
  try {
    const { workflow } = patient.client;
    const workflowId = await run(patient);
    const last = workflow.getHandle(workflowId);
    await last.result();
    const [start] = (await last.fetchHistory()).events ?? [];
    const before = start?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (!before) throw new Error('the run did not go on as another');
    await keepHistory(workflow.getHandle(workflowId, before), ended);
    await keepHistory(last, went);
  } finally {
    await patient.stop();
  }
}
