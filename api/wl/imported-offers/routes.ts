import { z } from 'zod';
import {
  listImportedOffers,
  type ImportedOffer,
  type OfferPosition,
} from '../../../db/wl/imported-offers.ts';
import { formatRate, parseFactor } from '../../../domain/shared/fx.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { moneyOutput } from '../../http/money-input.ts';
import { cursorQuery, decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { anyone, route, type Route } from '../../http/route.ts';
import type { NodeDeps } from '../deps.ts';

const importedOffer = z.object({
  offerId: z.string(),
  originOfferId: z.string(),
  exporterWlId: z.uuid(),
  title: z.string(),
  category: z.object({ id: z.string(), name: z.string() }),
  entityId: z.string(),
  unitPrice: moneyOutput,
  currency: z.string(),
  originUnitPrice: moneyOutput,
  originCurrency: z.string(),
  fxRate: z.string(),
  available: z.int().min(0),
  eligible: z.boolean(),
  lifecycleStatus: z.enum(['ENABLED', 'DISABLED']),
  syncedAt: z.iso.datetime(),
});

const position: z.ZodType<OfferPosition> = z.object({
  eligible: z.boolean(),
  title: z.string(),
  offerId: z.string(),
});

/** Partners' offers as this WL's members see them. */
export function createImportedOfferRoutes({ db }: Pick<NodeDeps, 'db'>): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v2/imported-offers',
      summary: 'Imported offers, eligible first, by title',
      tag: 'Store',
      group: 'public',
      guard: anyone,
      query: z.strictObject(cursorQuery),
      responses: { 200: pageOf(importedOffer) },
      handler: async ({ query: { limit, cursor } }) => {
        const rows = await listImportedOffers(db, limit, decodeCursor(cursor, position));
        const last = rows.at(-1);
        const more = last !== undefined && rows.length === limit;
        const nextCursor = more ? encodeCursor(positionOf(last)) : undefined;
        return {
          status: 200,
          body: { items: rows.map(toOffer), ...(nextCursor !== undefined && { nextCursor }) },
        };
      },
    }),
  ];
}

function positionOf({ eligible, title, offer_id: offerId }: ImportedOffer): OfferPosition {
  return { eligible, title, offerId };
}

function toOffer(row: ImportedOffer): z.input<typeof importedOffer> {
  const rate = parseFactor(row.fx_rate);
  invariant(rate.ok, 'a stored rate is a rate');
  return {
    offerId: row.offer_id,
    originOfferId: row.origin_offer_id,
    exporterWlId: row.exporter,
    title: row.title,
    category: { id: row.category_id, name: row.category_name },
    entityId: row.entity_id,
    unitPrice: formatMinor(row.unit_price_minor),
    currency: row.currency,
    originUnitPrice: formatMinor(row.origin_unit_price_minor),
    originCurrency: row.origin_currency,
    fxRate: formatRate(rate.value),
    available: row.available,
    eligible: row.eligible,
    lifecycleStatus: row.lifecycle_status,
    syncedAt: row.synced_at.toISOString(),
  };
}
