import { randomUUID } from 'node:crypto';
import { formatMinor, minor } from '../../domain/shared/money.ts';
import { EXPORTER, IMPORTER } from '../parties.ts';
import { importOffers } from '../register.ts';
import type { WebCall } from '../web.ts';
import type { WlParty } from '../parties.ts';
import type { Stage } from './stage.ts';

export interface Buyer {
  readonly accountId: string;
  readonly token: string;
}

export interface DrillOffer {
  readonly originOfferId: string;
  /** As the importer sells it. */
  readonly offerId: string;
}

export interface OfferWish {
  readonly unitPrice: string;
  readonly available: number;
  readonly count: number;
}

const ACCOUNTS = '/api/v2/backoffice/accounts';
const OFFERS = '/api/v2/backoffice/offers';
/** Nobody runs dry in any drill: what is refused is refused for what the drill is about. */
const FUNDS = formatMinor(minor(5_000_000_000n));
const CURRENCIES = [IMPORTER.currency, 'BRL'];
/** Back office calls under way at once: the offers of a drill are put up within seconds. */
const AT_ONCE = 8;

/** Accounts of the importer that may buy, each with funds, as its back office opens them. */
export async function openAccounts(stage: Stage, count: number): Promise<Buyer[]> {
  return inBatches(Array.from({ length: count }), async (_, index) => {
    const buyer = await backoffice<Buyer>(stage, IMPORTER, ACCOUNTS, {
      name: `Drill ${index}`,
      buyOffer: true,
    });
    for (const currency of CURRENCIES) {
      const path = `${ACCOUNTS}/${buyer.accountId}/credits`;
      await backoffice(stage, IMPORTER, path, { amount: FUNDS, currency, note: 'drill' });
    }
    return buyer;
  });
}

/** Offers of the exporter, as its back office puts them up, imported. */
export async function putUpOffers(
  stage: Stage,
  wishes: readonly OfferWish[],
): Promise<DrillOffer[]> {
  const each = wishes.flatMap(({ count, ...wish }) => Array.from({ length: count }, () => wish));
  const made = await inBatches(each, (wish, index) =>
    backoffice<{ offerId: string }>(stage, EXPORTER, OFFERS, {
      title: `Drill ${index} ${randomUUID().slice(0, 8)}`,
      category: { id: 'drill', name: 'Drill' },
      entity: { id: 'drill-seller', name: 'Drill' },
      ...wish,
    }),
  );
  await importOffers(stage.stack, IMPORTER);
  const rows = await stage.importer
    .selectFrom('imported_offer')
    .select(['offer_id as offerId', 'origin_offer_id as originOfferId', 'eligible'])
    .execute();
  const imported = new Map(rows.map((row) => [row.originOfferId, row]));
  return made.map(({ offerId: originOfferId }) => {
    const row = imported.get(originOfferId);
    if (row?.eligible !== true) throw new Error(`offer ${originOfferId} was not imported`);
    return { originOfferId, offerId: row.offerId };
  });
}

async function backoffice<T>(
  { stack }: Stage,
  party: WlParty,
  path: string,
  body: unknown,
): Promise<T> {
  const variable = `${party.slug.toUpperCase()}_BACKOFFICE_KEY`;
  const call: WebCall = {
    method: 'POST',
    body,
    bearer: stack.env[variable] ?? `backoffice-${party.slug}`,
    headers: { 'Idempotency-Key': randomUUID() },
  };
  return stack.web(party).need<T>(path, call);
}

export async function inBatches<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const batch = items.slice(from, from + AT_ONCE);
    results.push(...(await Promise.all(batch.map((item, index) => work(item, from + index)))));
  }
  return results;
}
