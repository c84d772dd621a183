import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Dispatcher } from 'undici';
import { callJson, ConnectionFailure, createAgent } from '../../activities/clients/agent.ts';
import type { PublicStatus } from '../../domain/purchase/trade.ts';
import { IMPORTER, tlsUrl } from '../parties.ts';
import type { ClientEntry, ClientLog } from './client-log.ts';
import type { Buyer, DrillOffer } from './market.ts';
import { sleep } from './stage.ts';
import type { Stage } from './stage.ts';

/** Buys once with a key; the entry is what the buyer learned, which may be nothing. */
export type Checkout = (order: Order) => Promise<ClientEntry>;

export interface Order {
  readonly buyer: Buyer;
  readonly offerId: string;
  readonly key: string;
  readonly attempt?: number;
}

export interface Buying {
  confirmed(): number;
  /** Lets the requests under way end. */
  stop(): Promise<void>;
}

export interface BuyingOptions {
  readonly buyers: readonly Buyer[];
  /** Bought in turn; as many as outlast the cool-down of one offer for one account. */
  readonly offers: readonly DrillOffer[];
  readonly log: ClientLog;
  readonly checkout: Checkout;
  /** Between two purchases of one buyer. */
  readonly everyMs: number;
}

// A buyer's page gives up some time after the 2 s that the importer promises.
const CLIENT_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 2_000;
// Fifty at once is the most that any drill asks for, and each may wait.
const CONNECTIONS = 64;
// What the importer asks for with a 503.
const RETRY_AFTER_MS = 2_000;
/** A buyer who knows nothing asks again with the same key, as a shop's page does, and then leaves. */
const ATTEMPTS = 3;

export interface CheckoutDesk {
  readonly checkout: Checkout;
  close(): Promise<void>;
}

export function openCheckout(stage: Stage, timeoutMs = CLIENT_TIMEOUT_MS): CheckoutDesk {
  const { stack } = stage;
  const agent = createAgent({
    tls: { ca: readFileSync(stack.pki.caPath, 'utf8'), cert: '', key: '' },
    connections: CONNECTIONS,
    timeouts: { connectMs: CONNECT_TIMEOUT_MS },
  });
  const base = tlsUrl(IMPORTER, stack.ports);
  return {
    checkout: (order) => checkOut({ agent, base, timeoutMs }, order),
    close: () => agent.destroy(),
  };
}

interface Line {
  readonly agent: Dispatcher;
  readonly base: string;
  readonly timeoutMs: number;
}

interface BuyBody {
  readonly tradeId?: string;
  readonly status?: PublicStatus;
  readonly reason?: string;
  readonly code?: string;
}

async function checkOut({ agent, base, timeoutMs }: Line, order: Order): Promise<ClientEntry> {
  const { buyer, offerId, key, attempt = 1 } = order;
  const { accountId, token } = buyer;
  const facts = { at: new Date().toISOString(), accountId, offerId, key, attempt };
  const startedAt = performance.now();
  const ms = (): number => Math.round(performance.now() - startedAt);
  try {
    const answer = await callJson({
      agent,
      method: 'POST',
      url: `${base}/api/v2/checkout/imported-offer/${offerId}`,
      body: { accountId, token, quantity: 1 },
      headers: { 'Idempotency-Key': key },
      timeoutMs,
    });
    const { status: http } = answer;
    const { tradeId, status, reason, code } = (answer.body ?? {}) as BuyBody;
    if (tradeId !== undefined && status !== undefined) {
      const told = { tradeId, status, ...(reason !== undefined && { reason }) };
      return { ...facts, ms: ms(), result: 'answered', http, ...told };
    }
    // Only this code says that nothing was done; another error may have come after the commit.
    const result = code === 'ENGINE_UNAVAILABLE' || http < 500 ? 'refused' : 'unknown';
    return { ...facts, ms: ms(), result, http, error: `${http} ${code ?? ''}`.trim() };
  } catch (error) {
    if (!(error instanceof ConnectionFailure)) throw error;
    return { ...facts, ms: ms(), result: 'unknown', error: error.phase };
  }
}

/** Starts the buyers; each buys steadily until it is stopped. */
export function startBuying(options: BuyingOptions): Buying {
  const { buyers, log, everyMs } = options;
  let stopped = false;
  let confirmed = 0;
  const loops = buyers.map(async (buyer, index) => {
    // Apart from each other, in time and in what they buy.
    await sleep((everyMs / buyers.length) * index);
    const first = Math.floor((options.offers.length / buyers.length) * index);
    for (let turn = first; !stopped; turn += 1) {
      const startedAt = performance.now();
      const offer = options.offers[turn % options.offers.length];
      if (offer === undefined) throw new Error('there is nothing to buy');
      const order = { buyer, offerId: offer.offerId, key: randomUUID() };
      for (let attempt = 1; attempt <= ATTEMPTS && !stopped; attempt += 1) {
        const entry = await options.checkout({ ...order, attempt });
        log.add(entry);
        if (entry.status === 'CONFIRMED') confirmed += 1;
        if (entry.result === 'answered') break;
        await sleep(RETRY_AFTER_MS);
      }
      await sleep(Math.max(0, everyMs - (performance.now() - startedAt)));
    }
  });
  return {
    confirmed: () => confirmed,
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}
