import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID } from 'node:crypto';

/** What ties one request, workflow and all their log lines together (DESIGN.md 4). */
export interface Correlation {
  readonly correlationId: string;
  readonly traceparent: string;
}

export const CORRELATION_HEADER = 'x-correlation-id';
export const TRACEPARENT_HEADER = 'traceparent';

// Callers choose the id, so its letters are limited: it is echoed in headers and log lines.
const CORRELATION_FORM = /^[A-Za-z0-9._:-]{1,128}$/;
const TRACEPARENT_FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const ZERO = /^0+$/;
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

const storage = new AsyncLocalStorage<Correlation>();

/** The correlation of the running request or activity, if it has one. */
export function currentCorrelation(): Correlation | undefined {
  return storage.getStore();
}

/** Runs `work` with `correlation` visible to everything it calls. */
export function withCorrelation<T>(correlation: Correlation, work: () => T): T {
  return storage.run(correlation, work);
}

/** Takes the caller's correlation where it is well formed, else makes a new one. */
export function correlationFrom(
  correlationId: string | undefined,
  traceparent: string | undefined,
): Correlation {
  const own = correlationId !== undefined && CORRELATION_FORM.test(correlationId);
  return {
    correlationId: own ? correlationId : randomUUID(),
    traceparent: continueTrace(traceparent),
  };
}

/** Headers that carry the correlation to the next party. */
export function correlationHeaders(correlation = currentCorrelation()): Record<string, string> {
  if (correlation === undefined) return {};
  return {
    [CORRELATION_HEADER]: correlation.correlationId,
    [TRACEPARENT_HEADER]: correlation.traceparent,
  };
}

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Reads a W3C traceparent of version 00; undefined where it is malformed or all zero. */
export function parseTraceparent(value: string | undefined): TraceContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT_FORM.exec(value ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (ZERO.test(traceId) || ZERO.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Makes a traceparent with a new span, in the given trace or in a new one. */
export function makeTraceparent(parent?: TraceContext): string {
  const traceId = parent?.traceId ?? randomBytes(TRACE_ID_BYTES).toString('hex');
  const flags = parent === undefined || parent.sampled ? '01' : '00';
  return `00-${traceId}-${randomBytes(SPAN_ID_BYTES).toString('hex')}-${flags}`;
}

/** The running trace, so that the next call hangs on it; a new one where nothing runs. */
export function runningTrace(): string {
  return currentCorrelation()?.traceparent ?? makeTraceparent();
}

function continueTrace(traceparent: string | undefined): string {
  return makeTraceparent(parseTraceparent(traceparent));
}
