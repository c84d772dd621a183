import { measureGatewayKills } from './gateway-kills.ts';
import type { DrillOptions } from './options.ts';
import { waitForQuiet } from './quiet.ts';
import { allHeld, prepareBuyers, SHOP_ENV, withShop } from './shop.ts';
import { openStage } from './stage.ts';

/** The importer's gateway is killed amid its purchases, with a standby and without. True: all held. */
export async function drillTakeover(options: DrillOptions): Promise<boolean> {
  return withShop(await openStage({ name: 'takeover', env: SHOP_ENV }), async (shop) => {
    const { stage } = shop;
    const { buyers, offers } = await prepareBuyers(stage, options.buyers);
    const approver = shop.startApproving();
    const buying = shop.startBuying({ buyers, offers, everyMs: options.every * 1_000 });
    const times = options.kills;
    const takenOver = await measureGatewayKills(stage, { times, finisher: 'standby' });
    const restarted = await measureGatewayKills(stage, { times, finisher: 'restarted' });
    await buying.stop();
    const quiet = await waitForQuiet(stage);
    approver.stop();
    return allHeld(stage, { takenOver, restarted, quiet, judged: await shop.judge(buyers) });
  });
}
