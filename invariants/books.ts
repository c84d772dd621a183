import { sql } from 'kysely';
import { payableAccount, receivableAccount } from '../db/wl/ledger.ts';
import {
  checkParties,
  together,
  type CheckRun,
  type Facts,
  type Found,
  type Invariant,
  type Statements,
  type Violation,
} from './invariant.ts';
import { listOverridden } from './overridden.ts';
import { pairsOf, type Pair } from './pairs.ts';

/** Each book balances by itself; when all is quiet, what one owes is what the other is owed. */
export const books: Invariant = {
  number: 5,
  title: 'postings sum to zero; quiet: payable equals the receivable there',
  async check(run: CheckRun): Promise<Found> {
    const found = [await checkParties(run, statements)];
    if (run.quiet) {
      for (const pair of pairsOf(run.parties)) found.push(await comparePair(pair));
    }
    return together(found);
  },
};

function statements(_facts: Facts): Statements {
  return {
    scanned: sql`SELECT count(*) FROM posting`,
    violations: [
      sql`
        SELECT concat('ledger transaction ', transaction_id) AS subject,
               concat(sum(amount_minor), ' ', currency, ' too much') AS detail
          FROM posting GROUP BY transaction_id, currency HAVING sum(amount_minor) <> 0`,
      sql`
        SELECT concat('ledger transaction ', entry.transaction_id) AS subject,
               concat(entry.kind, ' without postings') AS detail
          FROM ledger_transaction AS entry
         WHERE NOT EXISTS (
           SELECT FROM posting WHERE posting.transaction_id = entry.transaction_id)`,
    ],
  };
}

type Sums = readonly { readonly currency: string | null; readonly sum: string }[];

async function comparePair({ importer, exporter }: Pair): Promise<Found> {
  const apart = await listOverridden(importer.db, exporter.wlId);
  const payable = await sql<Sums[number]>`
    SELECT origin_currency AS currency, sum(origin_minor)::text AS sum
      FROM posting JOIN ledger_transaction USING (transaction_id)
     WHERE account = ${payableAccount(exporter.wlId)}
       AND (trade_id IS NULL OR NOT trade_id = ANY(${apart}::uuid[]))
     GROUP BY 1`.execute(importer.db);
  const receivable = await sql<Sums[number]>`
    SELECT currency, sum(-amount_minor)::text AS sum
      FROM posting JOIN ledger_transaction USING (transaction_id)
     WHERE account = ${receivableAccount(importer.wlId)}
       AND split_part(key, ':', 1) NOT IN (
         SELECT hold_id::text FROM hold
          WHERE requester = ${importer.wlId}::uuid AND trade_id = ANY(${apart}::text[]))
     GROUP BY 1`.execute(exporter.db);
  return {
    scanned: payable.rows.length + receivable.rows.length,
    violations: differences({ importer, exporter }, payable.rows, receivable.rows),
    overridden: apart.length,
    applies: true,
  };
}

function differences({ importer, exporter }: Pair, payable: Sums, receivable: Sums): Violation[] {
  const of = (sums: Sums, currency: string | null): string =>
    sums.find((row) => row.currency === currency)?.sum ?? '0';
  const currencies = new Set([...payable, ...receivable].map((row) => row.currency));
  return [...currencies]
    .filter((currency) => of(payable, currency) !== of(receivable, currency))
    .map((currency) => ({
      subject: `${importer.slug} owes ${exporter.slug}, ${currency ?? 'no currency'}`,
      detail: `payable ${of(payable, currency)}, receivable ${of(receivable, currency)}`,
    }));
}
