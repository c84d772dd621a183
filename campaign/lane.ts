import { openGround } from './ground.ts';
import type { FromLane, LaneSetup, ToLane } from './lanes.ts';
import { runSeed } from './run-seed.ts';
import { scriptOf } from './script.ts';
import { shrink } from './shrink.ts';
import { stateOfTree } from './states.ts';

const setup = JSON.parse(process.argv[2] ?? '') as LaneSetup;
/** Whoever hands out the seeds is gone: nobody would hear of another one. */
let isAlone = false;
process.once('disconnect', () => (isAlone = true));

const tell = (message: FromLane): void => {
  if (process.connected) process.send?.(message);
};

/** One lane: takes a seed, runs and judges it, and asks for the next. */
async function main(): Promise<void> {
  const ground = await openGround(setup.bundles);
  try {
    let told = listen();
    tell({ kind: 'ready', state: await stateOfTree() });
    for (;;) {
      const seed = await told;
      if (seed === undefined || isAlone) return;
      told = listen();
      const outcome = await runSeed(ground, scriptOf(seed));
      tell({ kind: 'outcome', outcome });
      if (outcome.broken.length > 0 && setup.isShrinking) {
        const script = await shrink(
          scriptOf(seed),
          async (smaller) => !isAlone && (await runSeed(ground, smaller)).broken.length > 0,
        );
        tell({ kind: 'shrunk', seed, script });
      }
      tell({ kind: 'idle' });
    }
  } finally {
    await ground.close();
    if (process.connected) process.disconnect();
  }
}

/** The next seed; undefined where there is none. */
function listen(): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const end = (): void => resolve(undefined);
  process.once('message', ({ seed }: ToLane) => {
    process.off('disconnect', end);
    resolve(seed);
  });
  process.once('disconnect', end);
  return promise;
}

await main();
