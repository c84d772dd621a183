import type { Dispatcher } from 'undici';
import {
  callJson,
  ConnectionFailure,
  createAgent,
  type PartnerAgent,
} from '../activities/clients/agent.ts';
import type { Answer } from './load.ts';
import type { Purchase } from './market.ts';

/** The server answers within its deadline of 2 s; who waits longer than this gives up. */
const ATTEMPT_TIMEOUT_MS = 5_000;
/** An open loop never waits for a free connection; TLS handshakes happen during the warm-up. */
const CONNECTIONS = 64;

/** Buyers' connections, all kept alive: TLS without a certificate, as a member's browser does. */
export function createBuyerAgent(ca: string): PartnerAgent {
  return createAgent({ tls: { ca, cert: '', key: '' }, connections: CONNECTIONS });
}

/** Buys at one of the two systems, which answer alike. A late or broken answer is FAILED. */
export function createBuyer(
  agent: Dispatcher,
  base: string,
): (purchase: Purchase) => Promise<Answer> {
  return async ({ key, accountId, token, offerId }) => {
    try {
      const { status, body } = await callJson({
        agent,
        method: 'POST',
        url: `${base}/api/v2/checkout/imported-offer/${offerId}`,
        headers: { 'idempotency-key': key },
        body: { accountId, token, quantity: 1 },
        timeoutMs: ATTEMPT_TIMEOUT_MS,
      });
      return answerOf(status, body);
    } catch (error) {
      if (!(error instanceof ConnectionFailure)) throw error;
      return { status: 'FAILED', detail: error.phase };
    }
  };
}

function answerOf(httpStatus: number, body: unknown): Answer {
  const { status, tradeId, reason, code } = (body ?? {}) as Record<string, string | undefined>;
  if (status === 'CONFIRMED' || status === 'PENDING' || status === 'REJECTED') {
    return { status, tradeId, detail: reason };
  }
  return { status: 'FAILED', detail: `${httpStatus} ${code ?? ''}`.trimEnd() };
}
