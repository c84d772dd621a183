import type { Kysely } from 'kysely';
import { creditAccount, createAccount } from '../../db/wl/accounts.ts';
import { cancelHold } from '../../db/wl/holds/cancel.ts';
import { confirmHold } from '../../db/wl/holds/confirm.ts';
import { decideHold } from '../../db/wl/holds/decide.ts';
import { preflight, type ExporterSettings } from '../../db/wl/holds/preflight.ts';
import { reverseHold } from '../../db/wl/holds/reverse.ts';
import { applyOfferSync } from '../../db/wl/imported-offers.ts';
import { createOffer } from '../../db/wl/offers.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { applySettlements } from '../../db/wl/settlements.ts';
import { confirmOverride, requestOverride } from '../../db/wl/trades/override.ts';
import { requestPurchase } from '../../db/wl/trades/request.ts';
import { beginReversal, finishReversal } from '../../db/wl/trades/reversal.ts';
import {
  awaitApproval,
  fundTrade,
  markUncertain,
  parkTrade,
  refundTrade,
  rejectTrade,
  settleTrade,
} from '../../db/wl/trades/steps.ts';
import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import { minor } from '../../domain/shared/money.ts';
import { testSealer } from '../wl/database.ts';
import { EXPORTER, IMPORTER, pullDocument, pulledRelationship } from '../wl/documents.ts';

/** The trades of the market, one for each way that a purchase can end. */
export const TRADES = {
  confirmed: 'a0000000-0000-4000-8000-000000000001',
  approved: 'a0000000-0000-4000-8000-000000000002',
  refused: 'a0000000-0000-4000-8000-000000000003',
  poor: 'a0000000-0000-4000-8000-000000000004',
  cancelled: 'a0000000-0000-4000-8000-000000000005',
  reversed: 'a0000000-0000-4000-8000-000000000006',
  parked: 'a0000000-0000-4000-8000-000000000007',
  overridden: 'a0000000-0000-4000-8000-000000000008',
} as const;

/** Of 100.00 XEX, paid and received. */
export const SETTLEMENT = 'a0000000-0000-4000-8000-000000000009';

/** At this rate the unit price of 80.00 is rounded (RULES.md 1). */
const FX_RATE = '1.23456789';
const PRICES = { cheap: 80_00n, dear: 1_200_00n };
const CONTEXT = { actor: 'test', source: 'test', correlationId: 'market' };
const SETTINGS: ExporterSettings = {
  wlId: EXPORTER,
  currency: 'XEX',
  holdTtlSeconds: 90,
  approvalTtlSeconds: 86_400,
  holdsPerImporter: 500,
  holdsPerBuyer: 5,
};

interface Market {
  readonly exporter: Kysely<WlTables>;
  readonly importer: Kysely<WlTables>;
}

interface Wish {
  readonly tradeId: string;
  readonly offer: keyof typeof PRICES;
  readonly quantity: number;
}

/** Two WLs that have traded in every way, built by the functions that trade in earnest. */
export async function trade(market: Market): Promise<void> {
  await govern(market);
  await stock(market);
  await confirmed(market, { tradeId: TRADES.confirmed, offer: 'cheap', quantity: 3 });
  await approved(market);
  await refused(market);
  await request(market, { tradeId: TRADES.poor, offer: 'dear', quantity: 400 });
  await cancelled(market);
  await reversed(market);
  await parked(market);
  await overridden(market);
  await settled(market);
}

async function govern({ exporter, importer }: Market): Promise<void> {
  const relationships = [pulledRelationship({ fxRate: FX_RATE })];
  for (const [db, wlId, currency] of [
    [exporter, EXPORTER, 'XEX'],
    [importer, IMPORTER, 'XIM'],
  ] as const) {
    const document = pullDocument({ wlId, relationships });
    await applyPullDocument(db, document, { wlId, currency, correlationId: 'market' });
  }
}

async function stock({ exporter, importer }: Market): Promise<void> {
  const listed = [];
  for (const [offerId, unitPrice] of Object.entries(PRICES)) {
    const [category, entity] = [
      { id: '7', name: 'Moda' },
      { id: 'e1', name: 'Loja' },
    ];
    const offer = { offerId, title: offerId, category, entity, unitPriceMinor: unitPrice };
    const rest = { currency: 'XEX', available: 500, status: 'ENABLED' as const };
    await createOffer(exporter, { ...offer, ...rest }, CONTEXT);
    listed.push({
      originOfferId: offerId,
      title: offerId,
      category,
      entity,
      unitPrice: minor(unitPrice),
      currency: 'XEX',
      available: 500,
    });
  }
  await applyOfferSync(importer, { wlId: IMPORTER, currency: 'XIM' }, EXPORTER, listed);
  const account = { name: 'Buyer', buyOffer: true, accountId: '8780' };
  await createAccount(importer, testSealer('market'), account, CONTEXT);
  for (const currency of ['XIM', 'BRL']) {
    const credit = { accountId: '8780', currency, amountMinor: 50_000_00n, note: 'start' };
    await creditAccount(importer, { ...credit, key: currency, fingerprint: currency }, CONTEXT);
  }
}

async function request({ importer }: Market, { tradeId, offer, quantity }: Wish): Promise<void> {
  const row = await importer
    .selectFrom('imported_offer')
    .select('offer_id')
    .where('origin_offer_id', '=', offer)
    .executeTakeFirstOrThrow();
  await requestPurchase(importer, {
    wlId: IMPORTER,
    tradeId,
    accountId: '8780',
    offerId: row.offer_id,
    quantity,
    route: 'checkout',
    coolDownSeconds: 0,
    correlationId: tradeId,
  });
}

async function hold({ exporter }: Market, wish: Wish): Promise<TraderAnswer> {
  return preflight(exporter, SETTINGS, {
    requester: IMPORTER,
    tradeId: wish.tradeId,
    originOfferId: wish.offer,
    expectedUnitPrice: minor(PRICES[wish.offer]),
    quantity: wish.quantity,
    requesterTraderId: 'trader',
    buyerMasked: 'qa***',
    correlationId: wish.tradeId,
  });
}

async function funded(market: Market, wish: Wish): Promise<string> {
  await request(market, wish);
  const { holdId = '' } = await hold(market, wish);
  await fundTrade(market.importer, { tradeId: wish.tradeId, holdId });
  return holdId;
}

async function capture(market: Market, wish: Wish, holdId: string): Promise<TraderAnswer> {
  return confirmHold(market.exporter, SETTINGS, {
    requester: IMPORTER,
    tradeId: wish.tradeId,
    holdId,
    quantity: wish.quantity,
    unitPrice: minor(PRICES[wish.offer]),
    correlationId: wish.tradeId,
  });
}

async function confirmed(market: Market, wish: Wish): Promise<void> {
  const answer = await capture(market, wish, await funded(market, wish));
  await settleTrade(market.importer, wish.tradeId, answer);
}

async function approved(market: Market): Promise<void> {
  const wish = { tradeId: TRADES.approved, offer: 'dear', quantity: 1 } as const;
  const pending = await capture(market, wish, await funded(market, wish));
  await awaitApproval(market.importer, wish.tradeId, pending);
  const decided = await decideHold(market.exporter, {
    wlId: EXPORTER,
    tradeId: wish.tradeId,
    decision: 'APPROVE',
    note: 'fine',
    actor: 'operator',
    correlationId: wish.tradeId,
  });
  if (!decided.ok) throw new Error(decided.code);
  await settleTrade(market.importer, wish.tradeId, decided.value.answer);
}

async function refused(market: Market): Promise<void> {
  const wish = { tradeId: TRADES.refused, offer: 'cheap', quantity: 499 } as const;
  await request(market, { ...wish, quantity: 2 });
  const answer = await hold(market, wish);
  const reason = answer.reason ?? 'CANCELLED';
  await rejectTrade(market.importer, wish.tradeId, { reason, cancelDue: false });
}

async function cancelled(market: Market): Promise<void> {
  const wish = { tradeId: TRADES.cancelled, offer: 'cheap', quantity: 1 } as const;
  await funded(market, wish);
  const { exporter, importer } = market;
  const cancel = { requester: IMPORTER, tradeId: wish.tradeId, correlationId: wish.tradeId };
  const answer = await cancelHold(exporter, SETTINGS, cancel);
  await refundTrade(importer, wish.tradeId, { reason: 'CANCELLED', answer });
}

async function reversed(market: Market): Promise<void> {
  const tradeId = TRADES.reversed;
  await confirmed(market, { tradeId, offer: 'cheap', quantity: 2 });
  await beginReversal(market.importer, {
    tradeId,
    reason: 'broken',
    actor: 'support',
    correlationId: tradeId,
    key: { value: 'reverse', fingerprint: 'reverse', route: 'reverse' },
  });
  const reversal = { requester: IMPORTER, tradeId, reason: 'broken', correlationId: tradeId };
  await reverseHold(market.exporter, reversal);
  await finishReversal(market.importer, tradeId);
}

async function parked(market: Market): Promise<void> {
  const wish = { tradeId: TRADES.parked, offer: 'cheap', quantity: 1 } as const;
  const answer = await capture(market, wish, await funded(market, wish));
  await markUncertain(market.importer, wish.tradeId);
  await parkTrade(market.importer, wish.tradeId, 'UNRESOLVED');
  await settleTrade(market.importer, wish.tradeId, answer);
}

/** Two people gave the buyer the money back though the exporter had captured. */
async function overridden(market: Market): Promise<void> {
  const tradeId = TRADES.overridden;
  const wish = { tradeId, offer: 'cheap', quantity: 4 } as const;
  const answer = await capture(market, wish, await funded(market, wish));
  await parkTrade(market.importer, tradeId, 'TERMS_DIFFER', answer);
  await requestOverride(market.importer, {
    tradeId,
    outcome: 'COMPENSATED',
    reason: 'goodwill',
    requestedBy: 'one',
    correlationId: tradeId,
  });
  const second = { tradeId, confirmedBy: 'two', correlationId: tradeId, answer };
  const done = await confirmOverride(market.importer, second);
  if (!done.ok) throw new Error(done.code);
}

async function settled({ exporter, importer }: Market): Promise<void> {
  const settlement = {
    ...{ number: '1', id: SETTLEMENT, src: EXPORTER, dst: IMPORTER },
    ...{ amount: '100.00', rate: FX_RATE },
  };
  const correlationId = SETTLEMENT;
  await applySettlements(importer, [settlement], {
    ...{ wlId: IMPORTER, currency: 'XIM', correlationId },
  });
  await applySettlements(exporter, [settlement], {
    ...{ wlId: EXPORTER, currency: 'XEX', correlationId },
  });
}
