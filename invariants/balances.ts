import { sql } from 'kysely';
import { checkParties, type Facts, type Invariant, type Statements } from './invariant.ts';

/** No member or seller is below zero, neither by the balance row nor by the postings behind it. */
export const balances: Invariant = {
  number: 19,
  title: 'no member balance below zero, each equal to its postings',
  check: (run) => checkParties(run, statements),
};

function statements(_facts: Facts): Statements {
  return {
    scanned: sql`SELECT count(*) FROM balance`,
    violations: [
      sql`
        SELECT concat(account, ' ', currency) AS subject,
               concat('balance ', balance.amount_minor, ', postings ', posted.sum) AS detail
          FROM balance
          FULL JOIN (SELECT account, currency, sum(amount_minor) AS sum FROM posting
                      WHERE account LIKE 'member:%' OR account LIKE 'seller:%'
                      GROUP BY 1, 2) AS posted USING (account, currency)
         WHERE coalesce(balance.amount_minor, 0) <> coalesce(posted.sum, 0)
            OR balance.amount_minor < 0 OR posted.sum < 0`,
    ],
  };
}
