// Records the relay's histories that are missing: `npx node test/replay/record-telemetry.ts`.
import { startRelay } from '../../activities/telemetry/relay-starter.ts';
import { TELEMETRY_RELAY_ID } from '../../workflows/telemetry-relay/contract.ts';
import { eventually } from '../stack/setup.ts';
import { startTelemetryBench, type TelemetryBench } from '../support/telemetry-bench.ts';
import { VERSION } from './histories.ts';
import { isKept, keepHistory } from './keep.ts';

// A hundred runs end in well under a minute.
const RUN_MS = 100;
const RUNS_OVER_MS = 120_000;

/** One that ran into its hundredth run and went on as another, and one that was cancelled. */
const PATHS = ['continued', 'cancelled'] as const;

async function record(bench: TelemetryBench, path: (typeof PATHS)[number]): Promise<void> {
  const { workflow } = bench.whiteLabel.temporal.client;
  const open = workflow.getHandle(TELEMETRY_RELAY_ID);
  const { runId } = await open.describe();
  const run = workflow.getHandle(TELEMETRY_RELAY_ID, runId);
  if (path === 'cancelled') await run.cancel();
  await eventually(
    'the run is over',
    async () => (await run.describe()).status.name !== 'RUNNING',
    RUNS_OVER_MS,
  );
  await keepHistory(run, `telemetry-relay/${VERSION}/${path}`);
}

async function main(): Promise<void> {
  const names = PATHS.map((path) => `telemetry-relay/${VERSION}/${path}`);
  if ((await Promise.all(names.map(isKept))).every(Boolean)) return;
  const bench = await startTelemetryBench({ runMs: RUN_MS });
  try {
    const worker = await bench.whiteLabel.startBackgroundWorker();
    await startRelay(bench.whiteLabel.temporal.client);
    for (const [index, path] of PATHS.entries()) {
      if (!(await isKept(names[index] ?? ''))) await record(bench, path);
    }
    await worker.stop();
  } finally {
    await bench.stop();
  }
}

await main();
