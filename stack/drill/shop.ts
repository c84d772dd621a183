import { startApproving } from './approver.ts';
import type { Approver } from './approver.ts';
import { openCheckout, startBuying } from './buyers.ts';
import type { Buying, BuyingOptions, Checkout } from './buyers.ts';
import { createClientLog } from './client-log.ts';
import type { ClientLog } from './client-log.ts';
import { judge } from './judge.ts';
import { openAccounts, putUpOffers } from './market.ts';
import type { Buyer, DrillOffer } from './market.ts';
import { widenLimit } from './relationship.ts';
import type { Stage } from './stage.ts';

/** A stack of its own with members who buy in it, and what they were told. */
export interface Shop {
  readonly stage: Stage;
  readonly log: ClientLog;
  readonly checkout: Checkout;
  /** They leave with the shop at the latest. */
  startBuying(wish: Omit<BuyingOptions, 'log' | 'checkout'>): Buying;
  /** The exporter's person, who leaves with the shop, too. */
  startApproving(): Approver;
  /** What else has to end before the stage does; the last one that came goes first. */
  leaveWith(close: () => unknown): void;
  /** What these buyers were told, and every invariant. */
  judge(buyers: readonly Buyer[]): Promise<boolean>;
}

// Nobody measures rates here: an account is stopped from nothing but by what the drill is about.
export const SHOP_ENV = { RATE_LIMIT_BUY: '100000/60', RATE_LIMIT_BACKOFFICE: '100000/60' };
/** More than a cool-down of 60 s lets one account buy at one a second; a few need a person. */
const MIXED = { plain: 90, approval: 18 };
/** Pieces that the mixture is cut in: a buyer meets one that needs a person every few seconds. */
const PIECES = 6;
const DEEP_STOCK = 1_000_000;
const LIMIT = '90000000.00';

/** Opens a shop on a stage for `work`, and closes both whatever happens; it answers as `work` does. */
export async function withShop(
  stage: Stage,
  work: (shop: Shop) => Promise<boolean>,
): Promise<boolean> {
  const log = createClientLog(`${stage.dataDir}/client.jsonl`);
  const { checkout, close } = openCheckout(stage);
  const leaving: (() => unknown)[] = [];
  const present = <T extends { stop(): unknown }>(one: T): T => {
    leaving.unshift(() => one.stop());
    return one;
  };
  const shop: Shop = {
    ...{ stage, log, checkout },
    startBuying: (wish) => present(startBuying({ ...wish, log, checkout })),
    startApproving: () => present(startApproving(stage)),
    leaveWith: (close) => void leaving.unshift(close),
    judge: (buyers) => judge(stage, { entries: log.entries, checkout, buyers }),
  };
  try {
    return await Promise.race([work(shop), stage.broken]);
  } finally {
    for (const leave of leaving) await leave();
    await close();
    await log.close();
    await stage.close();
  }
}

/** Every result by its name, for the log; true: all held. */
export function allHeld(stage: Stage, results: Readonly<Record<string, boolean>>): boolean {
  stage.say(`results: ${JSON.stringify(results)}`);
  return Object.values(results).every(Boolean);
}

/** Buyers, and more offers than they can buy in a cool-down; some wait for a person. */
export async function prepareBuyers(
  stage: Stage,
  count: number,
): Promise<{ readonly buyers: readonly Buyer[]; readonly offers: readonly DrillOffer[] }> {
  await widenLimit(stage, LIMIT);
  const buyers = await openAccounts(stage, count);
  const wish = { available: DEEP_STOCK };
  const offers = await putUpOffers(
    stage,
    Array.from({ length: PIECES }).flatMap(() => [
      { ...wish, unitPrice: '12.34', count: MIXED.plain / PIECES },
      { ...wish, unitPrice: '1200.00', count: MIXED.approval / PIECES },
    ]),
  );
  stage.say(`${buyers.length} buyers, ${offers.length} offers of ${DEEP_STOCK} each`);
  return { buyers, offers };
}
