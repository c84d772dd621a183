import { heartbeat } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import type { CpSchema } from '../../db/cp/schema.ts';
import { raiseMismatches } from '../../db/cp/trades/reconcile.ts';
import type { Logger } from '../../runtime/log.ts';
import type { ReconcileActivities } from '../../workflows/reconcile/contract.ts';

export interface ReconcileDeps {
  readonly db: Kysely<CpSchema>;
  /** Starts the alerts that a mismatch has ordered. */
  readonly work: { readonly kick: () => void };
  readonly log: Logger;
}

/** So many in one transaction: the locks of their rows are short, and intake may be waiting. */
const BATCH = 100;

/** The step of `reconcile`; a trade is raised once, however many runs look at it. */
export function createReconcileActivities({ db, work, log }: ReconcileDeps): ReconcileActivities {
  return {
    async reconcileTrades() {
      let raised = 0;
      for (;;) {
        const trades = await raiseMismatches(db, BATCH);
        raised += trades.length;
        for (const trade of trades) log.warn(trade, 'the sides of a trade disagree');
        heartbeat(raised);
        if (trades.length === 0) return { raised };
        work.kick();
      }
    },
  };
}
