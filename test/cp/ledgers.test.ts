import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql, type Kysely } from 'kysely';
import { traderStatus } from '../../domain/purchase/hold.ts';
import { publicStatus } from '../../domain/purchase/trade.ts';
import type { Json } from '../../domain/shared/canonical.ts';
import { formatMinor } from '../../domain/shared/money.ts';
import type { SignedEvent } from '../../domain/telemetry/events.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { beginReversal } from '../../db/wl/trades/reversal.ts';
import { reversalWorkflowId } from '../../workflows/reversal/contract.ts';
import { ANSWERS, PARKED_AND_RESOLVED, type Scenario } from '../purchase/scenarios/index.ts';
import { startPurchaseBench, type PurchaseBench } from '../support/purchase-bench.ts';
import type { WhiteLabel } from '../support/white-label.ts';
import { EXPORTER, IMPORTER, registerBoth, startControlPlane, type Stage } from './stage.ts';
import { eventOf, send, sender, type Sender } from './telemetry/events.ts';

const LONG_MS = 300_000;
const PURCHASES = 40;
const AT_ONCE = 4;
const REVERSED_EACH = 4;
const BATCH = 40;
let bench: PurchaseBench;
let stage: Stage;

beforeAll(async () => {
  [bench, stage] = await Promise.all([startPurchaseBench(), startControlPlane()]);
  await registerBoth(stage);
}, LONG_MS);
afterAll(() => Promise.all([bench.stop(), stage.stop()]), LONG_MS);

/** Buys of one to three units of offers at odd prices, a few at a time; answers what was bought. */
async function buyMany(count: number): Promise<string[]> {
  const buyer = await bench.buyer();
  const bought: string[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, async () => {
      const offer = await bench.offer({ unitPriceMinor: BigInt(randomInt(1, 300_00)) });
      const answer = await bench.buy(buyer, offer, { quantity: randomInt(1, 4) });
      return answer.body as { status: string; tradeId: string };
    });
    for (const { status, tradeId } of await Promise.all(some)) {
      if (status === 'CONFIRMED') bought.push(tradeId);
    }
  }
  return bought;
}

async function reverse(tradeId: string): Promise<void> {
  const { node, temporal } = bench.importer;
  const key = { route: 'reverse', value: tradeId, fingerprint: tradeId };
  const why = { actor: 'operator-1', reason: 'closed', correlationId: 'test' };
  await beginReversal(node.database.db, { tradeId, key, ...why });
  await node.starter.startReversal({ tradeId, exporter: EXPORTER });
  await temporal.client.workflow.getHandle(reversalWorkflowId(tradeId)).result();
}

/** Without what people decided against the exporter's word: that is a mismatch, not a balance. */
const UNDISPUTED = [...ANSWERS, ...PARKED_AND_RESOLVED].filter(
  ({ variant, from }: Scenario) => variant !== 'overridden' && from !== 'override',
);

const dbOf = (party: WhiteLabel): Kysely<WlTables> => party.node.database.db;

/** Everything that a white label has to tell, signed by it. */
async function outboxOf(party: WhiteLabel, as: Sender): Promise<SignedEvent[]> {
  const rows = await dbOf(party).selectFrom('outbox').selectAll().execute();
  return rows.map((row) =>
    eventOf(as, {
      ...{ eventId: row.event_id, type: row.type, correlationId: row.correlation_id },
      occurredAt: row.occurred_at.toISOString(),
      data: row.data as Json,
    }),
  );
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** In any order, a third of them twice, in batches. */
async function tell(as: Sender, events: readonly SignedEvent[]): Promise<void> {
  const twice = events.filter((_event, index) => index % 3 === 0);
  const all = shuffled([...events, ...twice]);
  for (let from = 0; from < all.length; from += BATCH) {
    const results = await send(stage, as, all.slice(from, from + BATCH));
    const bad = results.filter(({ result }) => result === 'QUARANTINED');
    expect(bad).toEqual([]);
  }
}

async function amountOf(party: WhiteLabel, query: ReturnType<typeof sql>): Promise<bigint> {
  const { rows } = await query.execute(dbOf(party));
  return (rows[0] as { amount: bigint } | undefined)?.amount ?? 0n;
}

/** The same figures from both white labels' own books. */
async function ledgers() {
  const { exporter, importer } = bench;
  const posted = (account: string) =>
    sql`SELECT coalesce(sum(amount_minor), 0)::bigint AS amount
          FROM posting WHERE account = ${account}`;
  const held = sql`SELECT coalesce(sum(amount_minor), 0)::bigint AS amount FROM hold
    WHERE state IN ('HELD', 'PENDING_APPROVAL') AND trade_id IS NOT NULL`;
  const exposure = (partner: string) =>
    sql`SELECT exposure_minor AS amount FROM pair WHERE partner = ${partner}`;
  const sold = -(await amountOf(exporter, posted(`receivable:${IMPORTER}`)));
  const bought = await amountOf(importer, posted(`payable:${EXPORTER}`));
  return {
    exporter: {
      exports: formatMinor(sold),
      imports: '0.00',
      reserved: formatMinor(await amountOf(exporter, held)),
      exposure: formatMinor(await amountOf(exporter, exposure(IMPORTER))),
    },
    importer: {
      exports: '0.00',
      imports: formatMinor(bought),
      reserved: '0.00',
      exposure: formatMinor(await amountOf(importer, exposure(EXPORTER))),
    },
  };
}

async function reported(wlId: string) {
  const path = `/reports/trade-balance?wlId=${wlId}`;
  const { body } = await stage.ask({ path, token: stage.master });
  const [item] = (body as { items: Record<string, string>[] }).items;
  const { exports, imports, reserved, exposure } = item ?? {};
  return { exports, imports, reserved, exposure };
}

test(
  'after purchases, reversals and every other way a purchase can go, all books say the same',
  async () => {
    const bought = await buyMany(PURCHASES);
    expect(bought.length).toBeGreaterThan(PURCHASES / 2);
    for (const tradeId of bought.slice(0, bought.length / REVERSED_EACH)) await reverse(tradeId);
    for (const scenario of UNDISPUTED) {
      const tradeId = await scenario.run(bench);
      await scenario.end?.(bench, tradeId);
      await bench.calm();
    }
    // Something is left open on purpose: it is reserved in all books.
    const waiting = ANSWERS.find(({ state }) => state === 'AWAITING_APPROVAL');
    await waiting?.run(bench);
    const senders = [await sender(stage, IMPORTER), await sender(stage, EXPORTER)] as const;
    const [byImporter, byExporter] = [
      await outboxOf(bench.importer, senders[0]),
      await outboxOf(bench.exporter, senders[1]),
    ];
    await Promise.all([tell(senders[0], byImporter), tell(senders[1], byExporter)]);
    const books = await ledgers();
    expect(await reported(EXPORTER)).toEqual(books.exporter);
    expect(await reported(IMPORTER)).toEqual(books.importer);
    expect(books.exporter.reserved).not.toBe('0.00');
    await detailsEqualTheOwnersRows();
  },
  LONG_MS,
);

/** Run book step 9: each field of the details equals the row of the side that owns it. */
async function detailsEqualTheOwnersRows(): Promise<void> {
  const trades = await dbOf(bench.importer).selectFrom('trade').selectAll().execute();
  for (const trade of trades) {
    const path = `/admin/api/trades/${trade.trade_id}/details`;
    const { body, status, text } = await stage.ask({ path, token: stage.master });
    if (status !== 200) throw new Error(text);
    const hold = await dbOf(bench.exporter)
      .selectFrom('hold')
      .selectAll()
      .where('trade_id', '=', trade.trade_id)
      .where('offer_id', 'is not', null)
      .executeTakeFirst();
    expect(body).toMatchObject({
      offer: { id: trade.origin_offer_id, title: trade.offer_title, category: 'Turismo' },
      ...{ buyerMasked: trade.buyer_masked, seller: trade.seller_name },
      ...{ quantity: trade.quantity, currency: trade.origin_currency },
      importedUnitPrice: formatMinor(trade.unit_price_minor),
      importedCurrency: trade.currency,
      importedAmount: formatMinor(trade.amount_minor),
      importerStatus: publicStatus(trade.state),
      exporterStatus: hold === undefined ? null : traderStatus(hold.state),
      reason: trade.reason ?? hold?.reason ?? null,
      sides: {
        importer: { version: trade.version, relationshipRevision: trade.relationship_revision },
        exporter:
          hold === undefined
            ? null
            : {
                version: hold.version,
                reason: hold.reason,
                unitPrice: formatMinor(hold.unit_price_minor ?? 0n),
              },
      },
    });
    expect(text).not.toContain('"-"');
    // Terms are changed at one side alone and people overrule here; amounts differ for nobody.
    expect((body as { disagreement: string[] }).disagreement).not.toContain('AMOUNT');
  }
}
