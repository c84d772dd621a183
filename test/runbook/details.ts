import { expect, test } from '@jest/globals';
import { wireRate } from '../../db/wl/holds/events.ts';
import { formatMinor } from '../../domain/shared/money.ts';
import { CP, EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { eventually } from '../stack/setup.ts';
import type { Stage } from './stage.ts';

/** Of the importer's row, as the driver gives it: what is exact comes as text. */
interface Bought {
  readonly trade_id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly version: number;
  readonly origin_offer_id: string;
  readonly offer_title: string;
  readonly offer_category: string;
  readonly seller_name: string;
  readonly buyer_masked: string;
  readonly unit_price_minor: string;
  readonly amount_minor: string;
  readonly currency: string;
  readonly policy_revision: number;
  readonly relationship_revision: number;
}

interface Sold {
  readonly hold_id: string;
  readonly trade_id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly version: number;
  readonly offer_id: string;
  readonly quantity: number;
  readonly unit_price_minor: string;
  readonly currency: string;
  readonly fx_rate: string;
  readonly buyer_masked: string;
  readonly policy_revision: number;
  readonly relationship_revision: number;
}

interface Item {
  readonly tradeId: string;
  readonly offer: { readonly id: string; readonly title: string; readonly category: string };
  readonly buyerMasked: string;
  readonly seller: string;
}

interface Details extends Item {
  readonly sides: Record<'importer' | 'exporter', { readonly version: number } | null>;
}

/** What the Control Plane calls a trade whose sides are in these states. */
const STATUS: Readonly<Record<string, string>> = {
  'CONFIRMED CAPTURED': 'CONFIRMED',
  'AWAITING_APPROVAL PENDING_APPROVAL': 'PENDING',
  'COMPENSATED REJECTED': 'REJECTED',
};
const IMPORTER_STATUS: Readonly<Record<string, string>> = {
  CONFIRMED: 'CONFIRMED',
  AWAITING_APPROVAL: 'PENDING',
  COMPENSATED: 'REJECTED',
};
const EXPORTER_STATUS: Readonly<Record<string, string>> = {
  CAPTURED: 'CONFIRMED',
  PENDING_APPROVAL: 'PENDING',
  REJECTED: 'REJECTED',
};

/** The purchases of steps 7 and 8: those of them that reached the exporter. */
async function rowsOf(stage: Stage): Promise<{ bought: Bought; sold: Sold }[]> {
  const bought = await stage.rows<Bought>(IMPORTER, 'SELECT * FROM trade ORDER BY created_at');
  const holds = await stage.rows<Sold>(EXPORTER, 'SELECT * FROM hold WHERE trade_id IS NOT NULL');
  const byTrade = new Map(holds.map((hold) => [hold.trade_id, hold]));
  return bought.flatMap((row) => {
    const sold = byTrade.get(row.trade_id);
    return sold === undefined ? [] : [{ bought: row, sold }];
  });
}

/** Each field by the row of the side that owns it. */
function expectedOf({ bought, sold }: { bought: Bought; sold: Sold }) {
  const decimal = (minor: string): string => formatMinor(BigInt(minor));
  const revisions = ({ version, reason, ...row }: Bought | Sold) => ({
    ...{ version, reason, policyRevision: row.policy_revision },
    relationshipRevision: row.relationship_revision,
  });
  const prices = {
    quantity: sold.quantity,
    unitPrice: decimal(sold.unit_price_minor),
    currency: sold.currency,
    amount: formatMinor(BigInt(sold.unit_price_minor) * BigInt(sold.quantity)),
    fxRate: wireRate(sold.fx_rate),
  };
  const [importerStatus, exporterStatus] = [
    IMPORTER_STATUS[bought.state],
    EXPORTER_STATUS[sold.state],
  ];
  const common = { holdId: sold.hold_id, workflowId: `purchase/${bought.trade_id}`, ...prices };
  return {
    ...{ tradeId: bought.trade_id, status: STATUS[`${bought.state} ${sold.state}`], ...common },
    ...{ importerStatus, exporterStatus, reason: bought.reason, parked: false, disagreement: [] },
    importer: { wlId: IMPORTER.wlId, name: IMPORTER.name },
    exporter: { wlId: EXPORTER.wlId, name: EXPORTER.name },
    offer: { id: sold.offer_id, title: bought.offer_title, category: bought.offer_category },
    ...{ buyerMasked: bought.buyer_masked, seller: bought.seller_name },
    importedUnitPrice: decimal(bought.unit_price_minor),
    importedCurrency: bought.currency,
    importedAmount: decimal(bought.amount_minor),
    sides: {
      importer: { ...revisions(bought), ...common, status: importerStatus },
      exporter: { ...revisions(sold), ...common, status: exporterStatus },
    },
    mismatches: [],
  };
}

/** Step 9: what the Control Plane tells of a trade is what stands in the owners' rows. */
export function tradeDetailSteps(stage: () => Stage): void {
  const detailsOf = (tradeId: string): Promise<Details> =>
    stage().admin<Details>('GET', `/admin/api/trades/${tradeId}/details`);

  test('9: details of every purchase say what its two owners have in their books', async () => {
    const rows = await rowsOf(stage());
    expect(rows.length).toBeGreaterThanOrEqual(20);
    expect(new Set(rows.map(({ bought }) => bought.state)).size).toBe(3);
    for (const row of rows) {
      const { trade_id: id, origin_offer_id: originOfferId, version } = row.bought;
      await eventually(`both sides have told of ${id}`, async () => {
        const { items } = await stage().admin<{ items: Item[] }>('GET', listOf(id));
        if (items.length === 0) return false;
        const { sides } = await detailsOf(id);
        return sides.importer?.version === version && sides.exporter?.version === row.sold.version;
      });
      const details = await detailsOf(id);
      expect(details).toMatchObject(expectedOf(row));
      expect([row.sold.offer_id, row.sold.buyer_masked]).toEqual([
        originOfferId,
        row.bought.buyer_masked,
      ]);
      expectNamed(details);
    }
  });

  test('9: the list shows each of them once, by offer, buyer and seller', async () => {
    const rows = await rowsOf(stage());
    const { items } = await stage().admin<{ items: Item[] }>('GET', '/admin/api/trades?limit=200');
    const ids = items.map(({ tradeId }) => tradeId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(rows.filter(({ bought }) => !ids.includes(bought.trade_id))).toEqual([]);
    for (const item of items) expectNamed(item);
    const stored = await stage().rows(CP, 'SELECT 1 FROM trade');
    expect(items).toHaveLength(stored.length);
  });
}

const listOf = (tradeId: string): string => `/admin/api/trades?text=${tradeId}`;

/** The source's complaint: a page that shows "-" where a name should be. */
function expectNamed({ offer, buyerMasked, seller }: Item): void {
  for (const text of [offer.id, offer.title, offer.category, seller, buyerMasked]) {
    expect(text).toMatch(/[^\s-]/);
  }
  expect(buyerMasked).toContain('***');
}
