import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { migrate } from '../../db/migrator.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import { createSealer } from '../../db/sealed.ts';
import { createAccount, creditAccount } from '../../db/wl/accounts.ts';
import { applyOfferSync, type ListedOffer } from '../../db/wl/imported-offers.ts';
import { WL_MIGRATIONS } from '../../db/wl/migrations.ts';
import { createOffer } from '../../db/wl/offers.ts';
import { markSent, nextUnsent } from '../../db/wl/outbox.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { COMMISSION_CURRENCY, minor } from '../../domain/shared/money.ts';
import { pullDocument, pulledRelationship } from '../../test/wl/documents.ts';
import { multiply, type Copied } from './multiply.ts';
import {
  buy,
  buyRefused,
  buyTooMuch,
  fund,
  nextPurchase,
  OWN,
  PARTNER_CURRENCY,
  PRICE,
  request,
  reserve,
  type Books,
} from './purchase.ts';
import { cloneDatabase, connect, type Server } from './server.ts';

/** How large a white label is. */
export interface WlSize {
  readonly name: string;
  readonly pairs: number;
  readonly offers: number;
  readonly trades: number;
}

/** What everything else is a multiple of. */
export const WL_BASE: WlSize = { name: 'wl_base', pairs: 10, offers: 1_000, trades: 1_000 };

/** Of 250 purchases, as in bench/console/proportions.ts, without those that are still open. */
const MIXTURE = [
  { count: 218, run: buy },
  { count: 23, run: buyRefused },
  { count: 9, run: buyTooMuch },
];
const TEMPLATES = 250;
/** The product's own; the others are copies of them. */
const FIRST_OFFERS = 50;
/** Whatever the history: what is under way depends on the rate, and not on the past. */
const OPEN = 20;
const ACCOUNTS = 50;
const SPAN_HOURS = 60 * 24;
/** As the product forgets them (activities/upkeep/hold-tidy.ts), with room for a run of ours. */
const KEYS_HOURS = 23;
const SENT_HOURS = 29 * 24;
const STOCK = 1_000_000_000;
const FILL_POOL = 4;
const FILL_TIMEOUT_MS = 120_000;
const CATEGORIES = 12;
const SELLERS = 60;
const DEEP_MINOR = 10n ** 14n;
const CONTEXT = { actor: 'bench', source: 'bench', correlationId: 'bench' };
const RELAYED = 200;

export const partnerId = (index: number): string =>
  `00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`;

const OF_PURCHASES = `t.trade_id IS NOT NULL OR t.kind = 'CAPTURE'`;

/** Every table that a purchase writes; test/bench/scale.test.ts compares it with the schema. */
export const WL_HISTORY: readonly Copied[] = [
  { table: 'trade', ids: ['trade_id', 'hold_id'] },
  { table: 'trade_transition', ids: ['trade_id'] },
  { table: 'hold', ids: ['hold_id'], set: { trade_id: tradeText('t.trade_id') } },
  { table: 'hold_transition', ids: ['hold_id'] },
  {
    table: 'posting',
    serial: 'transaction_id',
    where: `EXISTS (SELECT FROM ledger_transaction AS own
      WHERE own.transaction_id = t.transaction_id
        AND (own.trade_id IS NOT NULL OR own.kind = 'CAPTURE'))`,
  },
  {
    table: 'ledger_transaction',
    ids: ['trade_id'],
    serial: 'transaction_id',
    set: { key: `t.key || '/' || k` },
    where: OF_PURCHASES,
  },
  {
    table: 'exposure_journal',
    serial: 'entry_id',
    set: { reference: tradeText('t.reference') },
  },
  {
    table: 'stock_journal',
    serial: 'entry_id',
    set: { reference: tradeText('t.reference') },
    where: `t.kind = 'HOLD'`,
  },
  {
    table: 'idempotency_key',
    set: { key: `t.key || '/' || k`, subject_id: tradeText('t.subject_id') },
    where: `t.route LIKE 'POST %'`,
    keptHours: KEYS_HOURS,
  },
  { table: 'outbox', ids: ['event_id'], where: 't.sent_at IS NOT NULL', keptHours: SENT_HOURS },
];

function tradeText(column: string): string {
  return `bench_id(${column}::uuid, k, ms)::text`;
}

/** The first white label, written by the product; the others are copies of its database. */
export async function makeBase(server: Server): Promise<void> {
  const url = server.urlFor(WL_BASE.name);
  await server.admin.query(`CREATE DATABASE ${WL_BASE.name}`);
  await migrate(url, WL_MIGRATIONS);
  await writeTemplates(url, { offers: WL_BASE.offers, purchases: TEMPLATES });
}

/** Partners, members, offers and purchases of a migrated database, all of them by the product. */
export async function writeTemplates(
  url: string,
  { offers, purchases }: { readonly offers: number; readonly purchases: number },
): Promise<void> {
  const pool = fillPool(url);
  const db = createDatabase<WlTables>(pool);
  await meetPartners(db, WL_BASE.pairs);
  await openAccounts(db);
  for (let n = 0; n < FIRST_OFFERS; n += 1) {
    await createOffer(db, { offerId: offerId(n), ...offerFacts(n) }, CONTEXT);
  }
  await offerMore(pool, db, { from: FIRST_OFFERS, to: offers });
  const books = await readBooks(pool, db);
  for (let n = 0; n < purchases; n += 1) await runOne(books, n);
  await sendAll(db);
  await pool.end();
}

async function sendAll(db: Books['db']): Promise<void> {
  for (;;) {
    const rows = await nextUnsent(db, RELAYED);
    if (rows.length === 0) break;
    await markSent(
      db,
      rows.map(({ event_id: eventId }) => ({ eventId, result: 'ACCEPTED' })),
    );
  }
}

/** The n-th of 250, the kinds spread over all of them. */
async function runOne(books: Books, n: number): Promise<void> {
  let place = (n * 97) % TEMPLATES;
  for (const { count, run } of MIXTURE) {
    if (place < count) return run(books, n);
    place -= count;
  }
}

/** A white label of that size. */
export async function makeWl(
  server: Server,
  size: WlSize,
  progress: (text: string) => void,
): Promise<void> {
  if (size.name !== WL_BASE.name) await cloneDatabase(server, WL_BASE.name, size.name);
  const url = server.urlFor(size.name);
  const pool = fillPool(url);
  const db = createDatabase<WlTables>(pool);
  if (size.pairs > WL_BASE.pairs) await meetPartners(db, size.pairs);
  if (size.offers > WL_BASE.offers) {
    await offerMore(pool, db, { from: WL_BASE.offers, to: size.offers });
  }
  await sendAll(db);
  const filler = await connect(url);
  await multiply(filler, WL_HISTORY, {
    copies: size.trades / TEMPLATES - 1,
    spanHours: SPAN_HOURS,
    progress: (text) => progress(`${size.name}: ${text}`),
  });
  const books = await readBooks(pool, db);
  for (let n = 0; n < OPEN; n += 1) {
    const open = nextPurchase(books, TEMPLATES + n);
    await request(books, open);
    await reserve(books, open);
    await fund(books, open);
  }
  // What autovacuum does within a minute of such a load.
  await filler.query('VACUUM (ANALYZE)');
  await filler.end();
  await pool.end();
}

export async function readBooks(pool: pg.Pool, db: Books['db']): Promise<Books> {
  const column = async (text: string): Promise<string[]> =>
    (await pool.query<{ value: string }>(text)).rows.map(({ value }) => value);
  return {
    db,
    partners: await column(
      `SELECT dst AS value FROM relationship WHERE src = '${OWN.wlId}' ORDER BY dst`,
    ),
    accounts: await column('SELECT account_id AS value FROM account ORDER BY account_id'),
    offers: await column('SELECT offer_id AS value FROM offer ORDER BY offer_id'),
    imported: await column(
      `SELECT offer_id AS value FROM imported_offer WHERE exporter = '${partnerId(0)}'
        ORDER BY offer_id`,
    ),
  };
}

function fillPool(url: string): pg.Pool {
  return createPool({
    ...{ url, size: FILL_POOL, applicationName: 'bench-fill', onError: () => undefined },
    statementTimeoutMs: FILL_TIMEOUT_MS,
  });
}

const offerId = (n: number): string => String(n).padStart(8, '0');

function offerFacts(n: number) {
  return {
    title: `Curso de violão ${n}`,
    category: { id: String(n % CATEGORIES), name: `Categoria ${n % CATEGORIES}` },
    entity: { id: `loja-${n % SELLERS}`, name: `Loja ${n % SELLERS}` },
    ...{ unitPriceMinor: PRICE, currency: OWN.currency, available: STOCK },
    status: 'ENABLED' as const,
  };
}

/** As many offers of the first partner as this one has itself. */
export function listing(count: number): ListedOffer[] {
  return Array.from({ length: count }, (_, n) => {
    const { title, category, entity } = offerFacts(n);
    return {
      ...{ originOfferId: offerId(n), title, category, entity, unitPrice: PRICE },
      ...{ currency: PARTNER_CURRENCY, available: 50 },
    };
  });
}

/** Copies of the offers that are there, and as many imported ones. */
async function offerMore(
  pool: pg.Pool,
  db: Books['db'],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  await pool.query(
    `INSERT INTO offer (offer_id, title, category_id, entity_id, unit_price_minor, currency,
            stock, status, created_at, updated_at)
     SELECT lpad(n::text, 8, '0'), title || ' ' || n, category_id, entity_id, unit_price_minor,
            currency, stock, status, created_at, updated_at
       FROM offer, LATERAL generate_series(offer_id::integer + $1::integer, $2::integer - 1,
            $1::integer) AS n`,
    [from, to],
  );
  await applyOfferSync(db, OWN, partnerId(0), listing(to));
}

/** Trade in both directions with each of them. */
export function documentOf(pairs: number) {
  const ids = Array.from({ length: pairs }, (_, index) => partnerId(index));
  const terms = { limitAmount: '100000000000.00', approval: AUTO } as const;
  return pullDocument({
    wlId: OWN.wlId,
    relationships: ids.flatMap((id) => [
      pulledRelationship({ ...terms, src: OWN.wlId, dst: id, velocity: VELOCITY }),
      pulledRelationship({ ...terms, src: id, dst: OWN.wlId, fxRate: '1.23456789' }),
    ]),
    partners: ids.map((wlId) => ({
      ...{ wlId, name: `Mercado ${wlId.at(-1)}`, currency: PARTNER_CURRENCY },
      peerUrl: `https://${wlId}.example`,
    })),
  });
}

const AUTO = { mode: 'AUTO', aboveAmount: '0.00' } as const;
/** Never reached, and summed up by every preflight all the same. */
const VELOCITY = { maxAmount: '100000000000.00', windowSeconds: 600 };

async function meetPartners(db: Books['db'], pairs: number): Promise<void> {
  await applyPullDocument(db, documentOf(pairs), { ...OWN, correlationId: 'bench' });
}

const KEY_BYTES = 32;

async function openAccounts(db: Books['db']): Promise<void> {
  const key = (): Buffer => randomBytes(KEY_BYTES);
  const sealer = createSealer([{ id: 'k1', key: key() }], key());
  for (let n = 0; n < ACCOUNTS; n += 1) {
    const account = { name: `Member ${n}`, email: `m${n}@bench.example`, buyOffer: true };
    const { accountId } = await createAccount(db, sealer, account, CONTEXT);
    for (const currency of [OWN.currency, COMMISSION_CURRENCY]) {
      const credit = { accountId, currency, amountMinor: minor(DEEP_MINOR), note: 'bench' };
      const keyed = { key: currency, fingerprint: 'bench' };
      await creditAccount(db, { ...credit, ...keyed }, CONTEXT);
    }
  }
}
