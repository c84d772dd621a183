import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { formatMinor, minor } from '../../domain/shared/money.ts';
import { checkStack } from '../invariants.ts';
import { CP, EXPORTER, IMPORTER } from '../parties.ts';
import { openCheckout } from './buyers.ts';
import type { Checkout } from './buyers.ts';
import { describeEntries } from './client-log.ts';
import type { ClientEntry } from './client-log.ts';
import { openAccounts, putUpOffers } from './market.ts';
import type { Buyer } from './market.ts';
import type { DrillOptions } from './options.ts';
import { waitForQuiet } from './quiet.ts';
import { widenLimit } from './relationship.ts';
import { openStage } from './stage.ts';
import type { Stage } from './stage.ts';

const AT_ONCE = 50;
const UNITS = 3;
const HEADROOM = 7;
const UNIT_MINOR = 2_500n;
const ONE_MINOR = 1n;

/** Nothing here is about time: what is looked at is who wins, however long it takes. */
const ENV = {
  BUY_DEADLINE_MS: '30000',
  PREFLIGHT_TIMEOUT_MS: '10000',
  CONFIRM_TIMEOUT_MS: '10000',
  BULKHEAD_CALLS: '64',
  BREAKER_FAILURES: '1000',
  HOLDS_PER_BUYER: '1000',
  HOLDS_PER_IMPORTER: '5000',
  RATE_LIMIT_BUY: '100000/60',
};
const CLIENT_TIMEOUT_MS = 40_000;

interface Scene {
  readonly stage: Stage;
  readonly checkout: Checkout;
  readonly buyers: readonly Buyer[];
}

/** One key at once, the last units at once, the last headroom at once. */
export async function drillConcurrency(_options: DrillOptions): Promise<boolean> {
  const stage = await openStage({ name: 'concurrency', env: ENV });
  const { checkout, close } = openCheckout(stage, CLIENT_TIMEOUT_MS);
  try {
    const work = async (): Promise<boolean> => {
      await widenLimit(stage, '90000000.00');
      const scene = { stage, checkout, buyers: await openAccounts(stage, AT_ONCE) };
      const results = [
        await sameKey(scene),
        await lastUnits(scene),
        await lastHeadroom(scene, 0n),
        await lastHeadroom(scene, UNIT_MINOR - ONE_MINOR),
        await waitForQuiet(stage),
        await checkStack(stage.stack, stage.progress),
      ];
      return results.every(Boolean);
    };
    return await Promise.race([work(), stage.broken]);
  } finally {
    await close();
    await stage.close();
  }
}

/** The same buy 50 times at once with one key: one trade, one debit, 50 answers naming it. */
async function sameKey({ stage, checkout, buyers }: Scene): Promise<boolean> {
  const [buyer] = buyers;
  const [offer] = await putUpOffers(stage, [{ unitPrice: '25.00', available: AT_ONCE, count: 1 }]);
  if (buyer === undefined || offer === undefined) throw new Error('the scene is not set');
  const order = { buyer, offerId: offer.offerId, key: randomUUID() };
  const entries = await Promise.all(Array.from({ length: AT_ONCE }, () => checkout(order)));
  const named = new Set(entries.map(({ tradeId }) => tradeId));
  const { rows } = await sql<{ trades: number; debits: number; captures: number }>`
    SELECT (SELECT count(*)::integer FROM trade WHERE account_id = ${buyer.accountId}) AS trades,
           count(*)::integer AS debits FROM ledger_transaction
     WHERE kind = 'FUND' AND trade_id IN (
       SELECT trade_id FROM trade WHERE account_id = ${buyer.accountId})`.execute(stage.importer);
  const { trades = 0, debits = 0 } = rows[0] ?? {};
  const captured = await countHolds(stage, offer.originOfferId, 'CAPTURED');
  stage.say(
    `one key, ${AT_ONCE} at once: ${describeEntries(entries)}; ${named.size} trade named, ` +
      `${trades} trade, ${debits} debit, ${captured} captured`,
  );
  return (
    entries.every(isConfirmed) &&
    [named.size, trades, debits, captured].every((count) => count === 1)
  );
}

function isConfirmed({ status }: ClientEntry): boolean {
  return status === 'CONFIRMED';
}

/** 50 buyers for the last 3 units: 3 confirm, the others are told that it is sold out. */
async function lastUnits({ stage, checkout, buyers }: Scene): Promise<boolean> {
  const [offer] = await putUpOffers(stage, [{ unitPrice: '25.00', available: UNITS, count: 1 }]);
  if (offer === undefined) throw new Error('the scene is not set');
  const entries = await Promise.all(
    buyers.map((buyer) => checkout({ buyer, offerId: offer.offerId, key: randomUUID() })),
  );
  const captured = await countHolds(stage, offer.originOfferId, 'CAPTURED');
  stage.say(
    `${AT_ONCE} buyers for ${UNITS} units: ${describeEntries(entries)}; ${captured} captured`,
  );
  const soldOut = entries.filter(({ reason }) => reason === 'OUT_OF_STOCK').length;
  const confirmed = entries.filter(isConfirmed).length;
  return confirmed === UNITS && captured === UNITS && soldOut === AT_ONCE - UNITS;
}

/** 50 holds at once against headroom for 7 and `extra`, which is less than one more. */
async function lastHeadroom({ stage }: Scene, extra: bigint): Promise<boolean> {
  const unitPrice = formatMinor(minor(UNIT_MINOR));
  const [offer] = await putUpOffers(stage, [{ unitPrice, available: 1_000, count: 1 }]);
  if (offer === undefined) throw new Error('the scene is not set');
  const { originOfferId } = offer;
  const limit = (await readExposure(stage)) + UNIT_MINOR * BigInt(HEADROOM) + extra;
  await widenLimit(stage, formatMinor(minor(limit)));
  const tradeIds = Array.from({ length: AT_ONCE }, () => randomUUID());
  const answers = await holdAll(stage, tradeIds, { originOfferId, unitPrice });
  const held = answers.filter(({ status }) => status === 'HELD').length;
  const refused = answers.filter(({ reason }) => reason === 'LIMIT_EXCEEDED').length;
  const exposure = await readExposure(stage);
  const most = await readMostExposure(stage, originOfferId);
  stage.say(
    `${AT_ONCE} holds against headroom for ${HEADROOM} and ${extra} minor units: ${held} held, ` +
      `${refused} LIMIT_EXCEEDED; exposure ${exposure}, at most ${most}, limit ${limit}`,
  );
  const counted = await countHolds(stage, originOfferId, 'HELD');
  await cancelAll(stage, tradeIds);
  await widenLimit(stage, '90000000.00');
  const isExact = held === HEADROOM && counted === HEADROOM && refused === AT_ONCE - HEADROOM;
  return isExact && exposure <= limit && most <= limit;
}

interface TraderBody {
  readonly status?: string;
  readonly reason?: string;
}

async function holdAll(
  stage: Stage,
  tradeIds: readonly string[],
  { originOfferId, unitPrice }: { readonly originOfferId: string; readonly unitPrice: string },
): Promise<TraderBody[]> {
  const { token } = await stage.stack
    .web(CP, 'importer')
    .need<{ token: string }>(`/wls/${IMPORTER.wlId}/peer-token`, {
      method: 'POST',
      body: { targetWlId: EXPORTER.wlId, scopes: ['trader:purchase'] },
    });
  const web = stage.stack.web(EXPORTER, 'importer');
  return Promise.all(
    tradeIds.map((tradeId) =>
      web.need<TraderBody>('/api/v2/trader/purchase/preflight', {
        method: 'POST',
        bearer: token,
        body: {
          tradeId,
          requesterWlId: IMPORTER.wlId,
          requesterTraderId: 'drill',
          buyerRef: `drill-${tradeId}`,
          originOfferId,
          expectedUnitPrice: unitPrice,
          quantity: 1,
          clientBuyerMasked: 'dr***@xpory.local',
        },
      }),
    ),
  );
}

async function cancelAll(stage: Stage, tradeIds: readonly string[]): Promise<void> {
  const web = stage.stack.web(EXPORTER, 'importer');
  for (const tradeId of tradeIds) {
    await web.need(`/api/v2/trader/purchases/${tradeId}/cancel`, { method: 'POST', body: {} });
  }
}

async function readExposure({ exporter }: Stage): Promise<bigint> {
  const { rows } = await sql<{ exposure: bigint }>`
    SELECT exposure_minor AS exposure FROM pair WHERE partner = ${IMPORTER.wlId}`.execute(exporter);
  return rows[0]?.exposure ?? 0n;
}

/** The highest that the journal ever saw while this offer was held. */
async function readMostExposure({ exporter }: Stage, originOfferId: string): Promise<bigint> {
  const { rows } = await sql<{ most: bigint | null }>`
    SELECT max(exposure_minor) AS most FROM exposure_journal
     WHERE partner = ${IMPORTER.wlId} AND reference IN (
       SELECT hold_id::text FROM hold WHERE offer_id = ${originOfferId})`.execute(exporter);
  return rows[0]?.most ?? 0n;
}

async function countHolds({ exporter }: Stage, offerId: string, state: string): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    SELECT count(*) FROM hold WHERE offer_id = ${offerId} AND state = ${state}`.execute(exporter);
  return Number(rows[0]?.count);
}
