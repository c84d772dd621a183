import { cancellationSignal } from '@temporalio/activity';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { AttemptOutcome, Endpoint } from '../../db/cp/signals/deliver.ts';
import type { WebhookKey } from '../../db/cp/webhook-key.ts';
import { SIGNAL_PATH, type SignalMessage } from '../../domain/imbalance/signal.ts';
import type { Profile } from '../../runtime/config.ts';
import { CORRELATION_HEADER } from '../../runtime/correlation.ts';
import { maskJson, maskText } from '../../runtime/mask.ts';
import { refusalOfUrl } from '../../runtime/public-url.ts';
import { wlSubjectUri } from '../../runtime/tls.ts';
import { signWebhook } from '../../runtime/webhook-signature.ts';
import { callJson, ConnectionFailure, type CallAnswer } from '../clients/agent.ts';

export interface Sending {
  readonly agent: Dispatcher;
  readonly profile: Profile;
  /** The WL that is told; nobody else's certificate is spoken to. */
  readonly wlId: string;
  readonly endpoint: Endpoint;
  readonly message: SignalMessage;
  /** The same for every attempt, so that the WL can tell a repeat. */
  readonly webhookId: string;
  readonly key: WebhookKey;
  readonly correlationId: string;
  /** For the whole call. */
  readonly timeoutMs: number;
}

export interface Sent {
  readonly startedAt: Date;
  readonly latencyMs: number;
  readonly status: number | undefined;
  readonly bodyMasked: string | undefined;
  readonly outcome: AttemptOutcome;
}

// Applying a signal is one short transaction; a WL that needs longer answers 202.
export const SEND_TIMEOUT_MS = 5_000;
// A gateway that is well answers in milliseconds; for the others there are the later attempts.
export const QUICK_TIMEOUT_MS = 1_000;
// The contract's answer is under 200 bytes; a problem document is under 2 KiB.
const MAX_ANSWER_BYTES = 16_384;
/** What is kept of an answer, for the operator who wants to know why. */
const KEPT_CHARACTERS = 1_024;
/** However long a WL asks to be left alone, imbalance grows meanwhile. */
const LONGEST_PAUSE_MS = 300_000;
const MS_PER_SECOND = 1_000;

const answerShape = z.object({
  status: z.enum(['APPLIED', 'STALE']),
  appliedAt: z.iso.datetime({ offset: true }),
  offersChanged: z.int().min(0),
});

/** One signed POST over mTLS. Whatever comes of it is an outcome; nothing is thrown for it. */
export async function sendSignal(sending: Sending): Promise<Sent> {
  const startedAt = new Date();
  const started = performance.now();
  const end = (outcome: AttemptOutcome, answer?: CallAnswer): Sent => ({
    startedAt,
    latencyMs: Math.round(performance.now() - started),
    status: answer?.status,
    bodyMasked: answer === undefined ? undefined : keptOf(answer),
    outcome,
  });
  const { peerUrl, secret } = sending.endpoint;
  if (peerUrl === undefined || secret === undefined) return end(gatewayFailure('NO_ENDPOINT'));
  const url = new URL(SIGNAL_PATH, peerUrl).href;
  if (refusalOfUrl(url, { profile: sending.profile, protocols: ['https:'] }) !== undefined) {
    return end(gatewayFailure('ADDRESS_REFUSED'));
  }
  try {
    const answer = await post(sending, { url, secret });
    return end(outcomeOf(answer), answer);
  } catch (error) {
    if (!(error instanceof ConnectionFailure) || error.phase === 'aborted') throw error;
    return end(gatewayFailure(FAILURES[error.phase]));
  }
}

const FAILURES = {
  connect: 'NOT_CONNECTED',
  timeout: 'TIMED_OUT',
  response: 'BROKEN_OFF',
} as const;

function post(
  { agent, wlId, message, webhookId, key, correlationId, timeoutMs }: Sending,
  { url, secret }: { readonly url: string; readonly secret: string },
): Promise<CallAnswer> {
  const body = JSON.stringify(message);
  const signed = signWebhook({ id: webhookId, at: new Date(), body, secret, key });
  return callJson({
    agent,
    partner: wlSubjectUri(wlId),
    method: 'POST',
    url,
    headers: { ...signed, [CORRELATION_HEADER]: correlationId },
    body,
    timeoutMs,
    maxBytes: MAX_ANSWER_BYTES,
    signal: cancellationSignal(),
  });
}

function outcomeOf({ status, body, headers }: CallAnswer): AttemptOutcome {
  if (status === 202) return { kind: 'ACCEPTED' };
  if (status >= 200 && status < 300) {
    const parsed = answerShape.safeParse(body);
    if (!parsed.success) return gatewayFailure('ANSWER_INVALID');
    const { status: said, appliedAt, offersChanged } = parsed.data;
    const kind = said === 'APPLIED' ? 'BODY' : 'STALE';
    return { kind: 'ACKED', ack: { kind, appliedAt: new Date(appliedAt), offersChanged } };
  }
  const failure = `HTTP_${status}`;
  const pauseMs = status === 429 || status === 503 ? pauseOf(headers['retry-after']) : undefined;
  // 4xx is about this signal; redirects are never followed, and come from whoever stands in front.
  const isGatewayFailure = status < 400 || status >= 500;
  return { kind: 'FAILED', failure, isGatewayFailure, pauseMs };
}

function gatewayFailure(failure: string): AttemptOutcome {
  return { kind: 'FAILED', failure, isGatewayFailure: true };
}

/** Seconds or a date (RFC 9110), bounded; nothing where it says neither. */
function pauseOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  const seconds = Number(retryAfter);
  const ms = Number.isFinite(seconds)
    ? seconds * MS_PER_SECOND
    : new Date(retryAfter).getTime() - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_PAUSE_MS);
}

/** Masked first and cut then: half an e-mail would no longer be known for one. */
function keptOf({ body, text }: CallAnswer): string | undefined {
  if (text === '') return undefined;
  const masked = body === undefined ? maskText(text) : JSON.stringify(maskJson(body));
  // PostgreSQL keeps no NUL in a text.
  return masked.replaceAll('\0', '').slice(0, KEPT_CHARACTERS);
}
