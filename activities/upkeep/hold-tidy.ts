import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import { expireDue } from '../../db/wl/holds/expire.ts';
import { forgetSent } from '../../db/wl/outbox.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { forgetOldKeys } from '../../db/wl/trades/read.ts';
import type { HoldTidyActivities } from '../../workflows/hold-tidy/contract.ts';

/** A key lives until its trade has been final for this long (RULES.md 9). */
const KEY_HOURS = 24;
/** Long enough to look up what was sent; the Control Plane keeps it for longer. */
const SENT_EVENT_DAYS = 30;
/** One statement's share: far under the time that a statement may take. */
const ROWS_AT_ONCE = 2_000;

/** The steps of `holdTidy`. */
export function createHoldTidyActivities(db: Kysely<WlTables>): HoldTidyActivities {
  return {
    async expireHolds() {
      return { expired: await untilNone(() => expireDue(db, { all: true })) };
    },
    async forgetKeys() {
      const page = { keepHours: KEY_HOURS, limit: ROWS_AT_ONCE };
      return { keysForgotten: await untilNone(() => forgetOldKeys(db, page)) };
    },
    async forgetEvents() {
      const page = { days: SENT_EVENT_DAYS, limit: ROWS_AT_ONCE };
      return { eventsForgotten: await untilNone(() => forgetSent(db, page)) };
    },
  };
}

/** Repeats a step's batches, alive to the engine after each; answers the sum. */
async function untilNone(batch: () => Promise<number>): Promise<number> {
  let sum = 0;
  let done: number;
  do {
    done = await batch();
    sum += done;
    heartbeat(sum);
  } while (done > 0 && !cancellationSignal().aborted);
  return sum;
}
