import { sql } from 'kysely';
import { checkParties, type Facts, type Invariant, type Statements } from './invariant.ts';

/**
 * Expiry is a fact that any reader marks; the schedule that tidies the rest runs each minute
 * (RULES.md 2, 9). A hold that two of its rounds have passed over is one that nobody would tidy.
 */
const TWO_TIDY_ROUNDS_SECONDS = 120;

/** A hold is captured before its expiry or never; when all is quiet, due holds have been marked. */
export const expiry: Invariant = {
  number: 3,
  title: 'no capture at or after expiry, no hold open past it',
  check: (run) => checkParties(run, statements),
};

function statements({ quiet, now }: Facts): Statements {
  const captured = sql`
    SELECT concat('hold ', hold_id) AS subject,
           concat('captured ', confirmed_at, ', expired ', expires_at) AS detail
      FROM hold
     WHERE state IN ('CAPTURED', 'REVERSED')
       AND (confirmed_at IS NULL OR expires_at IS NULL OR confirmed_at >= expires_at)`;
  const leftOpen = sql`
    SELECT concat('hold ', hold_id) AS subject,
           concat(state, ' though it expired ', expires_at) AS detail
      FROM hold
     WHERE state IN ('HELD', 'PENDING_APPROVAL')
       AND (expires_at IS NULL
         OR expires_at <= ${now} - ${TWO_TIDY_ROUNDS_SECONDS}::integer * interval '1 second')`;
  return {
    scanned: sql`
      SELECT count(*) FROM hold
       WHERE state IN ('HELD', 'PENDING_APPROVAL', 'CAPTURED', 'REVERSED')`,
    violations: quiet ? [sql`${captured}`, sql`${leftOpen}`] : [sql`${captured}`],
  };
}
