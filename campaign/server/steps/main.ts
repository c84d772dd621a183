import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { waitForQuiet } from '../../../stack/drill/quiet.ts';
import { checkStack } from '../../../stack/invariants.ts';
import { PARTIES } from '../../../stack/parties.ts';
import { STEP_SCENARIOS } from './list.ts';
import { crashAtEachStep, type StepReport } from './run.ts';
import { openScene } from './scene.ts';

export interface StepRun {
  /** Of an engine's server that has the parties' namespaces. */
  readonly address: string;
  readonly folder: string;
  /** Scenarios of these workflow types only. */
  readonly only: readonly string[] | undefined;
  readonly say: (text: string) => void;
}

/** The scenarios on the whole stack, a lane a party; what broke is in the reports. */
export async function runSteps({ address, folder, only, say }: StepRun): Promise<StepReport[]> {
  const scenarios = STEP_SCENARIOS.filter(({ type }) => only?.includes(type) ?? true);
  if (scenarios.length === 0) return [];
  const lines = createWriteStream(join(folder, 'workers.log'));
  const scene = await openScene({ address, log: (line) => void lines.write(`${line}\n`) });
  try {
    const lanes = PARTIES.map(async ({ slug }) => {
      const reports: StepReport[] = [];
      for (const scenario of scenarios.filter(({ party }) => party === slug)) {
        const report = await crashAtEachStep(scene, scenario, say);
        say(lineOf(report));
        reports.push(report);
      }
      return reports;
    });
    const reports = (await Promise.race([Promise.all(lanes), scene.stage.broken])).flat();
    // Everything at rest, and all books of all runs once more.
    const isQuiet = await waitForQuiet(scene.stage);
    const holds = await checkStack(scene.stage.stack, scene.stage.progress);
    if (isQuiet && holds) return reports;
    return reports.map((one) => ({ ...one, broken: [...one.broken, 'the books at the end'] }));
  } finally {
    await scene.close();
    lines.end();
    await finished(lines);
  }
}

function lineOf({ type, name, party, ...rest }: StepReport): string {
  const { events, moments, points, leftOut, runs, deaths, broken, medianMs, longestMs } = rest;
  const head =
    `${type} (${name}, ${party}): ${events} events in ${moments} moments, ${points} points ` +
    `(${leftOut} of them repeat another), ${runs} runs, ${deaths} deaths; from the death to the end of the work ${medianMs} ms, ` +
    `at most ${longestMs} ms`;
  return [head, ...broken].join('\n  ');
}
