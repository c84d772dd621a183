import { heartbeat } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import { listPending } from '../../db/wl/holds/read.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { listOpenTrades } from '../../db/wl/trades/read.ts';
import type { Logger } from '../../runtime/log.ts';
import type { OrphanSweepActivities, SweepResult } from '../../workflows/orphan-sweep/contract.ts';
import type { TradeStarter } from './trade-starter.ts';

export interface OrphanSweepDeps {
  readonly db: Kysely<WlTables>;
  readonly starter: Pick<TradeStarter, 'startPurchase' | 'startReversal' | 'startApproval'>;
  /** Starts the relay of events; false where it runs. */
  readonly startRelay: () => Promise<boolean>;
  readonly log: Logger;
}

/** A start that is on its way right now is none of the sweep's business. */
const IDLE_SECONDS = 10;
/** Far more than a WL has open at once; a sweep that meets it says so. */
const TRADES_MAX = 5_000;
const APPROVALS_PAGE = 200;
/** Starts under way at once: a sweep must not crowd out the buyers' starts. */
const STARTS_AT_ONCE = 8;

/** The steps of `orphanSweep`: a start is refused by the engine where a run is open already. */
export function createOrphanSweepActivities(deps: OrphanSweepDeps): OrphanSweepActivities {
  const { db, starter, log } = deps;
  return {
    async sweepTrades() {
      const open = await listOpenTrades(db, { idleSeconds: IDLE_SECONDS, limit: TRADES_MAX });
      if (open.length === TRADES_MAX) {
        log.error({ open: TRADES_MAX }, 'more open trades than one sweep looks at');
      }
      return startEach(deps, open, (trade) =>
        trade.state === 'REVERSING' ? starter.startReversal(trade) : starter.startPurchase(trade),
      );
    },
    async sweepApprovals() {
      let sum: SweepResult = { looked: 0, started: 0, failed: 0 };
      for (;;) {
        const { items } = await listPending(db, { limit: APPROVALS_PAGE, offset: sum.looked });
        const page = await startEach(deps, items, ({ requester: importer, tradeId }) =>
          starter.startApproval({ importer, tradeId }),
        );
        sum = {
          looked: sum.looked + page.looked,
          started: sum.started + page.started,
          failed: sum.failed + page.failed,
        };
        if (items.length < APPROVALS_PAGE) return sum;
      }
    },
    async sweepRelay() {
      const started = await deps.startRelay();
      if (started) log.warn('the relay of events was started again');
      return started;
    },
  };
}

async function startEach<T extends { readonly tradeId: string }>(
  { log }: OrphanSweepDeps,
  rows: readonly T[],
  start: (row: T) => Promise<boolean>,
): Promise<SweepResult> {
  let started = 0;
  let failed = 0;
  for (let from = 0; from < rows.length; from += STARTS_AT_ONCE) {
    const batch = rows.slice(from, from + STARTS_AT_ONCE);
    const results = await Promise.allSettled(batch.map(start));
    results.forEach((result, index) => {
      const tradeId = batch[index]?.tradeId;
      if (result.status === 'rejected') {
        failed += 1;
        log.warn({ err: result.reason as unknown, tradeId }, 'an orphan could not be started');
      } else if (result.value) {
        started += 1;
        log.warn({ tradeId }, 'an orphan was started again');
      }
    });
    heartbeat(from + batch.length);
  }
  return { looked: rows.length, started, failed };
}
