import { sql } from 'kysely';
import { isInSuspense, TRADE_STATES } from '../domain/purchase/trade.ts';
import { COMMISSION_CURRENCY } from '../domain/shared/money.ts';
import { checkParties, type Facts, type Invariant, type Statements } from './invariant.ts';
import { COUNT_OVERRIDDEN, OVERRIDDEN_TRADES } from './overridden.ts';

const HELD_BACK = TRADE_STATES.filter(isInSuspense);
const PAID = ['CONFIRMED', 'REVERSING'];
const CHARGED = [...HELD_BACK, ...PAID];

/**
 * Each trade's postings are exactly its frozen amounts, where its state says that they stand; each
 * settlement's are the amounts that it came with.
 */
export const frozenAmounts: Invariant = {
  number: 2,
  title: 'postings of a trade are its frozen amounts',
  check: (run) => checkParties(run, statements),
};

const BRL = sql`${COMMISSION_CURRENCY}::text`;
const isIn = (states: readonly string[]) => sql`state = ANY(${states}::text[])`;

const ACTUAL = sql`
  SELECT trade_id, account, currency, sum(amount_minor) AS net,
         sum(coalesce(origin_minor, 0)) AS origin
    FROM ledger_transaction JOIN posting USING (transaction_id)
   WHERE trade_id IS NOT NULL GROUP BY 1, 2, 3`;

const EXPECTED = sql`
  SELECT trade_id, line.account, line.currency, sum(line.net) AS net, sum(line.origin) AS origin
    FROM trade, LATERAL (VALUES
      ('member:' || account_id, currency, -amount_minor, 0, ${isIn(CHARGED)}),
      ('member:' || account_id, ${BRL}, -commission_minor, 0, ${isIn(CHARGED)}),
      ('suspense', currency, amount_minor, 0, ${isIn(HELD_BACK)}),
      ('suspense', ${BRL}, commission_minor, 0, ${isIn(HELD_BACK)}),
      ('payable:' || exporter, currency, amount_minor, origin_unit_price_minor * quantity,
        ${isIn(PAID)}),
      ('commission', ${BRL}, commission_minor, 0, ${isIn(PAID)})
    ) AS line (account, currency, net, origin, stands)
   WHERE line.stands GROUP BY 1, 2, 3`;

const SETTLED = sql`
  SELECT key, account, currency, sum(amount_minor) AS net, sum(coalesce(origin_minor, 0)) AS origin
    FROM ledger_transaction JOIN posting USING (transaction_id)
   WHERE kind = 'SETTLEMENT' GROUP BY 1, 2, 3`;

const TO_SETTLE = sql`
  SELECT 'settlement:' || settlement_id AS key, line.account, own_currency AS currency, line.net,
         line.origin
    FROM settlement, LATERAL (VALUES
      ('receivable:' || partner, own_minor, 0, role = 'PAYEE'),
      ('settlement:' || partner, -own_minor, 0, role = 'PAYEE'),
      ('payable:' || partner, -own_minor, -amount_minor, role = 'PAYER'),
      ('settlement:' || partner, own_minor, 0, role = 'PAYER')
    ) AS line (account, net, origin, stands)
   WHERE line.stands`;

function statements(_facts: Facts): Statements {
  return {
    scanned: sql`SELECT count(*) FROM trade`,
    overridden: COUNT_OVERRIDDEN,
    violations: [
      sql`
        SELECT concat('trade ', trade_id) AS subject,
               concat((SELECT state FROM trade WHERE trade.trade_id = line.trade_id), ': ', account,
                 ' ', currency, ' has ', actual_net, ' (origin ', actual_origin, '), not ',
                 expected_net, ' (origin ', expected_origin, ')') AS detail
          FROM (SELECT trade_id, account, currency,
                       coalesce(actual.net, 0) AS actual_net,
                       coalesce(actual.origin, 0) AS actual_origin,
                       coalesce(expected.net, 0) AS expected_net,
                       coalesce(expected.origin, 0) AS expected_origin
                  FROM (${ACTUAL}) AS actual
                  FULL JOIN (${EXPECTED}) AS expected USING (trade_id, account, currency)) AS line
         WHERE (actual_net <> expected_net OR actual_origin <> expected_origin)
           AND trade_id NOT IN (${OVERRIDDEN_TRADES})`,
      // Whatever two people decided, the buyer paid once or not at all and nothing stays behind.
      sql`
        SELECT concat('trade ', trade.trade_id) AS subject,
               concat(state, ' by override: ', account, ' ', money.currency, ' has ', net) AS detail
          FROM trade JOIN (${ACTUAL}) AS money USING (trade_id)
         WHERE trade_id IN (${OVERRIDDEN_TRADES})
           AND ((account = 'suspense' AND net <> 0) OR
                (account = 'member:' || account_id AND net <>
                  CASE WHEN NOT ${isIn(CHARGED)} THEN 0
                       WHEN money.currency = trade.currency THEN -amount_minor
                       ELSE -commission_minor END))`,
      sql`
        SELECT concat('trade ', trade_id) AS subject,
               concat(quantity, ' × ', unit_price_minor, ' is not ', amount_minor, ', or ',
                 origin_unit_price_minor, ' at ', fx_rate, ' is not the unit price') AS detail
          FROM trade
         WHERE NOT ${isIn(['REQUESTED', 'REJECTED'])}
           AND (amount_minor <> unit_price_minor * quantity
             OR unit_price_minor <> round(origin_unit_price_minor * fx_rate))`,
      sql`
        SELECT key AS subject,
               concat(account, ' ', currency, ' has ', coalesce(actual.net, 0), ' (origin ',
                 coalesce(actual.origin, 0), '), not ', coalesce(expected.net, 0), ' (origin ',
                 coalesce(expected.origin, 0), ')') AS detail
          FROM (${SETTLED}) AS actual
          FULL JOIN (${TO_SETTLE}) AS expected USING (key, account, currency)
         WHERE (actual.net, actual.origin) IS DISTINCT FROM (expected.net, expected.origin)`,
    ],
  };
}
