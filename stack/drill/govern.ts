import type { Kysely } from 'kysely';
import type { CpSchema } from '../../db/cp/schema.ts';
import { describeEntries } from './client-log.ts';
import { waitForCalm } from './calm.ts';
import { openControlPlane, until } from './control-plane.ts';
import { openAccounts, putUpOffers } from './market.ts';
import { startOfficers } from './officers.ts';
import type { Officers } from './officers.ts';
import type { DrillOptions } from './options.ts';
import { waitForQuiet } from './quiet.ts';
import { compareBalance, compareSettlements } from './recount.ts';
import { allHeld, SHOP_ENV, withShop } from './shop.ts';
import { openStage, sleep } from './stage.ts';
import type { Stage } from './stage.ts';

/**
 * What governs is killed while it governs: limits are cut and raised, settlements recorded and
 * confirmed, pairs switched by hand, policies changed, purchases approved and reversed.
 */
const TARGETS = ['cp-api', 'cp-worker', 'importer-worker', 'exporter-worker'] as const;
const ENV = { ...SHOP_ENV, RATE_LIMIT_ADMIN: '100000/60' };
/** More than a cool-down of 60 s lets one account buy at one a second. */
const OFFERS = { plain: 80, approval: 10 };
const DEEP_STOCK = 1_000_000;
// Eight restarts in a row end the stack; a process that was up for 5 s starts a new count.
const WELL_MS = 6_000;
const BACK_WITHIN_MS = 120_000;

/** True: nothing was lost or doubled, and the balance is what both ledgers add up to. */
export async function drillGovernance(options: DrillOptions): Promise<boolean> {
  return withShop(await openStage({ name: 'govern', env: ENV }), async (shop) => {
    const { stage } = shop;
    const cp = openControlPlane(stage);
    shop.leaveWith(() => cp.destroy());
    const buyers = await openAccounts(stage, options.buyers);
    const wish = { available: DEEP_STOCK };
    const offers = await putUpOffers(stage, [
      { ...wish, unitPrice: '37.02', count: OFFERS.plain },
      { ...wish, unitPrice: '1200.00', count: OFFERS.approval },
    ]);
    const buying = shop.startBuying({ buyers, offers, everyMs: options.every * 1_000 });
    const officers = await startOfficers(stage, shop.log);
    shop.leaveWith(() => officers.goHome());
    shop.leaveWith(() => officers.stop());
    await killAll(stage, options.kills);
    stage.say('the buyers stop, the officers too');
    await Promise.all([buying.stop(), officers.stop()]);
    await officers.reopen();
    stage.say(`requests: ${describeEntries(shop.log.entries)}`);
    const scene = { stage, cp, officers };
    return allHeld(stage, await judgeAll(scene, () => shop.judge(buyers)));
  });
}

async function killAll(stage: Stage, kills: number): Promise<void> {
  const { supervisor } = stage.stack;
  for (let round = 1; round <= kills; round += 1) {
    for (const target of TARGETS) {
      await sleep(WELL_MS);
      const pid = supervisor.pid(target);
      const killedAt = Date.now();
      await supervisor.kill(target, 'SIGKILL');
      await until(`${target} was started again`, BACK_WITHIN_MS, async () => {
        const now = supervisor.pid(target);
        return now === undefined || now === pid ? undefined : now;
      });
      await supervisor.whenReady(target);
      const awayMs = Date.now() - killedAt;
      stage.say(`${target} ${round}/${kills}, away ${(awayMs / 1_000).toFixed(1)} s`);
    }
  }
}

interface Scene {
  readonly stage: Stage;
  readonly cp: Kysely<CpSchema>;
  readonly officers: Officers;
}

async function judgeAll(
  scene: Scene,
  judgeBooks: () => Promise<boolean>,
): Promise<Readonly<Record<string, boolean>>> {
  const { stage, officers } = scene;
  const quiet = await waitForQuiet(stage);
  await officers.goHome();
  stage.say(`officers: ${officers.report()}`);
  const calm = await waitForCalm(scene);
  const books = await judgeBooks();
  const settled = await compareSettlements(scene, officers.settled);
  const balance = await compareBalance(stage);
  const expected = officers.failures() === 0;
  return { quiet, calm, books, settled, balance, expected };
}
