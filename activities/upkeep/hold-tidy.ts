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
/** One statement's share, far above what a WL writes in the minute between two runs. */
const SENT_EVENTS_AT_ONCE = 5_000;

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
    async forgetEvents() {
      const page = { days: SENT_EVENT_DAYS, limit: SENT_EVENTS_AT_ONCE };
      return { eventsForgotten: await forgetSent(db, page) };
    },
  };
}
