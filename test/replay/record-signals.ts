// Records what is missing among the histories of signals: `npx node test/replay/record-signals.ts`.
import { SIGNAL_SCENARIOS } from '../cp/signal-scenarios.ts';
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
