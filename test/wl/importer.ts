import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { createAccount, creditAccount } from '../../db/wl/accounts.ts';
import { applyOfferSync } from '../../db/wl/imported-offers.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import { requestPurchase } from '../../db/wl/trades/request.ts';
import { readTrade, type TradeRow } from '../../db/wl/trades/row.ts';
import { minor } from '../../domain/shared/money.ts';
import { testSealer, type TestWl } from './database.ts';
import { EXPORTER, IMPORTER, pullDocument } from './documents.ts';
import { PRICE } from './exporter.ts';

const OWN = { wlId: IMPORTER, currency: 'XIM' };
const CONTEXT = { actor: 'test', source: 'test', correlationId: 'test' };
/** 10,000.00 of each currency: enough for every purchase of a test. */
const FUNDS = 10_000_00n;

/** An importer over a database of its own, with one member who may buy. */
export interface TestImporter {
  readonly wl: TestWl;
  readonly accountId: string;
  /** A trade REQUESTED on the exporter's offer, without a workflow. */
  request(originOfferId: string, quantity?: number): Promise<TradeRow>;
  trade(tradeId: string): Promise<TradeRow>;
  /** Balances of the member, by currency. */
  funds(): Promise<Record<string, bigint>>;
  moveClock(seconds: number): Promise<void>;
}

/** Pulls the policies and gives a member its money. */
export async function createImporter(wl: TestWl): Promise<TestImporter> {
  const { db } = wl;
  await applyPullDocument(db, pullDocument(), { ...OWN, correlationId: 'test' });
  const member = { name: 'Ana', buyOffer: true };
  const { accountId } = await createAccount(db, testSealer('k1'), member, CONTEXT);
  for (const currency of ['XIM', 'BRL']) {
    const credit = { accountId, currency, amountMinor: FUNDS, note: 'test' };
    await creditAccount(db, { ...credit, key: currency, fingerprint: currency }, CONTEXT);
  }
  const listed = new Map<string, object>();
  return {
    ...{ wl, accountId },
    async request(originOfferId, quantity = 1) {
      listed.set(originOfferId, {});
      await sync(wl, [...listed.keys()]);
      return ask(wl, { accountId, originOfferId, quantity });
    },
    async trade(tradeId) {
      const row = await readTrade(db, tradeId);
      if (row === undefined) throw new Error(`no trade ${tradeId}`);
      return row;
    },
    async funds() {
      const { rows } = await sql<{ currency: string; amount: bigint }>`
        SELECT currency, amount_minor AS amount FROM balance
         WHERE account = ${`member:${accountId}`}`.execute(db);
      return Object.fromEntries(rows.map(({ currency, amount }) => [currency, amount]));
    },
    async moveClock(seconds) {
      await sql`UPDATE clock_offset SET offset_ms = offset_ms + ${seconds * 1_000}::bigint`.execute(
        db,
      );
    },
  };
}

async function sync({ db }: TestWl, originOfferIds: readonly string[]): Promise<void> {
  const offers = originOfferIds.map((originOfferId) => ({
    originOfferId,
    title: 'Diária em hotel na serra',
    category: { id: '7', name: 'Turismo' },
    entity: { id: 'e1', name: 'Hotel da Serra' },
    unitPrice: minor(PRICE),
    currency: 'XEX',
    available: 20,
  }));
  await applyOfferSync(db, OWN, EXPORTER, offers);
}

interface Wish {
  readonly accountId: string;
  readonly originOfferId: string;
  readonly quantity: number;
}

async function ask({ db }: TestWl, wish: Wish): Promise<TradeRow> {
  const { accountId, originOfferId, quantity } = wish;
  const { offer_id: offerId } = await db
    .selectFrom('imported_offer')
    .select('offer_id')
    .where('origin_offer_id', '=', originOfferId)
    .executeTakeFirstOrThrow();
  const outcome = await requestPurchase(db, {
    ...{ wlId: IMPORTER, tradeId: randomUUID(), accountId, offerId, quantity, route: 'test' },
    ...{ coolDownSeconds: 60, correlationId: randomUUID() },
  });
  if (outcome.kind !== 'REQUESTED') throw new Error(JSON.stringify(outcome.kind));
  return outcome.trade;
}
