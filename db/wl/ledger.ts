import { sql, type Transaction } from 'kysely';
import { invariant } from '../../domain/shared/invariant.ts';
import type { WlTables } from './schema.ts';

/** System accounts have postings only; `member:` and `seller:` accounts also have a balance row. */
export const SUSPENSE = 'suspense';
export const COMMISSION = 'commission';
export const ISSUANCE = 'issuance';
/** Where an override against the exporter's answer, or without one, is kept apart (RULES.md 5). */
export const OVERRIDE_SUSPENSE = 'suspense:override';

export const memberAccount = (accountId: string): string => `member:${accountId}`;
export const sellerAccount = (entityId: string): string => `seller:${entityId}`;
export const clawbackAccount = (entityId: string): string => `clawback:${entityId}`;
export const payableAccount = (exporter: string): string => `payable:${exporter}`;
export const receivableAccount = (importer: string): string => `receivable:${importer}`;
/** What was paid to, or received from, a partner outside of the trades (RULES.md 3). */
export const settlementAccount = (partner: string): string => `settlement:${partner}`;

export interface PostingLine {
  readonly account: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  /** The partner's side of the amount, in its currency; books are compared by it. */
  readonly originMinor?: bigint;
  readonly originCurrency?: string;
}

export interface Posting {
  /** Subject and step, such as `<tradeId>:settle`: the same step can never post twice. */
  readonly key: string;
  readonly kind: string;
  readonly tradeId?: string;
  readonly counterpart?: string;
  readonly note?: string;
  readonly lines: readonly PostingLine[];
}

const hasBalance = (account: string): boolean =>
  account.startsWith('member:') || account.startsWith('seller:');

/**
 * Posts one ledger transaction and moves the balances of members and sellers in it. The database
 * refuses a balance below zero at once and a sum other than zero at commit.
 */
export async function post(tx: Transaction<WlTables>, posting: Posting): Promise<void> {
  const lines = posting.lines
    .filter((line) => line.amountMinor !== 0n)
    .sort((a, b) => compare(a.account, b.account) || compare(a.currency, b.currency));
  if (lines.length === 0) return;
  const column = <T>(pick: (line: PostingLine) => T): T[] => lines.map(pick);
  const moving = lines.filter((line) => hasBalance(line.account));
  await moveBalances(
    tx,
    moving.filter((line) => line.amountMinor < 0n),
    'debit',
  );
  await moveBalances(
    tx,
    moving.filter((line) => line.amountMinor > 0n),
    'credit',
  );
  await sql`
    WITH entry AS (
      INSERT INTO ledger_transaction (key, kind, trade_id, counterpart, note)
      VALUES (${posting.key}, ${posting.kind}, ${posting.tradeId ?? null}::uuid,
              ${posting.counterpart ?? null}::uuid, ${posting.note ?? null})
      RETURNING transaction_id)
    INSERT INTO posting
           (transaction_id, account, currency, amount_minor, origin_minor, origin_currency)
    SELECT entry.transaction_id, line.*
      FROM entry, unnest(
        ${column((line) => line.account)}::text[],
        ${column((line) => line.currency)}::text[],
        ${column((line) => line.amountMinor)}::bigint[],
        ${column((line) => line.originMinor ?? null)}::bigint[],
        ${column((line) => line.originCurrency ?? null)}::text[]) AS line`.execute(tx);
}

async function moveBalances(
  tx: Transaction<WlTables>,
  lines: readonly PostingLine[],
  direction: 'debit' | 'credit',
): Promise<void> {
  if (lines.length === 0) return;
  const accounts = lines.map((line) => line.account);
  const currencies = lines.map((line) => line.currency);
  const amounts = lines.map((line) => line.amountMinor);
  if (direction === 'credit') {
    await sql`
      INSERT INTO balance (account, currency, amount_minor)
      SELECT * FROM unnest(${accounts}::text[], ${currencies}::text[], ${amounts}::bigint[])
      ON CONFLICT (account, currency)
      DO UPDATE SET amount_minor = balance.amount_minor + excluded.amount_minor`.execute(tx);
    return;
  }
  // Debits must find their row: an insert of a negative amount would fail its check first.
  const moved = await sql`
    UPDATE balance SET amount_minor = balance.amount_minor + line.amount
      FROM unnest(${accounts}::text[], ${currencies}::text[], ${amounts}::bigint[])
        AS line (account, currency, amount)
     WHERE balance.account = line.account AND balance.currency = line.currency`.execute(tx);
  invariant(moved.numAffectedRows === BigInt(lines.length), 'a debited account has a balance row');
}

/** Amount of an account in one currency, zero where it has no row; minor units. */
export async function readBalance(
  tx: Transaction<WlTables>,
  account: string,
  currency: string,
): Promise<bigint> {
  const row = await tx
    .selectFrom('balance')
    .select('amount_minor')
    .where('account', '=', account)
    .where('currency', '=', currency)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row?.amount_minor ?? 0n;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
