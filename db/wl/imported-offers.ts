import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import { importTerms, repriceAt } from '../../domain/offer/import.ts';
import type { Relationship, WlPolicy } from '../../domain/policy/relationship.ts';
import { formatRate, parseRate } from '../../domain/shared/fx.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { minor, type Minor } from '../../domain/shared/money.ts';
import { inTransaction } from '../pool.ts';
import { readPolicy, readRelationship } from './governance.ts';
import type { ImportedOfferTable, WlTables } from './schema.ts';
import { lockSignalPair } from './signal-pair.ts';

/** The WL whose database this is. */
export interface OwnWl {
  readonly wlId: string;
  readonly currency: string;
}

/** One offer as its exporter lists it for us; the price in the exporter's currency. */
export interface ListedOffer {
  readonly originOfferId: string;
  readonly title: string;
  readonly category: { readonly id: string; readonly name: string };
  readonly entity: { readonly id: string; readonly name: string };
  readonly unitPrice: Minor;
  readonly currency: string;
  readonly available: number;
}

export interface SyncCounts {
  /** Offers seen for the first time. */
  readonly imported: number;
  /** Known offers of which something changed. */
  readonly updated: number;
  /** Offers that could be bought before and can not be any more. */
  readonly disabled: number;
}

export type ImportedOffer = Selectable<ImportedOfferTable>;
type OfferRow = Omit<ImportedOffer, 'offer_id' | 'synced_at'>;

/** One statement writes this many rows well inside the statement time-out. */
const WRITE_BATCH = 500;

/**
 * Takes over everything that an exporter lists for us at present. What it lists no more is kept with
 * `eligible` false. Serialised with a change of the relationship and with signals by their rows'
 * locks: a sync while a signal has stopped the pair makes nothing eligible.
 */
export async function applyOfferSync(
  db: Kysely<WlTables>,
  own: OwnWl,
  exporter: string,
  listed: readonly ListedOffer[],
): Promise<SyncCounts> {
  return inTransaction(db, async (tx) => {
    const rules = await lockRules(tx, own, exporter);
    const before = await lockOffers(tx, exporter);
    const byId = new Map(before.map((row) => [row.origin_offer_id, row]));
    const rows = listed.map((offer) => rowOf({ offer, exporter, own, rules }));
    const seen = new Set(listed.map((offer) => offer.originOfferId));
    const gone = before
      .filter((row) => !seen.has(row.origin_offer_id))
      .map((row): OfferRow => ({ ...row, lifecycle_status: 'DISABLED', eligible: false }));
    const isNew = (row: OfferRow): boolean => !byId.has(row.origin_offer_id);
    const changed = [...rows, ...gone].filter((row) => differs(byId.get(row.origin_offer_id), row));
    await writeOffers(tx, changed);
    const isListed = (row: OfferRow) =>
      byId.get(row.origin_offer_id)?.lifecycle_status === 'ENABLED';
    await markSynced(tx, exporter, gone.filter(isListed));
    const closed = changed.filter(
      (row) => !row.eligible && byId.get(row.origin_offer_id)?.eligible === true,
    );
    const imported = rows.filter(isNew).length;
    const updated = changed.filter((row) => !isNew(row) && !closed.includes(row)).length;
    return { imported, updated, disabled: closed.length };
  });
}

/**
 * Prices one exporter's imported offers anew under the rules now in force; part of the transaction
 * that put those rules in force (RULES.md 1). Answers how many rows changed.
 */
export async function repriceImportedOffers(
  tx: Transaction<WlTables>,
  own: OwnWl,
  exporter: string,
): Promise<number> {
  const rules = await lockRules(tx, own, exporter);
  return writeRepriced(tx, await lockOffers(tx, exporter), rules);
}

async function writeRepriced(
  tx: Transaction<WlTables>,
  before: readonly ImportedOffer[],
  rules: Rules,
): Promise<number> {
  const changed: OfferRow[] = [];
  for (const row of before) {
    const next = { ...row, ...termsOf(row, rules) };
    if (differs(row, next)) changed.push(next);
  }
  await writeOffers(tx, changed);
  return changed.length;
}

export interface RepricedBatch {
  readonly changed: number;
  /** The last offer of the batch; undefined where there was none. */
  readonly last: string | undefined;
  readonly isLast: boolean;
}

/** The same for the next offers after `after`, by id, for work that is too much for one transaction. */
export async function repriceBatch(
  tx: Transaction<WlTables>,
  own: OwnWl,
  batch: { readonly exporter: string; readonly after: string; readonly limit: number },
): Promise<RepricedBatch> {
  const { exporter, after, limit } = batch;
  const rules = await lockRules(tx, own, exporter);
  const before = await offersOf(tx, exporter).where('offer_id', '>', after).limit(limit).execute();
  const changed = await writeRepriced(tx, before, rules);
  return { changed, last: before.at(-1)?.offer_id, isLast: before.length < limit };
}

/** Whether there are more imported offers of that exporter than so many. */
export async function hasMoreOffersThan(
  tx: Transaction<WlTables>,
  exporter: string,
  count: number,
): Promise<boolean> {
  const row = await tx
    .selectFrom('imported_offer')
    .select('offer_id')
    .where('exporter', '=', exporter)
    // The order of the index that holds an exporter's offers together.
    .orderBy('origin_offer_id')
    .offset(count)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Exporters of which something was ever imported, ordered. */
export async function listExporters(db: Kysely<WlTables>): Promise<string[]> {
  const rows = await db
    .selectFrom('imported_offer')
    .select('exporter')
    .distinct()
    .orderBy('exporter')
    .execute();
  return rows.map(({ exporter }) => exporter);
}

/**
 * A refusal has named the exporter's new price: buyers see it at once and not only after the next
 * sync (RULES.md 4). Answers false where there is no such offer.
 */
export async function takeOverPrice(
  tx: Transaction<WlTables>,
  exporter: string,
  originOfferId: string,
  originUnitPrice: Minor,
): Promise<boolean> {
  const row = await tx
    .selectFrom('imported_offer')
    .select(['offer_id', 'fx_rate', 'eligible'])
    .where('exporter', '=', exporter)
    .where('origin_offer_id', '=', originOfferId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) return false;
  const rate = parseRate(row.fx_rate);
  invariant(rate.ok, 'a stored rate is a rate');
  const { unitPrice, eligible } = repriceAt(originUnitPrice, rate.value, row.eligible);
  await tx
    .updateTable('imported_offer')
    .set({
      origin_unit_price_minor: originUnitPrice,
      unit_price_minor: unitPrice,
      eligible,
    })
    .where('offer_id', '=', row.offer_id)
    .execute();
  return true;
}

/** Where a page of the list ended: the sort key of its last row. */
export interface OfferPosition {
  readonly eligible: boolean;
  readonly title: string;
  readonly offerId: string;
}

/**
 * A page of imported offers: eligible first, by title. Each half is asked by itself, because an
 * index can be entered at a place in one of them and not at "here, or anywhere in the other".
 */
export async function listImportedOffers(
  db: Kysely<WlTables>,
  limit: number,
  after?: OfferPosition,
): Promise<ImportedOffer[]> {
  const pageOf = (eligible: boolean, rows: number) =>
    db
      .selectFrom('imported_offer')
      .leftJoin('offer_sync', 'offer_sync.exporter', 'imported_offer.exporter')
      .selectAll('imported_offer')
      .select('offer_sync.synced_at as last_sync')
      .where('eligible', '=', eligible)
      .orderBy('title')
      .orderBy('offer_id')
      .limit(rows);
  const { eligible, title, offerId } = after ?? FIRST_POSITION;
  const own = await pageOf(eligible, limit)
    .where(sql<boolean>`(title, offer_id) > (${title}, ${offerId})`)
    .execute();
  const isWhole = !eligible || own.length === limit;
  const others = isWhole ? [] : await pageOf(false, limit - own.length).execute();
  return [...own, ...others].map(({ last_sync: lastSync, ...row }) => ({
    ...row,
    synced_at: row.lifecycle_status === 'ENABLED' ? (lastSync ?? row.synced_at) : row.synced_at,
  }));
}

const FIRST_POSITION: OfferPosition = { eligible: true, title: '', offerId: '' };

interface Rules {
  readonly relationship: Relationship | undefined;
  readonly policy: WlPolicy | undefined;
  readonly signalDisabled: boolean;
}

async function lockRules(tx: Transaction<WlTables>, own: OwnWl, exporter: string): Promise<Rules> {
  const pair = await lockSignalPair(tx, { src: exporter, dst: own.wlId });
  return {
    relationship: await readRelationship(tx, exporter, own.wlId),
    policy: await readPolicy(tx, own.wlId),
    signalDisabled: pair.disabled,
  };
}

/**
 * Every offer of an exporter, under the lock of its rules. A statement reads as many as it can well
 * inside its time-out, which one for a whole catalogue was once cut off by.
 */
async function lockOffers(tx: Transaction<WlTables>, exporter: string): Promise<ImportedOffer[]> {
  const rows: ImportedOffer[] = [];
  for (let after = ''; ; after = rows.at(-1)?.origin_offer_id ?? '') {
    const page = await tx
      .selectFrom('imported_offer')
      .selectAll()
      .where('exporter', '=', exporter)
      .where('origin_offer_id', '>', after)
      .orderBy('origin_offer_id')
      .limit(READ_BATCH)
      .forNoKeyUpdate()
      .execute();
    rows.push(...page);
    if (page.length < READ_BATCH) return rows;
  }
}

const READ_BATCH = 2_000;

/** By their own ids, as a signal that is under way remembers where it was. */
function offersOf(tx: Transaction<WlTables>, exporter: string) {
  return tx
    .selectFrom('imported_offer')
    .selectAll()
    .where('exporter', '=', exporter)
    .orderBy('offer_id')
    .forNoKeyUpdate();
}

type Terms = Pick<
  OfferRow,
  'fx_rate' | 'commission_rate' | 'relationship_revision' | 'unit_price_minor' | 'eligible'
>;

function termsOf(
  row: Pick<OfferRow, 'origin_unit_price_minor' | 'lifecycle_status'> & Partial<Terms>,
  { relationship, policy, signalDisabled }: Rules,
): Terms {
  const { unitPrice, eligible } = importTerms({
    originUnitPrice: minor(row.origin_unit_price_minor),
    listed: row.lifecycle_status === 'ENABLED',
    relationship,
    policy,
    signalDisabled,
  });
  return {
    fx_rate: relationship === undefined ? (row.fx_rate ?? '0') : formatRate(relationship.fxRate),
    commission_rate:
      relationship === undefined
        ? (row.commission_rate ?? '0')
        : formatRate(relationship.commissionRate),
    relationship_revision: relationship?.revision ?? row.relationship_revision ?? 0,
    unit_price_minor: unitPrice,
    eligible,
  };
}

interface NewRow {
  readonly offer: ListedOffer;
  readonly exporter: string;
  readonly own: OwnWl;
  readonly rules: Rules;
}

function rowOf({ offer, exporter, own, rules }: NewRow): OfferRow {
  const facts = {
    exporter,
    origin_offer_id: offer.originOfferId,
    title: offer.title,
    category_id: offer.category.id,
    category_name: offer.category.name,
    entity_id: offer.entity.id,
    entity_name: offer.entity.name,
    origin_unit_price_minor: offer.unitPrice,
    origin_currency: offer.currency,
    currency: own.currency,
    available: offer.available,
    lifecycle_status: 'ENABLED' as const,
  };
  return { ...facts, ...termsOf(facts, rules) };
}

const COMPARED = [
  'title',
  'category_id',
  'category_name',
  'entity_id',
  'entity_name',
  'origin_unit_price_minor',
  'origin_currency',
  'unit_price_minor',
  'currency',
  'available',
  'eligible',
  'lifecycle_status',
  'relationship_revision',
] as const satisfies readonly (keyof OfferRow)[];

// Rates differ only together with the relationship's revision; their texts may differ in zeros.
function differs(before: OfferRow | undefined, after: OfferRow): boolean {
  return before === undefined || COMPARED.some((column) => before[column] !== after[column]);
}

async function writeOffers(tx: Transaction<WlTables>, rows: readonly OfferRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += WRITE_BATCH) {
    const batch = rows.slice(from, from + WRITE_BATCH).map((row) => ({
      ...row,
      origin_unit_price_minor: String(row.origin_unit_price_minor),
      unit_price_minor: String(row.unit_price_minor),
    }));
    await sql`
      INSERT INTO imported_offer (${sql.join(COLUMN_NAMES)})
      SELECT ${sql.join(COLUMN_NAMES)}
        FROM jsonb_to_recordset(${JSON.stringify(batch)}::jsonb) AS given (
          exporter uuid, origin_offer_id text, title text, category_id text, category_name text,
          entity_id text, entity_name text, origin_unit_price_minor bigint, origin_currency text,
          fx_rate numeric, commission_rate numeric, unit_price_minor bigint, currency text,
          available integer, eligible boolean, lifecycle_status text,
          relationship_revision integer)
      ON CONFLICT (exporter, origin_offer_id) DO UPDATE
         SET (${sql.join(COLUMN_NAMES)}) = ROW (${sql.join(EXCLUDED)})`.execute(tx);
  }
}

const COLUMNS = [
  'exporter',
  'origin_offer_id',
  ...COMPARED,
  'fx_rate',
  'commission_rate',
] as const satisfies readonly (keyof OfferRow)[];
const COLUMN_NAMES = COLUMNS.map((column) => sql.ref(column));
const EXCLUDED = COLUMNS.map((column) => sql.ref(`excluded.${column}`));

/**
 * One row a sync, however many offers: what is listed was seen by the last one. What is listed no
 * more keeps the time of the one before in its own row.
 */
async function markSynced(
  tx: Transaction<WlTables>,
  exporter: string,
  gone: readonly OfferRow[],
): Promise<void> {
  const ids = gone.map((row) => row.origin_offer_id);
  await sql`
    UPDATE imported_offer SET synced_at = offer_sync.synced_at
      FROM offer_sync
     WHERE offer_sync.exporter = ${exporter} AND imported_offer.exporter = ${exporter}
       AND imported_offer.origin_offer_id = ANY(${ids}::text[])`.execute(tx);
  await sql`
    INSERT INTO offer_sync (exporter, synced_at) VALUES (${exporter}, clock())
    ON CONFLICT (exporter) DO UPDATE SET synced_at = excluded.synced_at`.execute(tx);
}
