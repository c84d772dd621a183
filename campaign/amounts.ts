import { sql } from 'kysely';
import type { Ground } from './ground.ts';

interface Priced {
  readonly id: string;
  readonly problem: string;
}

/** Of the relationship that the campaign puts in force. */
const COMMISSION_RATE = '0.05';

/**
 * Terms and both ledgers computed once more, in the database's exact decimals (RULES.md 1): unit
 * price, total and commission of each trade, what the importer owes for it and what the exporter is
 * owed.
 */
export async function judgeAmounts({ databases }: Pick<Ground, 'databases'>): Promise<string[]> {
  const { rows } = await sql<Priced>`
    SELECT trade_id::text AS id,
           concat(quantity, ' × ', origin_unit_price_minor, ' at ', fx_rate, ' is ', amount_minor,
             ' of ', unit_price_minor, ', commission ', commission_minor) AS problem
      FROM trade
     WHERE unit_price_minor <> round(origin_unit_price_minor * fx_rate::numeric)
        OR amount_minor <> unit_price_minor * quantity
        OR commission_minor <> round(amount_minor * ${COMMISSION_RATE}::numeric)`.execute(
    databases.importer.db,
  );
  const broken = rows.map(({ id, problem }) => `5 trade ${id}: ${problem}`);
  const owed = await readReceivables(databases.exporter.db);
  for (const { id, originMinor, amountMinor, convertedMinor } of await readPayables(
    databases.importer.db,
  )) {
    const there = owed.get(id);
    if (there === originMinor && amountMinor === convertedMinor) continue;
    broken.push(
      `5 trade ${id}: owes ${amountMinor} for ${originMinor}, exactly ${convertedMinor}; ` +
        `there ${there ?? 'nothing'} is owed`,
    );
  }
  return broken;
}

interface Payable {
  readonly id: string;
  readonly originMinor: bigint;
  readonly amountMinor: bigint;
  readonly convertedMinor: bigint;
}

async function readPayables(db: Ground['databases']['importer']['db']): Promise<Payable[]> {
  const { rows } = await sql<Payable>`
    SELECT trade.trade_id::text AS id, posting.origin_minor AS "originMinor",
           posting.amount_minor AS "amountMinor",
           (round(posting.origin_minor / quantity * fx_rate::numeric) * quantity)::bigint
             AS "convertedMinor"
      FROM ledger_transaction JOIN posting USING (transaction_id) JOIN trade USING (trade_id)
     WHERE kind = 'SETTLE' AND account LIKE 'payable:%'`.execute(db);
  return rows;
}

async function readReceivables(
  db: Ground['databases']['exporter']['db'],
): Promise<Map<string, bigint>> {
  const { rows } = await sql<{ id: string; amountMinor: bigint }>`
    SELECT hold.trade_id AS id, -posting.amount_minor AS "amountMinor"
      FROM hold
      JOIN ledger_transaction ON key = concat(hold_id, ':capture')
      JOIN posting USING (transaction_id)
     WHERE account LIKE 'receivable:%'`.execute(db);
  return new Map(rows.map(({ id, amountMinor }) => [id, amountMinor]));
}
