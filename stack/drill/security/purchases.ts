import { randomUUID } from 'node:crypto';
import { IMPORTER } from '../../parties.ts';
import type { Web, WebCall } from '../../web.ts';
import { putUpOffers } from '../market.ts';
import type { Buyer, DrillOffer } from '../market.ts';
import type { Answer } from './knock.ts';
import type { Range } from './range.ts';

/** What all purchases of the campaign know of their buyers: unique texts, to be looked for later. */
export const MARKERS = {
  name: 'Zoraide Marcadora Taintêmbergue',
  email: 'zoraide.marca@taint-campaign.example',
  phone: '+55 47 98123-4567',
  cpf: '529.982.247-25',
} as const;

/** As a person writes them into a field for free text. */
export const MARKED_TEXT = `call ${MARKERS.phone}, ${MARKERS.email}, CPF ${MARKERS.cpf}`;

export interface Shop {
  readonly buyers: readonly Buyer[];
  readonly offers: readonly DrillOffer[];
}

const ACCOUNTS = '/api/v2/backoffice/accounts';
const FUNDS = '9000.00';
const BUYERS = 3;

/** Members whose contacts are the markers, with funds, and offers below the approval threshold. */
export async function openShop(range: Range): Promise<Shop> {
  const { stage } = range;
  const web = stage.stack.web(IMPORTER);
  const buyers: Buyer[] = [];
  for (let index = 0; index < BUYERS; index += 1) buyers.push(await openBuyer(range, web));
  const offers = await putUpOffers(stage, [{ unitPrice: '20.00', available: 40, count: 8 }]);
  return { buyers, offers };
}

async function openBuyer({ stage }: Range, web: Web): Promise<Buyer> {
  const bearer = stage.stack.env['IMPORTER_BACKOFFICE_KEY'] ?? 'backoffice-importer';
  const call = (body: unknown): WebCall => ({
    ...{ method: 'POST', bearer, body, headers: { 'Idempotency-Key': randomUUID() } },
  });
  const { name, email, phone } = MARKERS;
  const buyer = await web.need<Buyer>(ACCOUNTS, call({ name, email, phone, buyOffer: true }));
  for (const currency of [IMPORTER.currency, 'BRL']) {
    const credit = { amount: FUNDS, currency, note: MARKED_TEXT };
    await web.need(`${ACCOUNTS}/${buyer.accountId}/credits`, call(credit));
  }
  return buyer;
}

export interface Order {
  readonly buyer: Buyer;
  readonly offer: DrillOffer | undefined;
  readonly key?: string | readonly string[] | undefined;
  readonly quantity?: number;
}

export function checkout({ http }: Range, { buyer, offer, key, quantity = 1 }: Order) {
  return http.knock({
    party: IMPORTER,
    method: 'POST',
    path: `/api/v2/checkout/imported-offer/${offer?.offerId ?? 'none'}`,
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
    body: { accountId: buyer.accountId, token: buyer.token, quantity },
  });
}

export const fieldsOf = ({ text }: Answer): Readonly<Record<string, unknown>> =>
  JSON.parse(text) as Readonly<Record<string, unknown>>;

export interface Bought {
  readonly tradeId: string;
  readonly holdId: string;
  readonly buyer: Buyer;
}

/** A purchase that is confirmed in both books. */
export async function buyOne(range: Range, order: Order): Promise<Bought> {
  const answer = await checkout(range, { ...order, key: randomUUID() });
  const { tradeId, status } = fieldsOf(answer);
  if (status !== 'CONFIRMED') throw new Error(`a purchase came to ${answer.text}`);
  const { hold_id: holdId } = await range.stage.exporter
    .selectFrom('hold')
    .select('hold_id')
    .where('trade_id', '=', String(tradeId))
    .where('requester', '=', IMPORTER.wlId)
    .executeTakeFirstOrThrow();
  return { tradeId: String(tradeId), holdId, buyer: order.buyer };
}

/** What both sides' rows say of a trade. */
export async function statesOf({ stage }: Range, { tradeId, holdId }: Bought): Promise<string> {
  const trade = await stage.importer
    .selectFrom('trade')
    .select('state')
    .where('trade_id', '=', tradeId)
    .executeTakeFirst();
  const hold = await stage.exporter
    .selectFrom('hold')
    .select('state')
    .where('hold_id', '=', holdId)
    .executeTakeFirst();
  return `${trade?.state ?? 'none'} and ${hold?.state ?? 'none'}`;
}
