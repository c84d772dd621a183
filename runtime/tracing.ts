import { currentCorrelation, withCorrelation, type Correlation } from './correlation.ts';
import { maskText } from './mask.ts';

/** Ids, codes and patterns; never what a person has written or is called. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanFacts {
  readonly name: string;
  readonly kind?: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  /** The traceparent that this span continues; a trace of its own without it. */
  readonly parent?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly attributes?: SpanAttributes;
}

export interface OpenSpan {
  /** For what runs inside of it, here or at a partner. */
  readonly traceparent: string;
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** Ends it; `failure` is a code or the name of an error, because messages may hold anything. */
  end(failure?: string): void;
}

export interface Tracing {
  start(facts: SpanFacts): OpenSpan;
  /** Sends what has ended, and takes no more. */
  close(): Promise<void>;
}

/** Attribute by which the trace of a purchase and those of its events are found together. */
export const CORRELATION_ATTRIBUTE = 'xpory.correlation_id';

/**
 * The tracing of a process; undefined where no collector is named, and then nothing of
 * OpenTelemetry is loaded and callers do what they do without it (DESIGN.md 7).
 */
export async function openTracing(
  endpoint: string | undefined,
  service: string,
): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined;
  const { exportingTracing } = await import('./open-telemetry.ts');
  return exportingTracing(endpoint, service);
}

/** Runs `work` in a span that continues the running one; what it throws ends the span as failed. */
export async function traced<T>(
  tracing: Tracing,
  facts: SpanFacts,
  work: (span: OpenSpan) => Promise<T>,
): Promise<T> {
  const current = currentCorrelation();
  const correlationId = facts.correlationId ?? current?.correlationId;
  const span = tracing.start({ parent: current?.traceparent, ...facts, correlationId });
  const correlation: Correlation = {
    correlationId: correlationId ?? span.traceparent,
    traceparent: span.traceparent,
  };
  try {
    const result = await withCorrelation(correlation, () => work(span));
    span.end();
    return result;
  } catch (error) {
    span.end(error instanceof Error ? error.name : 'Error');
    throw error;
  }
}

const ID = /^(?:[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+|[0-9A-F]{12,})$/;

/** A path without its ids: names of spans are few, and what a path may hold stays out of them. */
export function patternOf(path: string): string {
  return maskText(
    path
      .split('/')
      .map((part) => (ID.test(part) ? '{id}' : part))
      .join('/'),
  );
}
