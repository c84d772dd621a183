import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import { TRADER_STATUSES } from '../../domain/purchase/hold.ts';
import { REFUSAL_CODES } from '../../domain/shared/codes.ts';
import { correlationHeaders } from '../../runtime/correlation.ts';
import { wlSubjectUri } from '../../runtime/tls.ts';
import { callJson, ConnectionFailure, type CallAnswer } from './agent.ts';
import { NotCalled, type PartnerGuard } from './partner-guard.ts';

/** What came of a call; only ANSWER is a validated 200 body (RULES.md 5). */
export type ExporterReply =
  | { readonly kind: 'ANSWER'; readonly answer: TraderAnswer }
  /** A 200 whose body is no trader answer. */
  | { readonly kind: 'INVALID'; readonly detail: string }
  /** Nothing was sent: breaker, bulkhead, no token, or no connection. */
  | { readonly kind: 'NOT_CALLED'; readonly detail: string }
  /** Anything else proves nothing. */
  | { readonly kind: 'UNCLEAR'; readonly detail: string; readonly status?: number };

export interface PreflightBody {
  readonly tradeId: string;
  readonly requesterWlId: string;
  readonly requesterTraderId: string;
  readonly buyerRef: string;
  readonly originOfferId: string;
  readonly expectedUnitPrice: string;
  readonly quantity: number;
  readonly clientBuyerMasked: string;
}

export interface ConfirmBody {
  readonly tradeId: string;
  readonly holdId: string;
  readonly quantity: number;
  readonly unitPrice: string;
  readonly clientBuyerMasked: string;
}

export interface ExporterClient {
  preflight(exporter: string, body: PreflightBody): Promise<ExporterReply>;
  readHold(exporter: string, holdId: string): Promise<ExporterReply>;
  confirm(exporter: string, body: ConfirmBody): Promise<ExporterReply>;
  status(exporter: string, tradeId: string): Promise<ExporterReply>;
  cancel(exporter: string, tradeId: string, holdId?: string): Promise<ExporterReply>;
  reverse(exporter: string, tradeId: string, reason: string): Promise<ExporterReply>;
}

export interface ExporterClientDeps {
  readonly agent: Dispatcher;
  readonly guard: PartnerGuard;
  readonly peerUrl: (wlId: string) => Promise<string | undefined>;
  readonly peerToken: (wlId: string) => Promise<string | undefined>;
  readonly preflightTimeoutMs: number;
  readonly confirmTimeoutMs: number;
  /** Told of each call with its outcome, the second try of a preflight included in the one. */
  readonly observe?: (call: keyof ExporterClient, kind: ExporterReply['kind'], s: number) => void;
}

const DECIMAL = /^\d+\.\d{2}$/;
const traderAnswer = z.object({
  status: z.enum(TRADER_STATUSES),
  reason: z.enum(REFUSAL_CODES).optional(),
  tradeId: z.string().optional(),
  holdId: z.uuid().optional(),
  quantity: z.int().positive().optional(),
  unitPrice: z.string().regex(DECIMAL).optional(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  fxRate: z.string().optional(),
  policyRevision: z.int().optional(),
  relationshipRevision: z.int().optional(),
  expiresAt: z.iso.datetime().optional(),
  confirmedAt: z.iso.datetime().optional(),
});

const BASE = '/api/v2/trader';
/** Slower than on the buyer's path; two of them fit into the 5 s of a local step. */
const LEARN_TIMEOUT_MS = 2_000;
/** A connection that broke this early says more about a stale socket than about the exporter. */
const QUICK_FAILURE_SHARE = 0.5;

interface TraderCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
}

/** One HTTP call to an exporter; an answer of 500 and above counts as a failure of it. */
async function callExporter(
  { agent, peerUrl }: ExporterClientDeps,
  exporter: string,
  request: TraderCall,
  token?: string,
): Promise<CallAnswer> {
  const base = await peerUrl(exporter);
  if (base === undefined) throw new NotCalled('the exporter has not registered its endpoint');
  const { method, path, body, timeoutMs } = request;
  const answer = await callJson({
    ...{ agent, method, timeoutMs, partner: wlSubjectUri(exporter) },
    url: `${base}${path}`,
    headers: {
      ...correlationHeaders(),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body }),
  });
  if (answer.status >= 500) throw new ServerFailure(answer.status);
  return answer;
}

/** Calls one exporter's trader routes over mTLS. Nothing here throws for what a partner does. */
export function createExporterClient(deps: ExporterClientDeps): ExporterClient {
  return measured(callingClient(deps), deps.observe ?? (() => undefined));
}

const MS_PER_SECOND = 1_000;

function measured(
  client: ExporterClient,
  observe: NonNullable<ExporterClientDeps['observe']>,
): ExporterClient {
  const timed = async (
    call: keyof ExporterClient,
    reply: Promise<ExporterReply>,
  ): Promise<ExporterReply> => {
    const start = performance.now();
    const answer = await reply;
    observe(call, answer.kind, (performance.now() - start) / MS_PER_SECOND);
    return answer;
  };
  return {
    preflight: (...call) => timed('preflight', client.preflight(...call)),
    readHold: (...call) => timed('readHold', client.readHold(...call)),
    confirm: (...call) => timed('confirm', client.confirm(...call)),
    status: (...call) => timed('status', client.status(...call)),
    cancel: (...call) => timed('cancel', client.cancel(...call)),
    reverse: (...call) => timed('reverse', client.reverse(...call)),
  };
}

function callingClient(deps: ExporterClientDeps): ExporterClient {
  const { guard, peerToken, preflightTimeoutMs, confirmTimeoutMs } = deps;
  /** A trade once held needs no token: our certificate alone speaks for it (CONTRACTS.md). */
  const ask = (
    exporter: string,
    request: Omit<TraderCall, 'timeoutMs'>,
    timeoutMs = LEARN_TIMEOUT_MS,
  ): Promise<ExporterReply> =>
    reply(() =>
      guard.always(exporter, () => callExporter(deps, exporter, { ...request, timeoutMs })),
    );
  return {
    async preflight(exporter, body) {
      const token = await peerToken(exporter);
      if (token === undefined) return { kind: 'NOT_CALLED', detail: 'no token for the exporter' };
      const request = { method: 'POST', path: `${BASE}/purchase/preflight`, body } as const;
      const attempt = (timeoutMs: number): Promise<ExporterReply> =>
        reply(() =>
          guard.gated(exporter, () =>
            callExporter(deps, exporter, { ...request, timeoutMs }, token),
          ),
        );
      return onceMore(attempt, preflightTimeoutMs);
    },
    async confirm(exporter, body) {
      const request = { method: 'POST', path: `${BASE}/purchase`, body } as const;
      const first = await ask(exporter, request, confirmTimeoutMs);
      return first.kind === 'ANSWER' ? first : ask(exporter, request, confirmTimeoutMs);
    },
    readHold: (exporter, holdId) =>
      ask(
        exporter,
        { method: 'GET', path: `${BASE}/holds/${encodeURIComponent(holdId)}` },
        preflightTimeoutMs,
      ),
    status: (exporter, tradeId) =>
      ask(exporter, { method: 'GET', path: `${BASE}/purchases/${tradeId}` }),
    cancel: (exporter, tradeId, holdId) =>
      ask(exporter, {
        method: 'POST',
        path: `${BASE}/purchases/${tradeId}/cancel`,
        body: holdId === undefined ? {} : { holdId },
      }),
    reverse: (exporter, tradeId, reason) =>
      ask(exporter, {
        method: 'POST',
        path: `${BASE}/purchases/${tradeId}/reverse`,
        body: { reason },
      }),
  };
}

class ServerFailure extends Error {
  override readonly name = 'ServerFailure';
  readonly status: number;

  constructor(status: number) {
    super(`the exporter answered ${status}`);
    this.status = status;
  }
}

async function reply(call: () => Promise<CallAnswer>): Promise<ExporterReply> {
  try {
    const { status, body } = await call();
    if (status !== 200) return { kind: 'UNCLEAR', detail: `status ${status}`, status };
    const parsed = traderAnswer.safeParse(body);
    return parsed.success
      ? { kind: 'ANSWER', answer: parsed.data as TraderAnswer }
      : { kind: 'INVALID', detail: z.prettifyError(parsed.error) };
  } catch (error) {
    if (error instanceof NotCalled) return { kind: 'NOT_CALLED', detail: error.message };
    if (error instanceof ServerFailure) {
      return { kind: 'UNCLEAR', detail: error.message, status: error.status };
    }
    if (!(error instanceof ConnectionFailure)) throw error;
    const kind = error.phase === 'connect' ? 'NOT_CALLED' : 'UNCLEAR';
    return { kind, detail: error.message };
  }
}

/** One quick second try inside the same time budget; a preflight is idempotent by its trade id. */
async function onceMore(
  attempt: (timeoutMs: number) => Promise<ExporterReply>,
  budgetMs: number,
): Promise<ExporterReply> {
  const start = performance.now();
  const first = await attempt(budgetMs);
  const spent = performance.now() - start;
  const again = first.kind === 'UNCLEAR' && first.status === undefined;
  if (!again || spent >= budgetMs * QUICK_FAILURE_SHARE) return first;
  const second = await attempt(budgetMs - spent);
  // The first may have been carried out: that the second was never sent does not undo it.
  return second.kind === 'NOT_CALLED' ? first : second;
}
