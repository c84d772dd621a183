import type { Kysely, Selectable, Transaction } from 'kysely';
import { invariant } from '../../domain/shared/invariant.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import type { Json } from '../../domain/shared/canonical.ts';
import { formatMinor } from '../../domain/shared/money.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { ChangeContext } from './accounts.ts';
import type { OfferTable, WlTables } from './schema.ts';

/** An offer of this WL's own marketplace with the names of its category and entity. */
export type Offer = Selectable<OfferTable> & {
  readonly category_name: string;
  readonly entity_name: string;
};

export interface OfferPage {
  readonly limit: number;
  /** Offers after this id. */
  readonly after?: string | undefined;
  readonly updatedSince?: Date | undefined;
}

/** What is left for sale: what was put up less what is held or captured. */
export function availableOf(offer: Pick<Offer, 'stock' | 'used'>): number {
  return offer.stock - offer.used;
}

/** Offers in the order of their ids. */
export async function listOffers(db: Kysely<WlTables>, page: OfferPage): Promise<Offer[]> {
  const query = selectOffers(db)
    .where('offer.offer_id', '>', page.after ?? '')
    .orderBy('offer.offer_id')
    .limit(page.limit);
  return page.updatedSince === undefined
    ? query.execute()
    : query.where('offer.updated_at', '>=', page.updatedSince).execute();
}

export async function readOffer(db: Kysely<WlTables>, offerId: string): Promise<Offer | undefined> {
  return selectOffers(db).where('offer.offer_id', '=', offerId).executeTakeFirst();
}

export interface NewOffer {
  readonly offerId?: string | undefined;
  readonly title: string;
  readonly category: { readonly id: string; readonly name?: string | undefined };
  readonly entity: { readonly id: string; readonly name?: string | undefined };
  readonly unitPriceMinor: bigint;
  readonly currency: string;
  readonly available: number;
  readonly status: Offer['status'];
  readonly createdAt?: Date | undefined;
}

/**
 * Puts an offer up for sale. A category or entity that is new comes into being with its name; one
 * without a name has to be known, else NOT_FOUND. An offer id that is taken is CONFLICT.
 */
export async function createOffer(
  db: Kysely<WlTables>,
  offer: NewOffer,
  context: ChangeContext,
): Promise<Result<Offer, 'NOT_FOUND' | 'CONFLICT'>> {
  return inTransaction(db, async (tx) => {
    if (!(await ensureCategory(tx, offer.category))) return refuse('NOT_FOUND');
    if (!(await ensureEntity(tx, offer.entity))) return refuse('NOT_FOUND');
    const inserted = await tx
      .insertInto('offer')
      .values({
        ...(offer.offerId === undefined ? {} : { offer_id: offer.offerId }),
        title: offer.title,
        category_id: offer.category.id,
        entity_id: offer.entity.id,
        unit_price_minor: offer.unitPriceMinor,
        currency: offer.currency,
        stock: offer.available,
        status: offer.status,
        ...(offer.createdAt === undefined ? {} : { created_at: offer.createdAt }),
      })
      .onConflict((conflict) => conflict.column('offer_id').doNothing())
      .returning('offer_id')
      .executeTakeFirst();
    if (inserted === undefined) return refuse('CONFLICT');
    const created = await readOffer(tx, inserted.offer_id);
    invariant(created !== undefined, 'an inserted offer is there');
    await journalStock(tx, created, created.stock, context);
    await auditOffer(tx, { action: 'offer.create', before: null, after: created }, context);
    return ok(created);
  });
}

export interface OfferPatch {
  readonly title?: string | undefined;
  readonly unitPriceMinor?: bigint | undefined;
  readonly available?: number | undefined;
  readonly status?: Offer['status'] | undefined;
}

/**
 * Changes an offer under its lock: `available` is counted on top of what is held or captured at this
 * moment. A patch that changes nothing leaves no trace.
 */
export async function updateOffer(
  db: Kysely<WlTables>,
  offerId: string,
  patch: OfferPatch,
  context: ChangeContext,
): Promise<Result<Offer, 'NOT_FOUND'>> {
  return inTransaction(db, async (tx) => {
    const before = await selectOffers(tx)
      .where('offer.offer_id', '=', offerId)
      .forNoKeyUpdate('offer')
      .executeTakeFirst();
    if (before === undefined) return refuse('NOT_FOUND');
    const values = {
      title: patch.title ?? before.title,
      unit_price_minor: patch.unitPriceMinor ?? before.unit_price_minor,
      stock: patch.available === undefined ? before.stock : before.used + patch.available,
      status: patch.status ?? before.status,
    };
    if (JSON.stringify(facts({ ...before, ...values })) === JSON.stringify(facts(before))) {
      return ok(before);
    }
    await tx
      .updateTable('offer')
      .set(({ fn }) => ({ ...values, updated_at: fn<Date>('clock', []) }))
      .where('offer_id', '=', offerId)
      .execute();
    const after = { ...before, ...values };
    if (after.stock !== before.stock) {
      await journalStock(tx, after, after.stock - before.stock, context);
    }
    await auditOffer(tx, { action: 'offer.update', before, after }, context);
    return ok(after);
  });
}

export interface CatalogueEntry {
  readonly id: string;
  readonly name: string;
  readonly activeOffers: number;
}

/** Categories with how many enabled offers each has, for the Control Plane's snapshots. */
export async function listCategories(db: Kysely<WlTables>): Promise<CatalogueEntry[]> {
  const rows = await db
    .selectFrom('category')
    .leftJoin('offer', (join) =>
      join.onRef('offer.category_id', '=', 'category.category_id').on('status', '=', 'ENABLED'),
    )
    .select(({ fn }) => [
      'category.category_id as id',
      'category.name',
      fn.count<bigint>('offer.offer_id').as('active'),
    ])
    .groupBy(['category.category_id', 'category.name'])
    .orderBy('category.category_id')
    .execute();
  return rows.map(({ id, name, active }) => ({ id, name, activeOffers: Number(active) }));
}

/** Entities (sellers) with how many enabled offers each has. */
export async function listEntities(db: Kysely<WlTables>): Promise<CatalogueEntry[]> {
  const rows = await db
    .selectFrom('entity')
    .leftJoin('offer', (join) =>
      join.onRef('offer.entity_id', '=', 'entity.entity_id').on('status', '=', 'ENABLED'),
    )
    .select(({ fn }) => [
      'entity.entity_id as id',
      'entity.name',
      fn.count<bigint>('offer.offer_id').as('active'),
    ])
    .groupBy(['entity.entity_id', 'entity.name'])
    .orderBy('entity.entity_id')
    .execute();
  return rows.map(({ id, name, active }) => ({ id, name, activeOffers: Number(active) }));
}

function selectOffers(db: Kysely<WlTables>) {
  return db
    .selectFrom('offer')
    .innerJoin('category', 'category.category_id', 'offer.category_id')
    .innerJoin('entity', 'entity.entity_id', 'offer.entity_id')
    .selectAll('offer')
    .select(['category.name as category_name', 'entity.name as entity_name']);
}

async function ensureCategory(
  tx: Transaction<WlTables>,
  { id, name }: NewOffer['category'],
): Promise<boolean> {
  if (name !== undefined) {
    await tx
      .insertInto('category')
      .values({ category_id: id, name })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return true;
  }
  const known = tx.selectFrom('category').select('name').where('category_id', '=', id);
  return (await known.executeTakeFirst()) !== undefined;
}

async function ensureEntity(
  tx: Transaction<WlTables>,
  { id, name }: NewOffer['entity'],
): Promise<boolean> {
  if (name !== undefined) {
    await tx
      .insertInto('entity')
      .values({ entity_id: id, name })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return true;
  }
  const known = tx.selectFrom('entity').select('name').where('entity_id', '=', id);
  return (await known.executeTakeFirst()) !== undefined;
}

/** What was put up or taken down stands in the same journal as holds do (invariant 18). */
async function journalStock(
  tx: Transaction<WlTables>,
  offer: Offer,
  stockDelta: number,
  { correlationId }: ChangeContext,
): Promise<void> {
  await tx
    .insertInto('stock_journal')
    .values({
      offer_id: offer.offer_id,
      kind: 'STOCK',
      reference: correlationId,
      used_delta: 0,
      stock_delta: stockDelta,
      used: offer.used,
      stock: offer.stock,
    })
    .execute();
}

interface OfferChange {
  readonly action: string;
  readonly before: Offer | null;
  readonly after: Offer;
}

async function auditOffer(
  tx: Transaction<WlTables>,
  { action, before, after }: OfferChange,
  context: ChangeContext,
): Promise<void> {
  await appendAudit(tx, {
    ...context,
    action,
    subject: after.offer_id,
    before: before === null ? null : facts(before),
    after: facts(after),
  });
}

function facts(offer: Offer): Json {
  return {
    title: offer.title,
    unitPrice: formatMinor(offer.unit_price_minor),
    currency: offer.currency,
    available: availableOf(offer),
    status: offer.status,
  };
}
