import { randomUUID } from 'node:crypto';
import { updateOffer, type OfferPatch } from '../../../db/wl/offers.ts';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import type { RefusalCode } from '../../../domain/shared/codes.ts';
import { gate, answering, rewritten } from '../../support/fault-proxy.ts';
import type { PurchaseBench, Terms } from '../../support/purchase-bench.ts';
import { EXPORTER, IMPORTER } from '../../wl/documents.ts';
import { bought, requested, type Scenario } from './scenario.ts';

const AT_PREFLIGHT = { state: 'REJECTED', from: 'preflight' } as const;
const CONTEXT = { actor: 'test', source: 'test', correlationId: 'test' };
const OTHER_WL = '11111111-1111-4111-8111-111111111111';
const CENTURY_SECONDS = 3_153_600_000;
const NOBODY = {
  enabled: true,
  include_categories: [],
  exclude_categories: ['7'],
  entity_allowlist: [],
  entity_blocklist: [],
};

/** Refused because of what the exporter's policies and the relationship say. */
const governed = (reason: RefusalCode, terms: Terms): Scenario => ({
  ...AT_PREFLIGHT,
  reason,
  async run(bench) {
    await bench.govern(terms);
    const tradeId = await bought(bench);
    await bench.govern({});
    return tradeId;
  },
});

/** Refused because the exporter's offer has changed since it was imported. */
const changed = (reason: RefusalCode, patch: OfferPatch): Scenario => ({
  ...AT_PREFLIGHT,
  reason,
  async run(bench) {
    const { tradeId, offer } = await requested(bench);
    const { db } = bench.exporter.node.database;
    await updateOffer(db, offer.originOfferId, patch, CONTEXT);
    await bench.start(tradeId);
    await bench.finished(tradeId);
    return tradeId;
  },
});

const byPolicy: readonly Scenario[] = [
  governed('RELATIONSHIP_BLOCKED', { relationship: { status: 'BLOCKED' } }),
  governed('RELATIONSHIP_PAUSED', { relationship: { status: 'PAUSED' } }),
  governed('EXPORT_DISABLED', { policy: { exportEnabled: false } }),
  governed('FEATURE_DISABLED', {
    policy: { features: { import: true, export: false, purchase: true } },
  }),
  governed('NOT_VISIBLE', { policy: { visibilityEnabled: true, visibilityWls: [OTHER_WL] } }),
  governed('EXPORT_DELAYED', { policy: { exportDelaySeconds: CENTURY_SECONDS / 2 } }),
  governed('EXPORT_POLICY_DENIED', { relationship: { export_policy: NOBODY } }),
  governed('VELOCITY_EXCEEDED', {
    relationship: { velocity: { maxAmount: '79.99', windowSeconds: 60 } },
  }),
  governed('LIMIT_EXCEEDED', { relationship: { limitAmount: '0.01' } }),
  changed('PRICE_CHANGED', { unitPriceMinor: 80_01n }),
  changed('OUT_OF_STOCK', { available: 0 }),
  changed('OFFER_DISABLED', { status: 'DISABLED' }),
];

const byRows: readonly Scenario[] = [
  {
    ...AT_PREFLIGHT,
    reason: 'RELATIONSHIP_MISSING',
    async run(bench) {
      const { tradeId } = await requested(bench);
      await dropRelationship(bench);
      await bench.start(tradeId);
      await bench.finished(tradeId);
      await bench.govern({});
      return tradeId;
    },
  },
  {
    ...AT_PREFLIGHT,
    reason: 'SIGNAL_DISABLED',
    async run(bench) {
      await signal(bench, true);
      const tradeId = await bought(bench);
      await signal(bench, false);
      return tradeId;
    },
  },
  {
    ...AT_PREFLIGHT,
    reason: 'OFFER_NOT_FOUND',
    async run(bench) {
      const [buyer, offer] = [await bench.buyer(), await bench.offer()];
      await bench.importer.node.database.db
        .updateTable('imported_offer')
        .set({ origin_offer_id: `gone-${offer.originOfferId}` })
        .where('offer_id', '=', offer.offerId)
        .execute();
      const tradeId = await bench.request(buyer, offer);
      await bench.start(tradeId);
      await bench.finished(tradeId);
      return tradeId;
    },
  },
  {
    ...AT_PREFLIGHT,
    reason: 'HOLDS_TOO_MANY',
    async run(bench) {
      const { tradeId, buyer, offer } = await requested(bench);
      const { exporter, database } = bench.importer.node;
      const buyerRef = database.sealer.index('buyer', buyer.accountId);
      const cap = bench.exporter.settings.holdsPerBuyer;
      const others = Array.from({ length: cap }, () => randomUUID());
      for (const other of others) {
        await exporter.preflight(EXPORTER, {
          ...{ tradeId: other, buyerRef, requesterTraderId: 'importer', quantity: 1 },
          ...{ requesterWlId: IMPORTER, originOfferId: offer.originOfferId },
          ...{ expectedUnitPrice: '80.00', clientBuyerMasked: 'a***' },
        });
      }
      await bench.start(tradeId);
      await bench.finished(tradeId);
      for (const other of others) await exporter.cancel(EXPORTER, other);
      return tradeId;
    },
  },
  {
    ...AT_PREFLIGHT,
    reason: 'CANCELLED',
    async run(bench) {
      const { tradeId } = await requested(bench);
      await bench.importer.node.exporter.cancel(EXPORTER, tradeId);
      await bench.start(tradeId);
      await bench.finished(tradeId);
      return tradeId;
    },
  },
];

const ofGivenHolds: readonly Scenario[] = [
  {
    ...AT_PREFLIGHT,
    reason: 'HOLD_EXPIRED',
    async run(bench) {
      const { originOfferId, ...given } = await givenHold(bench);
      const { holdTtlSeconds } = bench.exporter.settings;
      const tradeId = await bench.request(
        given.buyer,
        { ...given, originOfferId },
        { givenHoldId: given.holdId },
      );
      await bench.moveClock(bench.exporter, holdTtlSeconds);
      await bench.start(tradeId);
      await bench.finished(tradeId);
      await bench.moveClock(bench.exporter, -holdTtlSeconds);
      return tradeId;
    },
  },
  {
    ...AT_PREFLIGHT,
    reason: 'HOLD_TAKEN',
    async run(bench) {
      const given = await givenHold(bench);
      const tradeId = await bench.request(given.buyer, given, { givenHoldId: given.holdId });
      // Another trade of ours binds the hold first.
      await bench.importer.node.exporter.cancel(EXPORTER, randomUUID(), given.holdId);
      await bench.start(tradeId);
      await bench.finished(tradeId);
      return tradeId;
    },
  },
];

const withoutAnswer: readonly Scenario[] = [
  {
    ...AT_PREFLIGHT,
    reason: 'EXPORTER_UNAVAILABLE',
    async run(bench) {
      await bench.network.down();
      const { tradeId } = await requested(bench);
      await bench.start(tradeId);
      await bench.until(tradeId, 'REJECTED');
      await bench.network.up();
      await bench.finished(tradeId);
      return tradeId;
    },
  },
  {
    ...AT_PREFLIGHT,
    reason: 'EXPORTER_UNAVAILABLE',
    variant: 'other-trade',
    async run(bench) {
      const elsewhere = (body: object): object => ({ ...body, tradeId: randomUUID() });
      bench.network.on('preflight', rewritten(elsewhere), 1);
      return bought(bench);
    },
  },
  {
    ...AT_PREFLIGHT,
    reason: 'EXPORTER_UNAVAILABLE',
    variant: 'not-an-answer',
    async run(bench) {
      bench.network.on('preflight', answering(200, { hello: 'world' }), 1);
      return bought(bench);
    },
  },
  {
    ...AT_PREFLIGHT,
    reason: 'ENGINE_UNAVAILABLE',
    async run(bench) {
      await bench.moveClock(bench.importer, -120);
      const { tradeId } = await requested(bench);
      await bench.moveClock(bench.importer, 120);
      await bench.start(tradeId);
      await bench.finished(tradeId);
      return tradeId;
    },
  },
];

const atFunding: Scenario = {
  state: 'REJECTED',
  reason: 'INSUFFICIENT_FUNDS',
  from: 'fund',
  async run(bench) {
    const held = gate('AFTER');
    bench.network.on('preflight', held.fault, 1);
    const [buyer, offer, cheaper] = [
      await bench.buyer(100_00n),
      await bench.offer(),
      await bench.offer({ unitPriceMinor: 50_00n }),
    ];
    const tradeId = await bench.request(buyer, offer);
    await bench.start(tradeId);
    await held.reached;
    const other = await bench.request(buyer, cheaper);
    await bench.start(other);
    await bench.finished(other);
    held.open();
    await bench.finished(tradeId);
    return tradeId;
  },
};

export const REFUSALS: readonly Scenario[] = [
  ...byPolicy,
  ...byRows,
  ...ofGivenHolds,
  ...withoutAnswer,
  atFunding,
];

/** The exporter has never heard of the relationship. */
export async function dropRelationship(bench: PurchaseBench): Promise<void> {
  await bench.exporter.node.database.db.deleteFrom('relationship').execute();
}

async function signal(bench: PurchaseBench, disabled: boolean): Promise<void> {
  await bench.exporter.node.database.db
    .insertInto('pair')
    .values({ partner: IMPORTER, signal_disabled: disabled })
    .onConflict((conflict) => conflict.column('partner').doUpdateSet({ signal_disabled: disabled }))
    .execute();
}

/** A hold that was made for a request id and that no trade has bound yet. */
export async function givenHold(bench: PurchaseBench) {
  const [buyer, offer] = [await bench.buyer(), await bench.offer()];
  const { config, node } = bench.importer;
  const body = {
    ...{ requestId: randomUUID(), requesterWlId: config.wl.id, requesterTraderId: 'importer' },
    ...{ originOfferId: offer.originOfferId, expectedUnitPrice: '80.00', quantity: 1 },
    ...{ clientBuyerMasked: 'a***', buyerRef: buyer.accountId },
  };
  const reply = await node.exporter.preflight(EXPORTER, body as never);
  const answer: TraderAnswer | undefined = reply.kind === 'ANSWER' ? reply.answer : undefined;
  if (answer?.holdId === undefined) throw new Error(JSON.stringify(reply));
  return { buyer, ...offer, holdId: answer.holdId };
}
