import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import { expireDue } from '../../db/wl/holds/expire.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { forgetOldKeys } from '../../db/wl/trades/read.ts';
import type { HoldTidyActivities } from '../../workflows/hold-tidy/contract.ts';

/** A key lives until its trade has been final for this long (RULES.md 9). */
const KEY_HOURS = 24;

/** The steps of `holdTidy`. */
export function createHoldTidyActivities(db: Kysely<WlTables>): HoldTidyActivities {
  return {
    async expireHolds() {
      let expired = 0;
      let batch: number;
      do {
        batch = await expireDue(db, { all: true });
        expired += batch;
        heartbeat(expired);
      } while (batch > 0 && !cancellationSignal().aborted);
      return { expired };
    },
    async forgetKeys() {
      return { keysForgotten: await forgetOldKeys(db, KEY_HOURS) };
    },
  };
}
