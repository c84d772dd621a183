import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { EVENT_RESULTS } from '../../domain/telemetry/events.ts';
import { correlationHeaders } from '../../runtime/correlation.ts';
import { CP_SUBJECT_URI } from '../../runtime/tls.ts';
import { callJson, ConnectionFailure, type CallAnswer } from './agent.ts';

const outcomeShape = z.object({
  eventId: z.string().nullable(),
  result: z.enum(EVENT_RESULTS),
  code: z.string().optional(),
});
const answerShape = z.object({ results: z.array(outcomeShape) });

export type EventOutcome = z.output<typeof outcomeShape>;

/** An answer for each event in their order, or why there is none. */
export type ReportAnswer =
  | { readonly delivered: true; readonly results: readonly EventOutcome[] }
  | {
      readonly delivered: false;
      readonly why: string;
      /** The token was not accepted: another one may be. */
      readonly isTokenRefused: boolean;
      /** How long the Control Plane asks to be left alone. */
      readonly retryAfterMs?: number | undefined;
    };

export interface TelemetryClient {
  report(request: {
    readonly token: string;
    /** Signed events as JSON texts. */
    readonly events: readonly string[];
    readonly signal: AbortSignal;
  }): Promise<ReportAnswer>;
}

// Nobody waits for a report; a batch is one transaction of a few hundred milliseconds there.
const CALL_TIMEOUT_MS = 10_000;
const MS_PER_SECOND = 1_000;
const SECONDS_FORM = /^\d{1,6}$/;

/** Reports events over mTLS; a call that fails in any way is an answer like the others. */
export function createTelemetryClient(deps: {
  readonly agent: Dispatcher;
  readonly cpUrl: string;
}): TelemetryClient {
  const url = new URL('/telemetry/events', deps.cpUrl).href;
  return {
    async report({ token, events, signal }) {
      try {
        const answer = await callJson({
          agent: deps.agent,
          partner: CP_SUBJECT_URI,
          method: 'POST',
          url,
          body: `{"events":[${events.join(',')}]}`,
          headers: { ...correlationHeaders(), authorization: `Bearer ${token}` },
          timeoutMs: CALL_TIMEOUT_MS,
          signal,
        });
        return answer.status === 200 ? readResults(answer, events.length) : refusalOf(answer);
      } catch (error) {
        if (!(error instanceof ConnectionFailure)) throw error;
        return { delivered: false, why: error.message, isTokenRefused: false };
      }
    },
  };
}

function readResults({ body }: CallAnswer, sent: number): ReportAnswer {
  const parsed = answerShape.safeParse(body);
  if (parsed.success && parsed.data.results.length === sent) {
    return { delivered: true, results: parsed.data.results };
  }
  return { delivered: false, why: 'the answer has another shape', isTokenRefused: false };
}

function refusalOf({ status, headers }: CallAnswer): ReportAnswer {
  const seconds = headers['retry-after'] ?? '';
  return {
    delivered: false,
    why: `the Control Plane answered ${status}`,
    isTokenRefused: status === 401 || status === 403,
    ...(SECONDS_FORM.test(seconds) && { retryAfterMs: Number(seconds) * MS_PER_SECOND }),
  };
}
