import { sql, type Kysely, type Selectable } from 'kysely';
import { exposureOf, type ExposureParts } from '../../../domain/imbalance/verdict.ts';
import type { PairMoveKind } from '../tables/trades.ts';
import type { Pair } from '../relationship.ts';
import type { CpSchema } from '../schema.ts';
import type { SettlementDeliveryTable, SettlementState } from '../tables/settlements.ts';
import type { SettlementRow } from './desk.ts';

export interface SettlementDetails {
  readonly settlement: SettlementRow;
  /** One row for each side that it has become due at. */
  readonly deliveries: readonly Selectable<SettlementDeliveryTable>[];
}

export interface SettlementFilter {
  readonly src?: string | undefined;
  readonly dst?: string | undefined;
  readonly state?: SettlementState | undefined;
  readonly planId?: string | undefined;
}

/** One page of the settlements, newest first, below the id `before` where given. */
export async function listSettlements(
  db: Kysely<CpSchema>,
  page: SettlementFilter & {
    readonly limit: number;
    readonly before?: string | undefined;
  },
): Promise<SettlementDetails[]> {
  let query = db.selectFrom('settlement').selectAll();
  if (page.src !== undefined) query = query.where('src', '=', page.src);
  if (page.dst !== undefined) query = query.where('dst', '=', page.dst);
  if (page.state !== undefined) query = query.where('state', '=', page.state);
  if (page.planId !== undefined) query = query.where('plan_id', '=', page.planId);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  const rows = await query.orderBy('id', 'desc').limit(page.limit).execute();
  return withDeliveries(db, rows);
}

/** Adds what is known of both sides. */
export async function withDeliveries(
  db: Kysely<CpSchema>,
  rows: readonly SettlementRow[],
): Promise<SettlementDetails[]> {
  const deliveries = await db
    .selectFrom('settlement_delivery')
    .selectAll()
    .where('settlement_id', '=', sql<string>`ANY(${rows.map(({ id }) => id)}::uuid[])`)
    .orderBy('due_at')
    .execute();
  return rows.map((settlement) => ({
    settlement,
    deliveries: deliveries.filter((delivery) => delivery.settlement_id === settlement.id),
  }));
}

/** Whether one side has applied a settlement; undefined where it is not due there. */
export async function deliveryProgress(
  db: Kysely<CpSchema>,
  side: { readonly settlementId: string; readonly wlId: string },
): Promise<Selectable<SettlementDeliveryTable> | undefined> {
  return db
    .selectFrom('settlement_delivery')
    .selectAll()
    .where('settlement_id', '=', side.settlementId)
    .where('wl_id', '=', side.wlId)
    .executeTakeFirst();
}

export interface StatementLine {
  /** Where a page ended: the row of the journal. */
  readonly id: bigint;
  readonly at: Date;
  readonly kind: PairMoveKind;
  /** The trade's or the settlement's id. */
  readonly reference: string;
  /** By how much the exposure moved, and what it came to; minor units of src's currency. */
  readonly deltaMinor: bigint;
  readonly balanceMinor: bigint;
}

export interface Statement {
  readonly openingMinor: bigint;
  /** One page of the lines. */
  readonly lines: readonly StatementLine[];
  /** Of the whole period, whichever page it is. */
  readonly closingMinor: bigint;
}

export interface StatementPage {
  readonly from: Date;
  readonly to: Date;
  readonly limit: number;
  /** The last line of the page before. */
  readonly after?: bigint | undefined;
}

/**
 * What moved the exposure of src to dst in a period, by the time at which the balance counted it:
 * opening + lines = closing, to the minor unit, because all of them are rows of one journal. Open
 * holds are no debt and stay out.
 */
export async function readStatement(
  db: Kysely<CpSchema>,
  pair: Pair,
  page: StatementPage,
): Promise<Statement> {
  const lines = await readStatementLines(db, pair, page);
  return { ...(await readStatementEnds(db, pair, page)), lines };
}

/** What was owed before the period and after it, whichever page of lines is read. */
export async function readStatementEnds(
  db: Kysely<CpSchema>,
  pair: Pair,
  { from, to }: Pick<StatementPage, 'from' | 'to'>,
): Promise<Omit<Statement, 'lines'>> {
  return {
    openingMinor: await debtBefore(db, pair, from),
    closingMinor: await debtBefore(db, pair, to),
  };
}

/** The lines alone, for who reads page after page. */
export async function readStatementLines(
  db: Kysely<CpSchema>,
  pair: Pair,
  { from, to, limit, after }: StatementPage,
): Promise<StatementLine[]> {
  let page = journalOf(db, pair)
    .where('recorded_at', '>=', from)
    .where('recorded_at', '<', to)
    .where(
      sql<boolean>`exports_delta - imports_delta - settlements_received_delta
        + settlements_paid_delta <> 0`,
    );
  if (after !== undefined) {
    page = page.where(
      sql<boolean>`(recorded_at, id) > (SELECT recorded_at, id FROM pair_journal
        WHERE id = ${after} AND src = ${pair.src} AND dst = ${pair.dst})`,
    );
  }
  const rows = await page.orderBy('recorded_at').orderBy('id').limit(limit).execute();
  return rows.map((row) => ({
    ...{ id: row.id, at: row.recorded_at, kind: row.kind, reference: row.reference },
    deltaMinor: debtOf(deltasOf(row)),
    balanceMinor: debtOf(figuresOf(row)),
  }));
}

function journalOf(db: Kysely<CpSchema>, { src, dst }: Pair) {
  return db.selectFrom('pair_journal').selectAll().where('src', '=', src).where('dst', '=', dst);
}

async function debtBefore(db: Kysely<CpSchema>, pair: Pair, at: Date): Promise<bigint> {
  const row = await journalOf(db, pair)
    .where('recorded_at', '<', at)
    .orderBy('recorded_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? 0n : debtOf(figuresOf(row));
}

type Parts = Omit<ExposureParts, 'reserved'>;
type JournalRow = Selectable<CpSchema['pair_journal']>;

function debtOf(parts: Parts): bigint {
  return exposureOf({ ...parts, reserved: 0n });
}

function figuresOf(row: JournalRow): Parts {
  return {
    exports: row.exports_minor,
    imports: row.imports_minor,
    settlementsReceived: row.settlements_received_minor,
    settlementsPaid: row.settlements_paid_minor,
  };
}

function deltasOf(row: JournalRow): Parts {
  return {
    exports: row.exports_delta,
    imports: row.imports_delta,
    settlementsReceived: row.settlements_received_delta,
    settlementsPaid: row.settlements_paid_delta,
  };
}
