import { startApproving } from './approver.ts';
import { openCheckout, startBuying } from './buyers.ts';
import { createClientLog } from './client-log.ts';
import { judge } from './judge.ts';
import { KILL_ENV, prepareBuyers } from './kill.ts';
import type { DrillOptions } from './options.ts';
import { waitForQuiet } from './quiet.ts';
import { openStage } from './stage.ts';
import { measureRestart, measureTakeover } from './takeover.ts';

/** The importer's gateway is killed amid its purchases, with a standby and without. True: all held. */
export async function drillTakeover(options: DrillOptions): Promise<boolean> {
  const stage = await openStage({ name: 'takeover', env: KILL_ENV });
  const log = createClientLog(`${stage.dataDir}/client.jsonl`);
  const { checkout, close } = openCheckout(stage);
  let stopBuying: (() => Promise<void>) | undefined;
  try {
    const work = async (): Promise<boolean> => {
      const { buyers, offers } = await prepareBuyers(stage, options.buyers);
      const approver = startApproving(stage);
      const everyMs = options.every * 1_000;
      const buying = startBuying({ buyers, offers, log, checkout, everyMs });
      stopBuying = async () => {
        await buying.stop();
        approver.stop();
      };
      const takenOver = await measureTakeover(stage, options.kills);
      const restarted = await measureRestart(stage, options.kills);
      await buying.stop();
      const quiet = await waitForQuiet(stage);
      approver.stop();
      const judged = await judge(stage, { entries: log.entries, checkout, buyers });
      const results = { takenOver, restarted, quiet, judged };
      stage.say(`results: ${JSON.stringify(results)}`);
      return Object.values(results).every(Boolean);
    };
    return await Promise.race([work(), stage.broken]);
  } finally {
    await stopBuying?.();
    await close();
    await log.close();
    await stage.close();
  }
}
