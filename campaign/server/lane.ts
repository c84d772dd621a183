// A process that runs scripts one after the other in a lane of its own.
import { openGround, type Ground } from '../ground.ts';
import type { Outcome } from '../run-seed.ts';
import { scriptOf, type Script } from '../script.ts';
import { compare, COMPARED, type Comparison } from './compare.ts';
import { openLane, type Lane, type LaneOptions } from './lane-world.ts';
import { forServer } from './server-script.ts';

export type LaneSetup = Omit<LaneOptions, 'variables'> & { readonly isComparing: boolean };

export type FromLane =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'outcome';
      readonly outcome: Outcome;
      /** Runs before it that the machine was too busy for. */
      readonly voided: number;
      readonly lost: ReturnType<Lane['lost']>;
    }
  | { readonly kind: 'compared'; readonly comparison: Comparison };

/** The next seed; undefined ends the lane. */
export interface ToLane {
  readonly seed: number | undefined;
}

/** A machine that is too busy three times in a row ends the campaign. */
const VOIDED_MAX = 2;

/** The campaign itself got no connection in time: nothing is said of the product. */
function isVoid({ broken }: Outcome): boolean {
  return broken.some((line) => line.startsWith(`the run failed: ${NO_CONNECTION}`));
}

const NO_CONNECTION = 'Connection terminated due to connection timeout';

/** Undefined where not even the ground could be emptied in time. */
async function attempt(lane: Lane, script: Script): Promise<Outcome | undefined> {
  try {
    return await lane.run(forServer(script));
  } catch (error) {
    if (error instanceof Error && error.message === NO_CONNECTION) return undefined;
    throw error;
  }
}

const tell = (message: FromLane): void => void process.send?.(message);

async function main(): Promise<void> {
  const setup = JSON.parse(process.argv[2] ?? '') as LaneSetup;
  const { isComparing, ...options } = setup;
  const lane = await openLane({ ...options, ...(isComparing && { variables: COMPARED }) });
  const double: Ground | undefined = isComparing
    ? await openGround(options.bundles, { variables: () => COMPARED })
    : undefined;
  let work = Promise.resolve();
  const run = async (seed: number): Promise<void> => {
    const script = scriptOf(seed);
    if (double !== undefined) {
      tell({ kind: 'compared', comparison: await compare(double, lane, script) });
    } else {
      let outcome: Outcome | undefined;
      let voided = 0;
      for (; outcome === undefined || isVoid(outcome); voided += 1) {
        if (voided > VOIDED_MAX) throw new Error(`seed ${seed}: no connection in time`);
        outcome = await attempt(lane, script);
      }
      tell({ kind: 'outcome', outcome, voided: voided - 1, lost: lane.lost() });
    }
  };
  const end = async (): Promise<void> => {
    await Promise.all([lane.close(), double?.close()]);
    process.exit(0);
  };
  process.on('message', ({ seed }: ToLane) => {
    work = work.then(() => (seed === undefined ? end() : run(seed)));
    work.catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    });
  });
  tell({ kind: 'ready' });
}

await main();
