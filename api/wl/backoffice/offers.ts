import { z } from 'zod';
import {
  availableOf,
  createOffer,
  listOffers,
  updateOffer,
  type Offer,
} from '../../../db/wl/offers.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { cursorQuery, decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import type { NodeDeps } from '../deps.ts';
import type { Guards } from '../guards/guards.ts';
import { changeContext } from './context.ts';
import { newOffer, offer, offerParams, offerPatch } from './schemas.ts';

const PATH = '/api/v2/backoffice/offers';
const position = z.string();

/** The marketplace's own offers, as its back office changes them. */
export function createBackofficeOfferRoutes(
  { db, own }: Pick<NodeDeps, 'db' | 'own'>,
  guards: Guards,
): Route[] {
  const common = { tag: 'Back office', group: 'backoffice', guard: guards.backoffice } as const;
  return [
    route({
      ...common,
      method: 'get',
      path: PATH,
      summary: 'Own offers by id',
      query: z.strictObject(cursorQuery),
      responses: { 200: pageOf(offer) },
      handler: async ({ query: { limit, cursor } }) => {
        const rows = await listOffers(db, { limit, after: decodeCursor(cursor, position) });
        const last = rows.at(-1);
        const more = last !== undefined && rows.length === limit;
        const nextCursor = more ? encodeCursor(last.offer_id) : undefined;
        const items = rows.map(toOffer);
        return { status: 200, body: { items, ...(nextCursor !== undefined && { nextCursor }) } };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: PATH,
      summary: 'Put an offer up for sale',
      body: newOffer,
      responses: { 201: offer },
      refuses: ['CONFLICT'],
      handler: async ({ body: { unitPrice, ...body }, facts }) => {
        const given = { ...body, unitPriceMinor: unitPrice, currency: own.currency };
        const created = await createOffer(db, given, changeContext(PATH, facts));
        if (created.ok) return { status: 201, body: toOffer(created.value) };
        if (created.code === 'CONFLICT') {
          throw new Problem('CONFLICT', { detail: 'An offer has that id.' });
        }
        throw new Problem('VALIDATION_FAILED', {
          detail: 'A category or entity that is new needs a name.',
        });
      },
    }),
    route({
      ...common,
      method: 'patch',
      path: `${PATH}/:offerId`,
      summary: 'Change price, stock, status or title of an offer',
      params: offerParams,
      body: offerPatch,
      responses: { 200: offer },
      refuses: ['NOT_FOUND'],
      handler: async ({ params, body: { unitPrice, ...body }, facts }) => {
        const patch = { ...body, unitPriceMinor: unitPrice };
        const updated = await updateOffer(db, params.offerId, patch, changeContext(PATH, facts));
        if (!updated.ok) throw new Problem(updated.code);
        return { status: 200, body: toOffer(updated.value) };
      },
    }),
  ];
}

function toOffer(row: Offer): z.input<typeof offer> {
  return {
    offerId: row.offer_id,
    title: row.title,
    category: { id: row.category_id, name: row.category_name },
    entity: { id: row.entity_id, name: row.entity_name },
    unitPrice: formatMinor(row.unit_price_minor),
    currency: row.currency,
    available: availableOf(row),
    used: row.used,
    status: row.status,
    createdAt: row.created_at.toISOString(),
  };
}
