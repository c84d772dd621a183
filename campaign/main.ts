import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runProcesses } from './processes/main.ts';
import { openGround } from './ground.ts';
import { FINISHED, runMutants } from './mutants/run.ts';
import { renderProgress } from './progress.ts';
import { add, readRecord, renderRecord, writeRecord } from './record.ts';
import { runSeed } from './run-seed.ts';
import { scriptOf } from './script.ts';
import { runCrashes } from './server/crash-main.ts';
import { runOnServer } from './server/main.ts';
import { shrink } from './shrink.ts';

const USAGE = `npm run campaign -- [--seeds=N] [--from=S] [--data=DIR] [--first] [--mutants=all|NAME,NAME]
  --seeds    how many seeds to run (100)
  --from     the first seed; without it the campaign goes on where it was
  --data     where its record lies (.data/campaign)
  --first    ends at the first seed that breaks a rule, and keeps nothing
  --mutants  puts bugs into copies of the tree and counts the seeds until each is caught
  --processes  on a stack of real processes (30 seeds of about a minute)
  --server   runs the scripts on the real Temporal server, with processes that are killed
  --compare  runs scripts without faults on the double and on the server, and compares
  --crash-every-step  workers die after each event and at each point (--workflow=TYPE,TYPE)
  --lanes    seeds on the server at once (3)`;

const SEEDS = 100;
/** Two cores are busy with three: a seed waits for time-outs most of its life. */
const LANES = '3';
/** Often enough to see that it goes on. */
const SHOWN_EVERY_MS = 15_000;
/** Failing scripts that are kept: the tests run every file of it. */
const KEPT = new URL('../test/campaign/scripts/', import.meta.url).pathname;
const BUNDLES = join(tmpdir(), `xpory-bundles-${process.getuid?.() ?? 'all'}`);

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      data: { type: 'string', default: '.data/campaign' },
      first: { type: 'boolean', default: false },
      mutants: { type: 'string' },
      processes: { type: 'boolean', default: false },
      server: { type: 'boolean', default: false },
      compare: { type: 'boolean', default: false },
      'crash-every-step': { type: 'boolean', default: false },
      workflow: { type: 'string' },
      lanes: { type: 'string', default: LANES },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const seeds = values.seeds === undefined ? SEEDS : Number(values.seeds);
  if (values.mutants !== undefined) return runMutants(values.mutants, { seeds, say });
  if (values.processes) return runProcesses({ ...values, say });
  if (values['crash-every-step']) {
    return runCrashes({ bundles: BUNDLES, only: values.workflow?.split(','), say });
  }
  if (values.server || values.compare) {
    const from = values.from === undefined ? undefined : Number(values.from);
    const { data, compare: isComparing } = values;
    const lanes = Number(values.lanes);
    return runOnServer({ seeds, from, data, lanes, isComparing, bundles: BUNDLES, say });
  }
  const path = join(values.data, 'record.json');
  const record = await readRecord(path);
  const from = values.from === undefined ? record.next : Number(values.from);
  const ground = await openGround(BUNDLES);
  const start = performance.now();
  let shownAt = start;
  let broken = 0;
  try {
    for (let seed = from; seed < from + seeds; seed += 1) {
      const outcome = await runSeed(ground, scriptOf(seed));
      if (!values.first) add(record, outcome);
      if (outcome.broken.length > 0) {
        broken += 1;
        say(`seed ${seed} breaks:\n${outcome.broken.map((line) => `  ${line}`).join('\n')}`);
        if (values.first) return 1;
        await keep(seed, async (script) => (await runSeed(ground, script)).broken.length > 0);
      }
      if (!values.first) await writeRecord(path, record);
      if (performance.now() - shownAt < SHOWN_EVERY_MS) continue;
      shownAt = performance.now();
      const done = seed - from + 1;
      const progress = { done, of: seeds, broken, elapsedMs: shownAt - start };
      say(`seed ${seed}, ${renderProgress(progress)}`);
    }
  } finally {
    await ground.close();
  }
  if (broken === 0) say(FINISHED);
  if (!values.first) say(renderRecord(record));
  return broken === 0 ? 0 : 1;
}

async function keep(seed: number, isBroken: Parameters<typeof shrink>[1]): Promise<void> {
  const least = await shrink(scriptOf(seed), isBroken);
  await mkdir(KEPT, { recursive: true });
  const path = join(KEPT, `seed-${seed}.json`);
  await writeFile(path, `${JSON.stringify(least, undefined, 2)}\n`);
  say(`shrunk to ${least.operations.filter(({ kind }) => kind !== 'nothing').length} operations`);
  say(`and ${least.faults.length} faults: ${path}`);
}

process.exitCode = await main();
