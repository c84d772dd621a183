import { sql } from 'kysely';
import type { SettlementRole } from '../domain/imbalance/settlement.ts';
import { payableAccount, receivableAccount } from '../db/wl/ledger.ts';
import {
  checkParties,
  together,
  type CheckRun,
  type Facts,
  type Found,
  type Invariant,
  type Party,
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
  const settled = await compareSettlements({ importer, exporter });
  const payable = await sql<Sums[number]>`
    SELECT origin_currency AS currency, sum(origin_minor)::text AS sum
      FROM posting JOIN ledger_transaction USING (transaction_id)
     WHERE account = ${payableAccount(exporter.wlId)}
       AND (trade_id IS NULL OR NOT trade_id = ANY(${apart}::uuid[]))
       AND kind <> 'SETTLEMENT'
     GROUP BY 1`.execute(importer.db);
  const receivable = await sql<Sums[number]>`
    SELECT currency, sum(-amount_minor)::text AS sum
      FROM posting JOIN ledger_transaction USING (transaction_id)
     WHERE account = ${receivableAccount(importer.wlId)} AND kind <> 'SETTLEMENT'
       AND split_part(key, ':', 1) NOT IN (
         SELECT hold_id::text FROM hold
          WHERE requester = ${importer.wlId}::uuid AND trade_id = ANY(${apart}::text[]))
     GROUP BY 1`.execute(exporter.db);
  return {
    scanned: payable.rows.length + receivable.rows.length + settled.scanned,
    violations: [
      ...differences({ importer, exporter }, payable.rows, receivable.rows),
      ...settled.violations,
    ],
    overridden: apart.length,
    applies: true,
  };
}

/** The promise on drift (DESIGN.md 7): by then the payee has applied what the payer has. */
const UNDERWAY_SECONDS = 300;

type Settled = Pick<Found, 'scanned' | 'violations'>;

interface Settlement {
  readonly id: string;
  /** In the payee's currency, as both write it down. */
  readonly amount: string;
  readonly fresh: boolean;
}

/**
 * Settlements are compared one by one, because one may be on its way: the payer applies first, the
 * payee never without it, and not long after it (RULES.md 3).
 */
async function compareSettlements({ importer, exporter }: Pair): Promise<Settled> {
  // The payee first: what it has, the payer must have had before.
  const received = await readSettlements(exporter, 'PAYEE', importer.wlId);
  const paid = await readSettlements(importer, 'PAYER', exporter.wlId);
  const details = [
    ...[...received.values()].map(({ id, amount }) => {
      const here = paid.get(id);
      if (here === undefined) return [id, `received ${amount}, but not paid`];
      return [id, here.amount === amount ? undefined : `paid ${here.amount}, received ${amount}`];
    }),
    ...[...paid.values()]
      .filter(({ id, fresh }) => !fresh && !received.has(id))
      .map(({ id, amount }) => [id, `paid ${amount}, and for long not received`]),
  ];
  const violations = details.flatMap(([id, detail]) =>
    detail === undefined
      ? []
      : [{ subject: `settlement ${id} of ${importer.slug} to ${exporter.slug}`, detail }],
  );
  return { scanned: received.size + paid.size, violations };
}

async function readSettlements(
  { db }: Party,
  role: SettlementRole,
  partner: string,
): Promise<Map<string, Settlement>> {
  const { rows } = await sql<Settlement>`
    SELECT settlement_id::text AS id, concat(amount_minor, ' ', currency) AS amount,
           applied_at > clock() - ${UNDERWAY_SECONDS} * interval '1 second' AS fresh
      FROM settlement WHERE role = ${role} AND partner = ${partner}::uuid`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
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
