import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import { AGED, dropEventDays, forgetAged } from '../../db/cp/retention.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { openEventDays, readIntakeClock } from '../../db/cp/telemetry/intake.ts';
import type { RetentionActivities } from '../../workflows/retention/contract.ts';

/** One statement's share: far under the time that a statement may take. */
const ROWS_AT_ONCE = 2_000;

/** The steps of `retention`. */
export function createRetentionActivities({
  db,
  eventDays,
}: {
  readonly db: Kysely<CpSchema>;
  /** How many days of events are kept. */
  readonly eventDays: number;
}): RetentionActivities {
  return {
    async turnDays() {
      await openEventDays(db, await readIntakeClock(db));
      return { days: await dropEventDays(db, eventDays) };
    },
    async forgetRows() {
      let rows = 0;
      for (const aged of AGED) {
        let batch: number;
        do {
          batch = await forgetAged(db, aged, ROWS_AT_ONCE);
          rows += batch;
          heartbeat(rows);
        } while (batch === ROWS_AT_ONCE && !cancellationSignal().aborted);
      }
      return { rows };
    },
  };
}
