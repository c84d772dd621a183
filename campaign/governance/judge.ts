import { sql } from 'kysely';
import { EXPORTER, IMPORTER } from '../../test/wl/documents.ts';
import type { Ground, Slug } from '../ground.ts';
import type { ToldSettlement } from './acts.ts';

interface Booked {
  readonly id: string;
  /** In the words of RULES.md 3: what each side has to book, and has booked. */
  readonly text: string;
}

type Books = Pick<Ground, 'databases' | 'controlPlane'>;

/**
 * RULES.md 3: what was confirmed is in both books and in the Control Plane's journal, once, at the
 * recorded rate computed once more in the database's exact decimals; nothing else is; and who was
 * told of a settlement was told of one that is there.
 */
export async function judgeSettlements(
  { databases, controlPlane }: Books,
  told: readonly ToldSettlement[],
): Promise<{ readonly broken: string[]; readonly scanned: number }> {
  const broken = await judgeTold(controlPlane.db, told);
  const expected = {
    importer: await readExpected(controlPlane.db, 'PAYER'),
    exporter: await readExpected(controlPlane.db, 'PAYEE'),
  };
  let scanned = 0;
  for (const slug of ['importer', 'exporter'] as const) {
    const booked = await readBooked(databases[slug].db);
    scanned += booked.length;
    broken.push(...compare(slug, expected[slug], booked));
  }
  const journal = await readJournal(controlPlane.db);
  const both = [...expected.importer, ...expected.exporter].map(({ id, text }) => ({
    id: `${id} ${text.split(' ')[0]}`,
    text,
  }));
  broken.push(...compare('control plane', both, journal));
  return { broken, scanned: scanned + journal.length };
}

function compare(
  who: Slug | 'control plane',
  expected: readonly Booked[],
  booked: readonly Booked[],
): string[] {
  const there = Map.groupBy(booked, ({ id }) => id);
  const known = new Set(expected.map(({ id }) => id));
  const strangers = booked.filter(({ id }) => !known.has(id));
  return [
    ...expected.flatMap(({ id, text }) => {
      const found = (there.get(id) ?? []).map((one) => one.text);
      if (found.length === 1 && found[0] === text) return [];
      const said = found.length === 0 ? 'nothing' : found.join(' and ');
      return [`settlement ${id}: ${text} is due at the ${who}, booked is ${said}`];
    }),
    ...strangers.map(({ id }) => `settlement ${id}: nobody confirmed what the ${who} has booked`),
  ];
}

type Db = Ground['controlPlane']['db'];

async function judgeTold(db: Db, told: readonly ToldSettlement[]): Promise<string[]> {
  const { rows } = await sql<{ id: string; state: string }>`
    SELECT id::text, state FROM settlement`.execute(db);
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  const byKey = new Map<string, string>();
  return told.flatMap(({ key, id, state }) => {
    const first = byKey.get(key) ?? id;
    byKey.set(key, first);
    const now = states.get(id);
    return [
      ...(first === id ? [] : [`8 key ${key}: first settlement ${first}, then ${id}`]),
      ...(now === undefined ? [`7 settlement ${id}: told ${state}, and it does not exist`] : []),
      ...(state === 'CONFIRMED' && now === 'PENDING'
        ? [`7 settlement ${id}: told ${state}, and it is ${now}`]
        : []),
    ];
  });
}

async function readExpected(db: Db, role: 'PAYER' | 'PAYEE'): Promise<Booked[]> {
  const own = role === 'PAYER' ? sql`round(amount_minor * fx_rate::numeric)` : sql`amount_minor`;
  const { rows } = await sql<Booked>`
    SELECT id::text, concat_ws(' ', ${role}::text, ${own}::bigint, 'for', amount_minor) AS text
      FROM settlement WHERE state = 'CONFIRMED'`.execute(db);
  return rows;
}

/** What the ledger says: the debt of the partner's account goes down by it. */
async function readBooked(db: Ground['databases'][Slug]['db']): Promise<Booked[]> {
  const { rows } = await sql<Booked>`
    SELECT settlement_id::text AS id,
           concat_ws(' ', role, abs(posting.amount_minor), 'for',
             abs(coalesce(posting.origin_minor, posting.amount_minor))) AS text
      FROM settlement
      JOIN ledger_transaction ON key LIKE concat('settlement:', settlement_id, '%')
      JOIN posting USING (transaction_id)
     WHERE account LIKE 'payable:%' OR account LIKE 'receivable:%'`.execute(db);
  return rows;
}

async function readJournal(db: Db): Promise<Booked[]> {
  const { rows } = await sql<Booked>`
    SELECT concat_ws(' ', reference, CASE WHEN journal.src = ${EXPORTER} THEN 'PAYEE' ELSE 'PAYER' END)
             AS id,
           concat_ws(' ', CASE WHEN journal.src = ${EXPORTER} THEN 'PAYEE' ELSE 'PAYER' END,
             settlements_received_delta + settlements_paid_delta, 'for', amount_minor) AS text
      FROM pair_journal AS journal JOIN settlement ON settlement.id::text = reference
     WHERE kind IN ('SETTLEMENT_RECEIVED', 'SETTLEMENT_PAID')
       AND journal.src IN (${EXPORTER}, ${IMPORTER})`.execute(db);
  return rows;
}
