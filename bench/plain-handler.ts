import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import pg from 'pg';
import {
  callJson,
  ConnectionFailure,
  createAgent,
  type CallAnswer,
} from '../activities/clients/agent.ts';
import { formatMinor } from '../domain/shared/money.ts';
import { fundPlain, requestPlain, settlePlain, type PlainTrade } from './plain-purchase.ts';

/**
 * The baseline: an importer as one Express handler on pg. It makes the same two mTLS calls to the
 * same exporter and the same commits, and is lost when its process dies in between.
 * `node bench/plain-handler.ts`; prints its port once it listens.
 */

/** As the gateway's pool and its calls in flight. */
const POOL_SIZE = 10;
const CALLS = 32;
/** As the gateway's listeners: the client closes first. */
const KEEP_ALIVE_MS = 65_000;
const CALL_TIMEOUT_MS = 500;

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}

const wlId = need('WL_ID');
const exporterUrl = need('EXPORTER_URL');
const authorization = `Bearer ${need('PEER_TOKEN')}`;
const tls = {
  ca: readFileSync(need('TLS_CA_FILE'), 'utf8'),
  cert: readFileSync(need('TLS_CERT_FILE'), 'utf8'),
  key: readFileSync(need('TLS_KEY_FILE'), 'utf8'),
};
const pool = new pg.Pool({
  connectionString: need('DATABASE_URL'),
  max: POOL_SIZE,
  keepAlive: true,
  idleTimeoutMillis: 0,
});
const agent = createAgent({ tls, connections: CALLS });

async function callExporter(path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer: CallAnswer = await callJson({
    agent,
    method: 'POST',
    url: `${exporterUrl}${path}`,
    headers: { authorization },
    body,
    timeoutMs: CALL_TIMEOUT_MS,
  });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
  return answer.body as Record<string, unknown>;
}

async function preflight(trade: PlainTrade): Promise<string> {
  const { tradeId, originOfferId, quantity, buyerMasked } = trade;
  const held = await callExporter('/api/v2/trader/purchase/preflight', {
    ...{ tradeId, originOfferId, quantity },
    requesterWlId: wlId,
    requesterTraderId: 'plain',
    buyerRef: trade.accountId,
    expectedUnitPrice: formatMinor(BigInt(trade.originUnitPrice)),
    clientBuyerMasked: buyerMasked,
  });
  if (held['status'] !== 'HELD') throw new Error(`preflight: ${String(held['reason'])}`);
  return String(held['holdId']);
}

async function buy(request: Request, response: Response): Promise<void> {
  const { accountId, token, quantity } = request.body as Record<string, string>;
  const key = request.get('idempotency-key') ?? '';
  const trade = await requestPlain(pool, wlId, {
    ...{ key, accountId: String(accountId), token: String(token), quantity: Number(quantity) },
    offerId: String(request.params['offerId']),
    correlationId: key,
  });
  const holdId = await preflight(trade);
  await fundPlain(pool, trade, holdId);
  const answer = await callExporter('/api/v2/trader/purchase', {
    ...{ tradeId: trade.tradeId, holdId, quantity: trade.quantity },
    unitPrice: formatMinor(BigInt(trade.originUnitPrice)),
    clientBuyerMasked: trade.buyerMasked,
  });
  if (answer['status'] !== 'CONFIRMED') throw new Error(`confirm: ${String(answer['status'])}`);
  await settlePlain(pool, trade, answer);
  response.json({ ok: true, status: 'CONFIRMED', tradeId: trade.tradeId });
}

const app = express();
app.disable('x-powered-by').disable('etag');
app.use(express.json());
app.post('/api/v2/checkout/imported-offer/:offerId', buy);
app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
  const code = error instanceof ConnectionFailure ? `exporter ${error.phase}` : error.message;
  response.status(500).json({ code });
});
const server = createServer({ cert: tls.cert, key: tls.key }, app);
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
