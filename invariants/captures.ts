import { sql } from 'kysely';
import { checkParties, type Facts, type Invariant, type Statements } from './invariant.ts';

const CAPTURED = sql`('CAPTURED', 'REVERSED')`;

/** At most one capture a (requester, trade), and the exporter's books say the same. */
export const captures: Invariant = {
  number: 1,
  title: 'at most one capture a trade, posted once',
  check: (run) => checkParties(run, statements),
};

function statements(_facts: Facts): Statements {
  return {
    scanned: sql`SELECT count(*) FROM hold WHERE state IN ${CAPTURED}`,
    violations: [
      sql`
        SELECT concat('trade ', trade_id, ' of ', requester) AS subject,
               concat(count(*), ' captured rows') AS detail
          FROM hold WHERE state IN ${CAPTURED}
         GROUP BY requester, trade_id HAVING count(*) > 1 OR trade_id IS NULL`,
      sql`
        SELECT concat('hold ', hold_id) AS subject,
               concat('captured ', count(*), ' times') AS detail
          FROM hold_transition WHERE to_state = 'CAPTURED'
         GROUP BY hold_id HAVING count(*) > 1`,
      // The exporter's postings carry the hold's id in their key; each names receivable once.
      sql`
        SELECT concat('hold ', coalesce(held.hold_id, entry.hold_id)) AS subject,
               concat(held.state, ' of ', held.amount_minor, ', but posted ', entry.captures,
                 ' captures of ', entry.captured, ' and ', entry.reversals, ' reversals of ',
                 entry.reversed) AS detail
          FROM (SELECT hold_id::text, requester, state, amount_minor
                  FROM hold WHERE state IN ${CAPTURED}) AS held
          FULL JOIN (
            SELECT split_part(key, ':', 1) AS hold_id, counterpart,
                   count(*) FILTER (WHERE kind = 'CAPTURE') AS captures,
                   count(*) FILTER (WHERE kind = 'CAPTURE_REVERSAL') AS reversals,
                   sum(-amount_minor) FILTER (WHERE kind = 'CAPTURE') AS captured,
                   sum(amount_minor) FILTER (WHERE kind = 'CAPTURE_REVERSAL') AS reversed
              FROM ledger_transaction JOIN posting USING (transaction_id)
             WHERE kind IN ('CAPTURE', 'CAPTURE_REVERSAL')
               AND account = 'receivable:' || counterpart
             GROUP BY 1, 2) AS entry
            ON entry.hold_id = held.hold_id AND entry.counterpart = held.requester
         WHERE (held.amount_minor, 1, CASE held.state WHEN 'REVERSED' THEN 1 ELSE 0 END)
               IS DISTINCT FROM (entry.captured, entry.captures, entry.reversals)
            OR entry.reversed <> held.amount_minor`,
    ],
  };
}
