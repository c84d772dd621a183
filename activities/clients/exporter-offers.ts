import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { ListedOffer } from '../../db/wl/imported-offers.ts';
import { parseCurrency, parseMinor, type Minor } from '../../domain/shared/money.ts';
import { correlationHeaders } from '../../runtime/correlation.ts';
import { wlSubjectUri } from '../../runtime/tls.ts';
import { callJson } from './agent.ts';

/** An exporter answered a page of its offers with something else. */
export class OffersRefused extends Error {
  override readonly name = 'OffersRefused';
  /** 401, 403: our token or certificate is refused; anything else is a fault of the exporter. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export interface ListRequest {
  readonly exporter: string;
  readonly peerUrl: string;
  readonly token: string;
  readonly signal?: AbortSignal;
}

export interface ExporterOffersClient {
  /** Everything that the exporter exports to us at present, all pages. */
  listOffers(request: ListRequest): Promise<ListedOffer[]>;
}

// A page is read from indexes; nobody waits for it but a schedule.
const PAGE_TIMEOUT_MS = 5_000;
const PAGE_SIZE = 200;
// 100,000 offers; a partner whose pages never end must not fill our memory.
const MAX_PAGES = 500;

const named = z.object({ id: z.string().min(1).max(200), name: z.string().max(500) });
const offerShape = z.object({
  offerId: z.string().min(1).max(200),
  title: z.string().min(1).max(500),
  category: named,
  entity: named,
  unitPrice: z.string().transform((text, context): Minor => {
    const price = parseMinor(text);
    if (price.ok && price.value > 0n) return price.value;
    context.addIssue('is a positive amount');
    return z.NEVER;
  }),
  currency: z.string().refine((code) => parseCurrency(code).ok),
  available: z.int().min(0),
});
const pageShape = z.object({
  items: z.array(offerShape).max(PAGE_SIZE),
  nextCursor: z.string().optional(),
});

/** Reads partners' listings over mTLS with a peer token of scope `offers:sync`. */
export function createExporterOffersClient(agent: Dispatcher): ExporterOffersClient {
  return {
    async listOffers(request) {
      const offers: ListedOffer[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const { items, nextCursor } = await readPage(agent, request, cursor);
        offers.push(
          ...items.map(({ offerId, ...offer }) => ({ ...offer, originOfferId: offerId })),
        );
        if (nextCursor === undefined) return offers;
        cursor = nextCursor;
      }
      throw new OffersRefused(200, `the listing has more than ${MAX_PAGES} pages`);
    },
  };
}

async function readPage(
  agent: Dispatcher,
  { exporter, peerUrl, token, signal }: ListRequest,
  cursor: string | undefined,
): Promise<z.output<typeof pageShape>> {
  const url = new URL('/api/v2/trader/offers', peerUrl);
  url.searchParams.set('limit', String(PAGE_SIZE));
  if (cursor !== undefined) url.searchParams.set('cursor', cursor);
  const answer = await callJson({
    agent,
    partner: wlSubjectUri(exporter),
    method: 'GET',
    url: url.href,
    headers: { ...correlationHeaders(), authorization: `Bearer ${token}` },
    timeoutMs: PAGE_TIMEOUT_MS,
    signal,
  });
  if (answer.status !== 200) {
    throw new OffersRefused(answer.status, `the listing answered ${answer.status}`);
  }
  const parsed = pageShape.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw new OffersRefused(200, 'the listing has another shape', { cause: parsed.error });
}
