import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Context,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { Resource } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { parseTraceparent } from './correlation.ts';
import { maskText } from './mask.ts';
import {
  CORRELATION_ATTRIBUTE,
  type OpenSpan,
  type SpanAttributes,
  type SpanFacts,
  type Tracing,
} from './tracing.ts';

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

/** A collector that is slow or away costs this and no more; what it misses is dropped. */
const EXPORT_TIMEOUT_MS = 5_000;
/** Often enough to watch a purchase while it is talked about. */
const EXPORT_EVERY_MS = 1_000;
/** Some seconds of a busy process; behind a collector that is away the newest are dropped. */
const QUEUED_SPANS = 4_096;

/** Loaded only where a collector is named (`openTracing`). */
export function exportingTracing(endpoint: string, service: string): Tracing {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS });
  const processor = new BatchSpanProcessor(exporter, {
    scheduledDelayMillis: EXPORT_EVERY_MS,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    maxQueueSize: QUEUED_SPANS,
  });
  const provider = new BasicTracerProvider({
    resource: new Resource({ 'service.name': service, 'service.namespace': 'xpory' }),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('xpory');
  return {
    start({ name, kind = 'internal', parent, correlationId, attributes }) {
      const known =
        correlationId === undefined ? {} : { [CORRELATION_ATTRIBUTE]: maskText(correlationId) };
      const span = tracer.startSpan(
        name,
        { kind: KINDS[kind], attributes: { ...known, ...masked(attributes) } },
        contextOf(parent),
      );
      const { traceId, spanId, traceFlags } = span.spanContext();
      const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
      return {
        traceparent: `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`,
        rename: (to) => void span.updateName(to),
        set: (more) => void span.setAttributes(masked(more)),
        end(failure) {
          if (failure !== undefined) {
            span.setStatus({ code: SpanStatusCode.ERROR });
            span.setAttribute('error.type', failure);
          }
          span.end();
        },
      } satisfies OpenSpan;
    },
    close: () => provider.shutdown(),
  };
}

/** The last gate before spans leave the process, as for log lines. */
function masked(attributes: SpanAttributes = {}): SpanAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === 'string' ? maskText(value) : value,
    ]),
  );
}

function contextOf(parent: SpanFacts['parent']): Context {
  const from = parseTraceparent(parent);
  if (from === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: from.traceId,
    spanId: from.spanId,
    traceFlags: from.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  });
}
