import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runProcesses } from './processes/main.ts';
import { runMutants } from './mutants/run.ts';
import { runSeeds } from './seeds.ts';
import { runCrashes } from './server/crash-main.ts';
import { runOnServer } from './server/main.ts';

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
  --lanes    seeds, or bugs, at once: each in a process with a database server (the cores; on
             the server 3)`;

const SEEDS = 100;
/** Two cores are busy with three: a seed waits for time-outs most of its life. */
const SERVER_LANES = 3;
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
      lanes: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const seeds = values.seeds === undefined ? SEEDS : Number(values.seeds);
  if (values.mutants !== undefined) {
    return runMutants(values.mutants, { seeds, lanes: lanesOf(values.lanes), say });
  }
  if (values.processes) return runProcesses({ ...values, say });
  if (values['crash-every-step']) {
    return runCrashes({ bundles: BUNDLES, only: values.workflow?.split(','), say });
  }
  if (values.server || values.compare) {
    const from = values.from === undefined ? undefined : Number(values.from);
    const { data, compare: isComparing } = values;
    const lanes = Number(values.lanes ?? SERVER_LANES);
    return runOnServer({ seeds, from, data, lanes, isComparing, bundles: BUNDLES, say });
  }
  const from = values.from === undefined ? undefined : Number(values.from);
  const { data, first: isFirst } = values;
  return runSeeds({
    seeds,
    from,
    lanes: lanesOf(values.lanes),
    data,
    isFirst,
    bundles: BUNDLES,
    say,
  });
}

/** A lane is busy most of the time: more than there are cores would only wait for each other. */
function lanesOf(told: string | undefined): number {
  return told === undefined ? availableParallelism() : Number(told);
}

process.exitCode = await main();
