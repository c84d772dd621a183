import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { WlTables } from '../../db/wl/schema.ts';
import { listUnstarted } from '../../db/wl/trades/read.ts';
import type { Logger } from '../../runtime/log.ts';
import type { TradeStarter } from './trade-starter.ts';

export interface UnstartedWatchDeps {
  readonly db: Kysely<WlTables>;
  readonly starter: Pick<TradeStarter, 'startPurchase'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Nearly all purchases have left REQUESTED by then; who asked for the start may still be waiting for
 * the engine, which refuses a second one.
 */
const IDLE_MS = 1_000;
/** From then on a purchase is the orphan sweep's. */
const SWEPT_AFTER_MS = 15_000;
/** With IDLE_MS and the purchase itself within the two seconds of a takeover. */
const LOOK_EVERY_MS = 500;
/** As many as a gateway has under way at once, a few times over. */
const ROWS_MAX = 50;

/**
 * Starts purchases that a gateway committed and did not live to start: their buyers were promised an
 * answer within seconds, and the sweep comes every fifteen. Ends with the signal.
 */
export async function watchUnstarted(deps: UnstartedWatchDeps): Promise<void> {
  const { db, log, signal } = deps;
  const within = { fromMs: IDLE_MS, toMs: SWEPT_AFTER_MS, limit: ROWS_MAX };
  let running = new Set<string>();
  while (!signal.aborted) {
    try {
      const rows = await listUnstarted(db, within);
      const runs = await Promise.all(
        rows.map(async (row) => running.has(row.tradeId) || (await start(deps, row))),
      );
      running = new Set(rows.filter((_, index) => runs[index]).map(({ tradeId }) => tradeId));
    } catch (err) {
      // The database is away; the sweep looks at what is missed here.
      log.debug({ err }, 'purchases without a start could not be looked for');
    }
    await delay(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Whether its workflow runs now; where the engine is not linked yet, the next look asks again. */
async function start(
  { starter, log }: UnstartedWatchDeps,
  trade: { readonly tradeId: string; readonly exporter: string },
): Promise<boolean> {
  const { tradeId } = trade;
  try {
    if (await starter.startPurchase(trade)) {
      log.warn({ tradeId }, 'a purchase that was not started by its gateway is started');
    }
    return true;
  } catch (err) {
    // What stays so is the sweep's, which says it aloud.
    log.debug({ err, tradeId }, 'a purchase that was not started could not be started either');
    return false;
  }
}
