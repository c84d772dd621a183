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

/** Of scripts; the whole stack goes on beside them. A run waits for time-outs most of its life. */
const LANES = [0, 1];

/** Crash at every step; answers the exit code, which is 1 also where a type has no scenario. */
export async function runCrashes({ bundles, only, say }: CrashRun): Promise<number> {
  const covered = new Set([...SCENARIOS, ...STEP_SCENARIOS].map(({ type }) => type));
  const missing = (await workflowTypes()).filter((type) => !covered.has(type));
  const folder = await testFolder();
  const names = [
    ...LANES.flatMap((lane) => [namespaceOf('importer', lane), namespaceOf('exporter', lane)]),
    ...PARTIES.map(({ namespace }) => namespace),
  ];
  const temporal = await startTestTemporal(folder.path, names, TASK_TIMEOUT);
  const reports: Pick<CrashReport, 'broken' | 'longestMs'>[] = [];
  try {
    const { address } = temporal;
    const steps = { address, folder: folder.path, only, say };
    const scripts = { address, bundles, only, say };
    reports.push(...(await Promise.all([runSteps(steps), runScripts(scripts)])).flat());
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
  const lanes = LANES.slice(0, scenarios.length);
  const run = async (lane: number): Promise<CrashReport[]> => {
    const reports: CrashReport[] = [];
    const executioner: Executioner = new Executioner(() => opened);
    const opened: Lane = await openLane({ lane, address, bundles, watch: executioner });
    try {
      for (let next = scenarios.shift(); next !== undefined; next = scenarios.shift()) {
        const report = await crashEverywhere(opened, executioner, { scenario: next, say });
        reports.push(report);
        say(lineOf(report));
      }
    } finally {
      await opened.close();
    }
    return reports;
  };
  return (await Promise.all(lanes.map(run))).flat();
}

function lineOf({ type, name, events, moments, points, ...rest }: CrashReport): string {
  const { runs, deaths, broken, medianMs, longestMs } = rest;
  const head =
    `${type} (${name}): ${events} events in ${moments} moments, ${points} points, ${runs} runs, ` +
    `${deaths} deaths; from the death to the last move ${medianMs} ms, at most ${longestMs} ms`;
  return [head, ...broken].join('\n  ');
}
