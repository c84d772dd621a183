import { z } from 'zod';
import { readClock } from '../../../db/wl/clock.ts';
import { readPolicy, readRelationship } from '../../../db/wl/governance.ts';
import {
  availableOf,
  listCategories,
  listEntities,
  listOffers,
  type Offer,
  type OfferPage,
} from '../../../db/wl/offers.ts';
import {
  refuseExport,
  refusePartner,
  type PartnerFacts,
} from '../../../domain/offer/exportable.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { decodeCursor, encodeCursor } from '../../http/pagination.ts';
import { route, type Route } from '../../http/route.ts';
import type { NodeDeps } from '../deps.ts';
import type { Guards } from '../guards/guards.ts';
import { catalogue, type tradedOffer, tradedOffers, tradedOffersQuery } from './schemas.ts';

type OffersDeps = Pick<NodeDeps, 'db' | 'own'>;

/** What partners and the Control Plane may read of this WL's own catalogue. */
export function createOfferRoutes(deps: OffersDeps, guards: Guards): Route[] {
  const forControlPlane = {
    method: 'get',
    tag: 'Trader',
    group: 'control',
    guard: guards.controlPlane,
    responses: { 200: catalogue },
  } as const;
  return [
    route({
      method: 'get',
      path: '/api/v2/trader/offers',
      summary: 'Offers exportable to the caller under policy',
      tag: 'Trader',
      group: 'trader',
      guard: guards.peer('offers:sync'),
      query: tradedOffersQuery,
      responses: { 200: tradedOffers },
      handler: async ({ principal, query }) => ({
        status: 200,
        body: await listFor(deps, principal.wlId, query),
      }),
    }),
    route({
      ...forControlPlane,
      path: '/api/v2/trader/offer-categories',
      summary: 'Categories with their active offers',
      handler: async () => ({ status: 200, body: { items: await listCategories(deps.db) } }),
    }),
    route({
      ...forControlPlane,
      path: '/api/v2/trader/entities',
      summary: 'Entities with their active offers',
      handler: async () => ({ status: 200, body: { items: await listEntities(deps.db) } }),
    }),
  ];
}

const position = z.string();

/**
 * One page in the order of offer ids. A sold-out offer is listed with nothing available, so that the
 * importer shows it as sold out; one that the policy keeps back is not listed. Pages may be short:
 * the cursor and not their length tells whether there is more.
 */
async function listFor(
  { db, own }: OffersDeps,
  partner: string,
  query: z.output<typeof tradedOffersQuery>,
): Promise<z.input<typeof tradedOffers>> {
  const facts: PartnerFacts = {
    policy: await readPolicy(db, own.wlId),
    relationship: await readRelationship(db, own.wlId, partner),
    partner,
    // A signal stops holds and not the listing: else a sync in between would take the offers for
    // withdrawn, and an ENABLE could bring them back only with the next sync.
    signalDisabled: false,
  };
  const reason = refusePartner(facts);
  if (reason !== undefined) return { items: [], reason };
  const { limit, cursor, updatedSince } = query;
  const page: OfferPage = { limit, after: decodeCursor(cursor, position), updatedSince };
  const rows = await listOffers(db, page);
  const now = (await readClock(db)).getTime();
  const items = rows.filter((row) => isExportable(facts, row, now)).map(toTraded);
  const last = rows.at(-1);
  const more = last !== undefined && rows.length === limit;
  return { items, ...(more && { nextCursor: encodeCursor(last.offer_id) }) };
}

function isExportable(facts: PartnerFacts, row: Offer, now: number): boolean {
  const offer = {
    categoryId: row.category_id,
    entityId: row.entity_id,
    status: row.status,
    createdAt: row.created_at.getTime(),
  };
  return refuseExport({ ...facts, offer, now }) === undefined;
}

function toTraded(row: Offer): z.input<typeof tradedOffer> {
  return {
    offerId: row.offer_id,
    title: row.title,
    category: { id: row.category_id, name: row.category_name },
    entity: { id: row.entity_id, name: row.entity_name },
    unitPrice: formatMinor(row.unit_price_minor),
    currency: row.currency,
    available: availableOf(row),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
