import { testFolder } from '../../test/stack/setup.ts';
import { startTestTemporal } from '../../test/support/temporal.ts';
import { crashEverywhere, Executioner, type CrashReport } from './crash.ts';
import { namespaceOf, openLane, type Lane } from './lane-world.ts';
import { TASK_TIMEOUT } from './main.ts';
import { SCENARIOS, workflowTypes } from './scenarios.ts';

export interface CrashRun {
  readonly bundles: string;
  /** Scenarios of this workflow type only. */
  readonly only: string | undefined;
  readonly say: (text: string) => void;
}

const LANE = 0;

/** Crash at every step; answers the exit code, which is 1 also where a type has no scenario. */
export async function runCrashes({ bundles, only, say }: CrashRun): Promise<number> {
  const covered = new Set(SCENARIOS.map(({ type }) => type));
  const missing = (await workflowTypes()).filter((type) => !covered.has(type));
  const folder = await testFolder();
  const names = [namespaceOf('importer', LANE), namespaceOf('exporter', LANE)];
  const temporal = await startTestTemporal(folder.path, names, TASK_TIMEOUT);
  const reports: CrashReport[] = [];
  try {
    const executioner: Executioner = new Executioner(() => lane);
    const { address } = temporal;
    const lane: Lane = await openLane({ lane: LANE, address, bundles, watch: executioner });
    try {
      for (const scenario of SCENARIOS) {
        if (only !== undefined && scenario.type !== only) continue;
        const report = await crashEverywhere(lane, executioner, { scenario, say });
        reports.push(report);
        say(lineOf(report));
      }
    } finally {
      await lane.close();
    }
  } finally {
    await temporal.stop();
    await folder.remove();
  }
  const broken = reports.reduce((sum, report) => sum + report.broken.length, 0);
  const longest = Math.max(0, ...reports.map(({ longestMs }) => longestMs));
  say(`${broken} violations; from a death to the last move of a trade at most ${longest} ms`);
  if (only === undefined && missing.length > 0) say(`without a scenario: ${missing.join(', ')}`);
  return broken > 0 || (only === undefined && missing.length > 0) ? 1 : 0;
}

function lineOf({ type, name, events, points, runs, deaths, ...rest }: CrashReport): string {
  const { broken, medianMs, longestMs } = rest;
  const head =
    `${type} (${name}): ${events} events, ${points} points, ${runs} runs, ${deaths} deaths; ` +
    `from the death to the last move ${medianMs} ms, at most ${longestMs} ms`;
  return [head, ...broken].join('\n  ');
}
