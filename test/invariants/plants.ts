import { SETTLEMENT, TRADES } from './market.ts';

/** One violation, written past triggers and checks, and what a checker has to say about it. */
export interface Plant {
  readonly number: number;
  readonly name: string;
  readonly party: 'exporter' | 'importer' | 'cp';
  readonly sql: string;
  /** Part of the subject and detail of the violation that is reported. */
  readonly reports: string;
}

const { confirmed, approved, refused, cancelled, reversed, parked, overridden } = TRADES;
const copyOf = (table: string, change: string): string =>
  `SELECT (jsonb_populate_record(row, jsonb_build_object(${change}))).* FROM ${table} AS row`;
const holdOf = (tradeId: string): string =>
  `(SELECT hold_id FROM hold WHERE trade_id = '${tradeId}')`;
const MOVE = 'UPDATE trade_transition SET';

export const PLANTS: readonly Plant[] = [
  {
    number: 1,
    name: 'a trade captured in two rows',
    party: 'exporter',
    sql: `ALTER TABLE hold DROP CONSTRAINT hold_requester_trade_id_key;
          INSERT INTO hold ${copyOf('hold', `'hold_id', gen_random_uuid()`)}
           WHERE trade_id = '${confirmed}'`,
    reports: `trade ${confirmed} of 2a6f8e2c-874c-4476-aac3-0d535fb52ac7: 2 captured rows`,
  },
  {
    number: 1,
    name: 'a hold that was captured twice',
    party: 'exporter',
    sql: `INSERT INTO hold_transition ${copyOf('hold_transition', `'version', version + 1`)}
           WHERE hold_id = ${holdOf(confirmed)} AND to_state = 'CAPTURED'`,
    reports: 'captured 2 times',
  },
  {
    number: 1,
    name: 'a capture that was posted twice',
    party: 'exporter',
    sql: `INSERT INTO ledger_transaction (key, kind, counterpart)
          SELECT key || ':again', kind, counterpart FROM ledger_transaction
           WHERE key = ${holdOf(confirmed)} || ':capture';
          INSERT INTO posting
          SELECT last.transaction_id, account, currency, amount_minor
            FROM posting JOIN ledger_transaction AS first USING (transaction_id),
                 (SELECT max(transaction_id) AS transaction_id FROM ledger_transaction) AS last
           WHERE first.key = ${holdOf(confirmed)} || ':capture'`,
    reports: 'posted 2 captures of 48000 and 0 reversals',
  },
  {
    number: 1,
    name: 'a reversal that was never posted',
    party: 'exporter',
    sql: `UPDATE hold SET state = 'REVERSED' WHERE trade_id = '${confirmed}'`,
    reports: 'REVERSED of 24000, but posted 1 captures of 24000 and 0 reversals',
  },
  {
    number: 2,
    name: 'a refund that kept one minor unit in suspense',
    party: 'importer',
    sql: `UPDATE posting SET amount_minor = amount_minor + 1 WHERE account = 'suspense'
             AND currency = 'XIM' AND transaction_id = (SELECT transaction_id
                FROM ledger_transaction WHERE key = '${cancelled}:refund')`,
    reports: `trade ${cancelled}: COMPENSATED: suspense XIM has 1 (origin 0), not 0`,
  },
  {
    number: 2,
    name: 'a confirmed trade whose money is not where it belongs',
    party: 'importer',
    sql: `UPDATE posting SET account = 'issuance' WHERE account = 'commission'
             AND transaction_id = (SELECT transaction_id
                FROM ledger_transaction WHERE key = '${confirmed}:settle');`,
    reports: `trade ${confirmed}: CONFIRMED: commission BRL has 0 (origin 0), not 1482`,
  },
  {
    number: 2,
    name: 'a payable with another origin amount',
    party: 'importer',
    sql: `UPDATE posting SET origin_minor = 24001 WHERE origin_minor = 24000`,
    reports: 'has 29631 (origin 24001), not 29631 (origin 24000)',
  },
  {
    number: 2,
    name: 'a rejected trade that was charged',
    party: 'importer',
    sql: `UPDATE ledger_transaction SET trade_id = '${refused}' WHERE key = '${confirmed}:fund'`,
    reports: `trade ${refused}: REJECTED: member:8780`,
  },
  {
    number: 2,
    name: 'an overridden trade whose buyer did not get everything back',
    party: 'importer',
    sql: `UPDATE posting SET amount_minor = amount_minor - 1 WHERE account = 'member:8780'
             AND currency = 'BRL' AND transaction_id = (SELECT transaction_id
                FROM ledger_transaction WHERE key = '${overridden}:override-refund')`,
    reports: `trade ${overridden}: COMPENSATED by override: member:8780 BRL has -1`,
  },
  {
    number: 2,
    name: 'a unit price that is not the origin price at the rate',
    party: 'importer',
    sql: `UPDATE trade SET unit_price_minor = 9876, amount_minor = 29628
           WHERE trade_id = '${confirmed}'`,
    reports: '8000 at 1.23456789 is not the unit price',
  },
  {
    number: 2,
    name: 'a settlement that paid one minor unit less than it says',
    party: 'importer',
    sql: `UPDATE posting SET origin_minor = -9999 WHERE origin_minor = -10000`,
    reports: `settlement:${SETTLEMENT}: payable:fd1a88a9-3a01-43bb-ae20-32618c1b3752 XIM has -12346 (origin -9999), not -12346 (origin -10000)`,
  },
  {
    number: 3,
    name: 'a capture at the very moment of expiry',
    party: 'exporter',
    sql: `UPDATE hold SET confirmed_at = expires_at WHERE trade_id = '${confirmed}'`,
    reports: 'captured',
  },
  {
    number: 3,
    name: 'a hold left open past its expiry',
    party: 'exporter',
    sql: `UPDATE hold SET state = 'HELD', expires_at = clock() - interval '3 minutes'
           WHERE trade_id = '${cancelled}'`,
    reports: 'HELD though it expired',
  },
  {
    number: 4,
    name: 'a trade reversed in one book only',
    party: 'importer',
    sql: `UPDATE trade SET state = 'REVERSED' WHERE trade_id = '${confirmed}'`,
    reports: `trade ${confirmed}: exporter has CAPTURED 3 × 8000 XEX, importer has REVERSED`,
  },
  {
    number: 4,
    name: 'a capture that the importer refunded',
    party: 'importer',
    sql: `UPDATE trade SET state = 'COMPENSATED' WHERE trade_id = '${confirmed}'`,
    reports: 'importer has nothing',
  },
  {
    number: 4,
    name: 'a confirmed trade that the exporter never captured',
    party: 'exporter',
    sql: `UPDATE hold SET state = 'CANCELLED' WHERE trade_id = '${parked}'`,
    reports: `trade ${parked}: exporter has nothing, importer has CONFIRMED`,
  },
  {
    number: 4,
    name: 'a trade of another quantity over there',
    party: 'exporter',
    sql: `UPDATE hold SET quantity = 4 WHERE trade_id = '${confirmed}'`,
    reports: 'exporter has CAPTURED 4 × 8000 XEX, importer has CONFIRMED 3 × 8000 XEX',
  },
  {
    number: 5,
    name: 'a posting that does not sum to zero',
    party: 'exporter',
    sql: `UPDATE posting SET amount_minor = amount_minor + 1
           WHERE account LIKE 'seller:%' AND amount_minor = 24000`,
    reports: '1 XEX too much',
  },
  {
    number: 5,
    name: 'a ledger transaction without postings',
    party: 'importer',
    sql: `INSERT INTO ledger_transaction (key, kind) VALUES ('empty', 'SETTLE')`,
    reports: 'SETTLE without postings',
  },
  {
    number: 5,
    name: 'a payable that is one minor unit less than the receivable',
    party: 'importer',
    sql: `UPDATE posting SET origin_minor = origin_minor - 1 WHERE origin_minor = 24000`,
    reports: 'importer owes exporter, XEX: payable 151999, receivable 152000',
  },
  {
    number: 5,
    name: 'a settlement that was received and never paid',
    party: 'importer',
    sql: `DELETE FROM settlement`,
    reports: `settlement ${SETTLEMENT} of importer to exporter: received 10000 XEX, but not paid`,
  },
  {
    number: 5,
    name: 'a settlement of two amounts',
    party: 'exporter',
    sql: `UPDATE settlement SET amount_minor = 10001, own_minor = 10001`,
    reports: 'paid 10000 XEX, received 10001 XEX',
  },
  {
    number: 5,
    name: 'a settlement that was paid long ago and not received',
    party: 'importer',
    sql: `INSERT INTO settlement ${copyOf(
      'settlement',
      `'settlement_id', gen_random_uuid(), 'number', 2, 'applied_at', clock() - interval '6 min'`,
    )}`,
    reports: 'paid 10000 XEX, and for long not received',
  },
  {
    number: 6,
    name: 'a step that the table does not have',
    party: 'importer',
    sql: `${MOVE} step = 'refund' WHERE trade_id = '${confirmed}' AND step = 'settle'`,
    reports: `trade ${confirmed} version 3: FUNDED -refund-> CONFIRMED`,
  },
  {
    number: 6,
    name: 'a gap in the versions',
    party: 'importer',
    sql: `DELETE FROM trade_transition WHERE trade_id = '${confirmed}' AND version = 2`,
    reports: `trade ${confirmed} version 3: FUNDED -settle-> CONFIRMED after version 1`,
  },
  {
    number: 6,
    name: 'a row that is not where its last transition led',
    party: 'importer',
    sql: `UPDATE trade SET version = 4 WHERE trade_id = '${confirmed}'`,
    reports: `trade ${confirmed}: version 4 CONFIRMED, but the last transition is 3 CONFIRMED`,
  },
  {
    number: 6,
    name: 'a trade without transitions',
    party: 'importer',
    sql: `DELETE FROM trade_transition WHERE trade_id = '${refused}'`,
    reports: `trade ${refused}: version 2 REJECTED, but the last transition is`,
  },
  {
    number: 6,
    name: 'a trade un-parked to a state that it did not come from',
    party: 'importer',
    sql: `${MOVE} to_state = 'FUNDED' WHERE trade_id = '${parked}' AND step = 'unpark';
          ${MOVE} from_state = 'FUNDED' WHERE trade_id = '${parked}' AND step = 'settle'`,
    reports: `trade ${parked} version 5: NEEDS_ATTENTION -unpark-> FUNDED`,
  },
  {
    number: 6,
    name: 'a hold that came back from its cancellation',
    party: 'exporter',
    sql: `UPDATE hold SET state = 'CAPTURED', version = 3 WHERE trade_id = '${cancelled}';
          INSERT INTO hold_transition (hold_id, version, from_state, to_state, actor)
          VALUES (${holdOf(cancelled)}, 3, 'CANCELLED', 'CAPTURED', 'nobody')`,
    reports: 'version 3: CANCELLED -move-> CAPTURED',
  },
  {
    number: 9,
    name: 'a funded trade that nobody works on',
    party: 'importer',
    sql: `UPDATE trade SET state = 'FUNDED', updated_at = clock() - interval '31 seconds'
           WHERE trade_id = '${confirmed}'`,
    reports: `FUNDED, and purchase/${confirmed} is not open`,
  },
  {
    number: 9,
    name: 'a reversal that nobody works on',
    party: 'importer',
    sql: `UPDATE trade SET state = 'REVERSING', updated_at = clock() - interval '1 hour'
           WHERE trade_id = '${reversed}'`,
    reports: `REVERSING, and reversal/${reversed} is not open`,
  },
  {
    number: 9,
    name: 'an uncertain trade when all is quiet',
    party: 'importer',
    sql: `UPDATE trade SET state = 'UNCERTAIN' WHERE trade_id = '${confirmed}'`,
    reports: `trade ${confirmed}: UNCERTAIN since`,
  },
  {
    number: 13,
    name: 'a hold under a policy that never was',
    party: 'exporter',
    sql: `UPDATE hold SET policy_revision = 2 WHERE trade_id = '${approved}'`,
    reports: 'CAPTURED under policy 2 and relationship 1',
  },
  {
    number: 13,
    name: 'an admission that names no relationship revision',
    party: 'exporter',
    sql: `UPDATE hold SET relationship_revision = NULL WHERE trade_id = '${approved}'`,
    reports: 'CAPTURED under policy 1 and relationship ',
  },
  {
    number: 13,
    name: 'a trade under a relationship revision that never was',
    party: 'importer',
    sql: `UPDATE trade SET relationship_revision = 7 WHERE trade_id = '${confirmed}'`,
    reports: `trade ${confirmed}: CONFIRMED under policy 1 and relationship 7`,
  },
  {
    number: 14,
    name: 'a HARD admission one minor unit above the limit of its revision',
    party: 'exporter',
    sql: `UPDATE exposure_journal SET limit_minor = exposure_minor - 1
           WHERE reference = ${holdOf(approved)}::text;
          UPDATE applied_revision SET document = jsonb_set(document, '{limitAmount}',
            (SELECT to_jsonb(((exposure_minor - 1)::numeric / 100)::text) FROM exposure_journal
              WHERE reference = ${holdOf(approved)}::text)) WHERE kind = 'RELATIONSHIP'`,
    reports: 'HOLD of 120000 leads to 144000, written down as 144000, HARD limit 143999',
  },
  {
    number: 14,
    name: 'an admission under another limit than that of its revision',
    party: 'exporter',
    sql: `UPDATE exposure_journal SET limit_minor = 10000001
           WHERE reference = ${holdOf(approved)}::text`,
    reports: 'HARD limit 10000001, but relationship revision 1 said HARD 100000.00',
  },
  {
    number: 14,
    name: 'a counter that lost one minor unit',
    party: 'exporter',
    sql: `UPDATE pair SET exposure_minor = exposure_minor - 1`,
    reports: 'counter 173999, journal 174000',
  },
  {
    number: 14,
    name: 'a journal entry that does not follow from the one before',
    party: 'exporter',
    sql: `DELETE FROM exposure_journal WHERE reference = ${holdOf(cancelled)}::text
             AND kind = 'RELEASE'`,
    reports: `exposure of`,
  },
  {
    number: 14,
    name: 'an import that lowers the exposure after its reversal',
    party: 'importer',
    sql: `DELETE FROM exposure_journal WHERE kind = 'IMPORT_REVERSING';
          UPDATE pair SET exposure_minor = (SELECT sum(delta_minor) FROM exposure_journal)`,
    reports: `exposure of ${reversed}: journal -19754, rows `,
  },
  {
    number: 14,
    name: 'a settlement that did not lower the exposure',
    party: 'exporter',
    sql: `DELETE FROM exposure_journal WHERE kind = 'SETTLEMENT_RECEIVED';
          UPDATE pair SET exposure_minor = (SELECT sum(delta_minor) FROM exposure_journal)`,
    reports: `exposure of ${SETTLEMENT}: journal , rows -10000`,
  },
  {
    number: 18,
    name: 'an offer that forgot a captured unit',
    party: 'exporter',
    sql: `UPDATE offer SET used = used - 1 WHERE offer_id = 'cheap'`,
    reports: 'offer cheap: used 7 of 500; journal 8 of 500; rows 8',
  },
  {
    number: 18,
    name: 'more held and captured than was put up for sale',
    party: 'exporter',
    sql: `UPDATE stock_journal SET stock_delta = 7 WHERE kind = 'STOCK' AND offer_id = 'cheap';
          UPDATE stock_journal SET stock = 7 WHERE offer_id = 'cheap';
          ALTER TABLE offer DROP CONSTRAINT offer_check;
          UPDATE offer SET stock = 7 WHERE offer_id = 'cheap'`,
    reports: 'leads to 8 of 7, written down as 8 of 7',
  },
  {
    number: 18,
    name: 'a hold that took no stock',
    party: 'exporter',
    sql: `UPDATE hold SET quantity = quantity + 1 WHERE trade_id = '${approved}'`,
    reports: 'offer dear: used 1 of 500; journal 1 of 500; rows 2',
  },
  {
    number: 19,
    name: 'a member below zero',
    party: 'importer',
    sql: `ALTER TABLE balance DROP CONSTRAINT balance_amount_minor_check;
          UPDATE balance SET amount_minor = -1 WHERE currency = 'BRL';
          UPDATE posting SET amount_minor = amount_minor - 1 - (SELECT sum(amount_minor)
            FROM posting WHERE account = 'member:8780' AND currency = 'BRL')
           WHERE account = 'member:8780' AND currency = 'BRL' AND amount_minor = 5000000`,
    reports: 'member:8780 BRL: balance -1, postings -1',
  },
  {
    number: 19,
    name: 'a balance that its postings do not make',
    party: 'exporter',
    sql: `UPDATE balance SET amount_minor = amount_minor + 1 WHERE account = 'seller:e1'`,
    reports: 'seller:e1 XEX: balance 184001, postings 184000',
  },
];
