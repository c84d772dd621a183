import { randomUUIDv7 } from 'node:crypto';
import { type Kysely } from 'kysely';
import { confirmHold } from '../../db/wl/holds/confirm.ts';
import { preflight, type ExporterSettings } from '../../db/wl/holds/preflight.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { requestPurchase } from '../../db/wl/trades/request.ts';
import { fundTrade, rejectTrade, settleTrade } from '../../db/wl/trades/steps.ts';
import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import { minor } from '../../domain/shared/money.ts';

/** A white label that buys and sells: both books of every purchase stand in its one database. */
export interface Books {
  readonly db: Kysely<WlTables>;
  readonly partners: readonly string[];
  readonly accounts: readonly string[];
  /** Of its own marketplace, which partners buy. */
  readonly offers: readonly string[];
  /** Of its partners, which its members buy. */
  readonly imported: readonly string[];
}

export const OWN = { wlId: '00000000-0000-4000-8000-000000000000', currency: 'XOW' };
export const PARTNER_CURRENCY = 'XPA';
export const PRICE = minor(8_000n);
export const SETTINGS: ExporterSettings = {
  ...OWN,
  holdTtlSeconds: 90,
  approvalTtlSeconds: 86_400,
  holdsPerImporter: 500,
  holdsPerBuyer: 5,
};
const COOL_DOWN_SECONDS = 60;

/** One purchase of a member here, and one of a partner's member here, under the same trade id. */
export interface Purchase {
  readonly tradeId: string;
  readonly partner: string;
  readonly account: string;
  readonly offer: string;
  readonly importedOffer: string;
  hold?: TraderAnswer;
  answer?: TraderAnswer;
}

const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('an empty list has no element');
  return found;
};

/** Strides that share no factor with the sizes: each purchase meets other rows than the last. */
const STRIDE = 7_919;

export function nextPurchase(books: Books, n: number): Purchase {
  return {
    tradeId: randomUUIDv7(),
    partner: at(books.partners, n),
    account: at(books.accounts, n),
    offer: at(books.offers, n * STRIDE),
    importedOffer: at(books.imported, n * STRIDE),
  };
}

export async function request({ db }: Books, purchase: Purchase, quantity = 1): Promise<void> {
  const { tradeId, account, importedOffer } = purchase;
  const outcome = await requestPurchase(db, {
    ...{ wlId: OWN.wlId, tradeId, accountId: account, offerId: importedOffer, quantity },
    route: 'POST /api/v1/buy-offer',
    key: { value: tradeId, fingerprint: tradeId.padEnd(64, '0') },
    coolDownSeconds: COOL_DOWN_SECONDS,
    correlationId: `bench-${tradeId}`,
  });
  const expected = quantity === 1 ? 'REQUESTED' : 'REFUSED';
  if (outcome.kind !== expected) throw new Error(`a request was answered ${outcome.kind}`);
}

export async function reserve(
  { db }: Books,
  purchase: Purchase,
  price: bigint = PRICE,
): Promise<TraderAnswer> {
  const { tradeId, partner, account, offer } = purchase;
  purchase.hold = await preflight(db, SETTINGS, {
    ...{ requester: partner, tradeId, originOfferId: offer, quantity: 1 },
    ...{ expectedUnitPrice: minor(price), requesterTraderId: 'bench', buyerRef: account },
    ...{ buyerMasked: 'b***@bench.example', correlationId: `bench-${tradeId}` },
  });
  return purchase.hold;
}

export async function fund({ db }: Books, { tradeId, hold }: Purchase): Promise<void> {
  const row = await fundTrade(db, { tradeId, holdId: hold?.holdId ?? '' });
  if (row.state !== 'FUNDED') throw new Error(`a purchase is ${row.state} after it was funded`);
}

export async function confirm({ db }: Books, purchase: Purchase): Promise<void> {
  const { tradeId, partner, hold } = purchase;
  purchase.answer = await confirmHold(db, SETTINGS, {
    ...{ requester: partner, tradeId, holdId: hold?.holdId ?? '', quantity: 1 },
    ...{ unitPrice: PRICE, correlationId: `bench-${tradeId}` },
  });
  if (purchase.answer.status !== 'CONFIRMED') throw new Error('a hold was not captured');
}

export async function settle({ db }: Books, { tradeId, answer }: Purchase): Promise<void> {
  if (answer === undefined) throw new Error('what was not confirmed is not settled');
  const row = await settleTrade(db, tradeId, answer);
  if (row.state !== 'CONFIRMED') throw new Error(`a purchase is ${row.state} in the end`);
}

/** What both books write of a purchase that goes well. */
export async function buy(books: Books, n: number): Promise<void> {
  const purchase = nextPurchase(books, n);
  await request(books, purchase);
  await reserve(books, purchase);
  await fund(books, purchase);
  await confirm(books, purchase);
  await settle(books, purchase);
}

/** The exporter's price is another one by now. */
export async function buyRefused(books: Books, n: number): Promise<void> {
  const purchase = nextPurchase(books, n);
  await request(books, purchase);
  const { status, reason } = await reserve(books, purchase, PRICE + 1n);
  if (status !== 'REJECTED' || reason === undefined) throw new Error('a price was not refused');
  await rejectTrade(books.db, purchase.tradeId, { reason, cancelDue: false });
}

/** Nobody has so much: a trade that is born refused. */
export async function buyTooMuch(books: Books, n: number): Promise<void> {
  await request(books, nextPurchase(books, n), 1_000_000);
}
