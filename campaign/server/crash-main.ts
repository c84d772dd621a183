import { testFolder } from '../../test/stack/setup.ts';
import { startTestTemporal } from '../../test/support/temporal.ts';
import { crashEverywhere, Executioner, type CrashReport } from './crash.ts';
import { PARTIES } from '../../stack/parties.ts';
import { namespaceOf, openLane, type Lane } from './lane-world.ts';
import { TASK_TIMEOUT } from './main.ts';
import { SCENARIOS, workflowTypes } from './scenarios.ts';
import { STEP_SCENARIOS } from './steps/list.ts';
import { runSteps } from './steps/main.ts';

export interface CrashRun {
  readonly bundles: string;
  /** Scenarios of these workflow types only. */
  readonly only: readonly string[] | undefined;
  readonly say: (text: string) => void;
}

const LANE = 0;

/** Crash at every step; answers the exit code, which is 1 also where a type has no scenario. */
export async function runCrashes({ bundles, only, say }: CrashRun): Promise<number> {
  const covered = new Set([...SCENARIOS, ...STEP_SCENARIOS].map(({ type }) => type));
  const missing = (await workflowTypes()).filter((type) => !covered.has(type));
  const folder = await testFolder();
  const names = [
    ...[namespaceOf('importer', LANE), namespaceOf('exporter', LANE)],
    ...PARTIES.map(({ namespace }) => namespace),
  ];
  const temporal = await startTestTemporal(folder.path, names, TASK_TIMEOUT);
  const reports: Pick<CrashReport, 'broken' | 'longestMs'>[] = [];
  try {
    const { address } = temporal;
    const steps = { address, folder: folder.path, only, say };
    reports.push(
      ...(await runSteps(steps)),
      ...(await runScripts({ address, bundles, only, say })),
    );
  } finally {
    await temporal.stop();
    await folder.remove();
  }
  const broken = reports.reduce((sum, report) => sum + report.broken.length, 0);
  const longest = Math.max(0, ...reports.map(({ longestMs }) => longestMs));
  say(`${broken} violations; from a death to the end of its work at most ${longest} ms`);
  if (only === undefined && missing.length > 0) say(`without a scenario: ${missing.join(', ')}`);
  return broken > 0 || (only === undefined && missing.length > 0) ? 1 : 0;
}

/** Those of purchases, each from an empty book on: their judges are those of the seeds. */
async function runScripts({
  address,
  bundles,
  only,
  say,
}: CrashRun & { readonly address: string }): Promise<CrashReport[]> {
  const scenarios = SCENARIOS.filter(({ type }) => only?.includes(type) ?? true);
  if (scenarios.length === 0) return [];
  const reports: CrashReport[] = [];
  const executioner: Executioner = new Executioner(() => lane);
  const lane: Lane = await openLane({ lane: LANE, address, bundles, watch: executioner });
  try {
    for (const scenario of scenarios) {
      const report = await crashEverywhere(lane, executioner, { scenario, say });
      reports.push(report);
      say(lineOf(report));
    }
  } finally {
    await lane.close();
  }
  return reports;
}

function lineOf({ type, name, events, points, runs, deaths, ...rest }: CrashReport): string {
  const { broken, medianMs, longestMs } = rest;
  const head =
    `${type} (${name}): ${events} events, ${points} points, ${runs} runs, ${deaths} deaths; ` +
    `from the death to the last move ${medianMs} ms, at most ${longestMs} ms`;
  return [head, ...broken].join('\n  ');
}
