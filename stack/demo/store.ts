import { EXPORTER, IMPORTER } from '../parties.ts';
import { importOffers } from '../register.ts';
import type { Stack } from '../stack.ts';
import type { Web } from '../web.ts';

/** Offers as the importer's store lists them, and the exporter's back office behind them. */

export interface StoreOffer {
  readonly offerId: string;
  readonly originOfferId: string;
  readonly title: string;
  readonly unitPrice: string;
  readonly originUnitPrice: string;
  readonly available: number;
  readonly eligible: boolean;
}

export interface CatalogueView {
  /** An offer that this run has not bought yet, at most (or above) a price of the exporter. */
  take(kind: 'cheap' | 'above-threshold'): Promise<StoreOffer>;
  /** The same offer as it is listed now. */
  again(offer: StoreOffer): Promise<StoreOffer>;
  patch(offer: StoreOffer, change: Readonly<Record<string, unknown>>): Promise<void>;
}

// Leaves the demo some thirty offers to choose from.
const CHEAP_AT_MOST = 400;
// Approval is asked for above 1,000.00; dearer offers would eat the limit up.
const APPROVAL_ABOVE = 1_000;
const DEAR_AT_MOST = 1_500;
// The largest order of the demo; less is restocked first, as a second run needs it.
const STOCK_NEEDED = 4;
const RESTOCK_TO = 20;

export async function openCatalogue(stack: Stack): Promise<CatalogueView> {
  const importer = stack.web(IMPORTER);
  const backoffice = stack.web(EXPORTER);
  const key = stack.env['EXPORTER_BACKOFFICE_KEY'] ?? 'backoffice-exporter';
  const taken = new Set<string>();

  const patch: CatalogueView['patch'] = async ({ originOfferId }, change) => {
    await backoffice.need(`/api/v2/backoffice/offers/${originOfferId}`, {
      method: 'PATCH',
      bearer: key,
      body: change,
    });
  };
  await restock(stack, await listOffers(importer), patch);
  return {
    patch,
    async take(kind) {
      const offer = (await listOffers(importer)).find((candidate) => {
        const price = Number(candidate.originUnitPrice);
        const fits =
          kind === 'cheap'
            ? price <= CHEAP_AT_MOST
            : price > APPROVAL_ABOVE && price <= DEAR_AT_MOST;
        return fits && isBuyable(candidate) && !taken.has(candidate.offerId);
      });
      if (offer === undefined) throw new Error(`the store has no ${kind} offer left for the demo`);
      taken.add(offer.offerId);
      return offer;
    },
    async again({ offerId }) {
      const offer = (await listOffers(importer)).find((one) => one.offerId === offerId);
      if (offer === undefined) throw new Error(`offer ${offerId} is no longer listed`);
      return offer;
    },
  };
}

function isBuyable({ eligible, available }: StoreOffer): boolean {
  return eligible && available >= STOCK_NEEDED;
}

async function restock(
  stack: Stack,
  offers: readonly StoreOffer[],
  patch: CatalogueView['patch'],
): Promise<void> {
  // What is sold out was so from the beginning: the store shows such offers too.
  const low = offers.filter(({ eligible, available: left, originUnitPrice }) => {
    const isDear = Number(originUnitPrice) > DEAR_AT_MOST;
    return eligible && !isDear && left > 0 && left < STOCK_NEEDED;
  });
  for (const offer of low) await patch(offer, { available: RESTOCK_TO });
  if (low.length > 0) await importOffers(stack, IMPORTER);
}

const PAGE = 200;

export async function listOffers(importer: Web): Promise<StoreOffer[]> {
  const offers: StoreOffer[] = [];
  let cursor = '';
  do {
    const page = await importer.need<{ items: StoreOffer[]; nextCursor?: string }>(
      `/api/v2/imported-offers?limit=${PAGE}${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    offers.push(...page.items);
    cursor = page.nextCursor ?? '';
  } while (cursor !== '');
  return offers;
}
