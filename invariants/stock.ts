import { sql } from 'kysely';
import { HOLD_STATES, isCounted } from '../domain/purchase/hold.ts';
import { checkParties, type Facts, type Invariant, type Statements } from './invariant.ts';

const COUNTED = HOLD_STATES.filter(isCounted);

/** Re-summed from its journal, what is captured or held never passed what was put up for sale. */
export const stock: Invariant = {
  number: 18,
  title: 'captured and live holds within the stock; counters equal the journal',
  check: (run) => checkParties(run, statements),
};

function statements(_facts: Facts): Statements {
  return {
    scanned: sql`SELECT count(*) FROM stock_journal`,
    violations: [
      sql`
        SELECT concat('stock entry ', entry_id) AS subject,
               concat(kind, ' leads to ', summed_used, ' of ', summed_stock, ', written down as ',
                 used, ' of ', stock) AS detail
          FROM (SELECT *, sum(used_delta) OVER moves AS summed_used,
                       sum(stock_delta) OVER moves AS summed_stock
                  FROM stock_journal
                WINDOW moves AS (PARTITION BY offer_id ORDER BY entry_id)) AS entry
         WHERE (summed_used, summed_stock) <> (used, stock)
            OR summed_used < 0 OR summed_used > summed_stock`,
      sql`
        SELECT concat('offer ', offer_id) AS subject,
               concat('used ', offer.used, ' of ', offer.stock, '; journal ', journal.used, ' of ',
                 journal.stock, '; rows ', coalesce(held.quantity, 0)) AS detail
          FROM offer
          LEFT JOIN (SELECT offer_id, sum(used_delta) AS used, sum(stock_delta) AS stock
                       FROM stock_journal GROUP BY 1) AS journal USING (offer_id)
          LEFT JOIN (SELECT offer_id, sum(quantity) AS quantity
                       FROM hold WHERE state = ANY(${COUNTED}::text[])
                      GROUP BY 1) AS held USING (offer_id)
         WHERE (offer.used, offer.stock)
               IS DISTINCT FROM (coalesce(journal.used, 0), coalesce(journal.stock, 0))
            OR offer.used <> coalesce(held.quantity, 0)
            OR coalesce(held.quantity, 0) > offer.stock`,
    ],
  };
}
