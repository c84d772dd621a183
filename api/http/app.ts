import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import {
  CORRELATION_HEADER,
  TRACEPARENT_HEADER,
  correlationFrom,
  currentCorrelation,
  withCorrelation,
} from '../../runtime/correlation.ts';
import type { Health } from '../../runtime/health.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { OpenSpan, Tracing } from '../../runtime/tracing.ts';
import { renderDocs } from './docs-page.ts';
import { handlersOf, send } from './handle.ts';
import { buildOpenApi, type DocumentInfo } from './openapi.ts';
import { PROBLEM_TYPE, Problem, asProblem, problemBody } from './problem.ts';
import type { RateLimiters } from './rate-limit.ts';
import type { RevocationCheck } from './request.ts';
import type { Route } from './route.ts';

export interface AppDeps {
  readonly routes: readonly Route[];
  readonly log: Logger;
  readonly metrics: Metrics;
  /** A span for each request; none without it. */
  readonly tracing?: Tracing | undefined;
  readonly limiters: RateLimiters;
  readonly health: Health;
  readonly document: DocumentInfo;
  /** Whether the CRL names the certificate; nothing is revoked without it. */
  readonly isRevoked?: RevocationCheck;
  readonly clock?: () => Date;
  /** Compares each JSON answer with its schema: for tests and the local profile. */
  readonly checkResponses?: boolean;
  /** Adds what is no route, such as the files of the console, before the 404. */
  readonly mount?: (app: Express) => void;
}

/** The HTTP side of one process: its routes, health, metrics, documents and error shape. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.set('case sensitive routing', true);
  app.use(correlate(deps), observe(deps), helmet(SECURITY_HEADERS), refuseAmbiguous);
  serveOperations(app, deps);
  for (const route of deps.routes) {
    app[route.method](
      route.path,
      ...handlersOf(route, {
        log: deps.log,
        limiters: deps.limiters,
        certificateRules: {
          isRevoked: deps.isRevoked ?? (() => false),
          clock: deps.clock ?? (() => new Date()),
        },
        checkResponses: deps.checkResponses ?? false,
      }),
    );
  }
  refuseOtherMethods(app, deps.routes);
  deps.mount?.(app);
  app.use(() => {
    throw new Problem('NOT_FOUND');
  });
  app.use(answerProblem(deps));
  return app;
}

/** A path that exists says which methods it has; what stands behind it is asked by no guard. */
function refuseOtherMethods(app: Express, routes: readonly Route[]): void {
  // Text before parameters, so that `/trades/counts` is not taken for `/trades/:tradeId`.
  const paths = [...new Set(routes.map(({ path }) => path))].sort(
    (a, b) => Number(a.includes(':')) - Number(b.includes(':')),
  );
  for (const path of paths) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method);
    // Express answers HEAD by what answers GET.
    const allowed = methods.flatMap((method) => (method === 'get' ? [method, 'head'] : [method]));
    const headers = { Allow: allowed.join(', ').toUpperCase() };
    app.all(path, () => {
      const detail = 'This path has no such method.';
      throw new Problem('VALIDATION_FAILED', { status: 405, detail, headers });
    });
  }
}

// Pages come with their own files and nothing else. Styles may stand on elements, because charts
// position with them. No upgrade-insecure-requests: the plain listener has nothing to upgrade to.
const SECURITY_HEADERS: Parameters<typeof helmet>[0] = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      styleSrcAttr: ["'unsafe-inline'"],
    },
  },
  strictTransportSecurity: { includeSubDomains: false },
};

// Node takes the first of them; what stands before us may take the last.
const SINGLE_HEADERS = new Set(['host', 'authorization', 'content-type']);
const VERSIONS = new Set(['1.0', '1.1']);

/** What another server could read in another way is read by nobody (RFC 9112, 3.2 and 11.2). */
const refuseAmbiguous: RequestHandler = ({ rawHeaders, httpVersion }, _response, next) => {
  const seen = new Set<string>();
  const isTwice = rawHeaders.some((header, index) => {
    const name = header.toLowerCase();
    if (index % 2 === 1 || !SINGLE_HEADERS.has(name)) return false;
    return seen.has(name) || void seen.add(name);
  });
  if (isTwice || !VERSIONS.has(httpVersion)) {
    const detail =
      'A header that is sent once was sent twice, or the version of HTTP is not known.';
    throw new Problem('VALIDATION_FAILED', { status: 400, detail });
  }
  next();
};

function correlate({ tracing }: AppDeps): RequestHandler {
  return (request, response, next) => {
    const traceparent = request.get(TRACEPARENT_HEADER);
    const correlation = correlationFrom(request.get(CORRELATION_HEADER), traceparent);
    response.set('X-Correlation-Id', correlation.correlationId);
    const span = QUIET_PATHS.has(request.path)
      ? undefined
      : tracing?.start({
          name: request.method,
          kind: 'server',
          parent: traceparent,
          correlationId: correlation.correlationId,
        });
    if (span === undefined) return withCorrelation(correlation, next);
    response.once('close', () => endSpan(span, request, response));
    withCorrelation({ ...correlation, traceparent: span.traceparent }, next);
  };
}

const SERVER_FAULT = 500;

function endSpan(span: OpenSpan, request: Request, response: Response): void {
  const { statusCode, writableFinished } = response;
  const route = routeOf(request);
  span.rename(`${request.method} ${route}`);
  span.set({
    'http.request.method': request.method,
    'http.route': route,
    'http.response.status_code': statusCode,
  });
  if (!writableFinished) return span.end('aborted');
  span.end(statusCode >= SERVER_FAULT ? String(statusCode) : undefined);
}

/** The pattern, never the URL: ids would make endless series, and queries may hold anything. */
function routeOf(request: Request): string {
  const matched = request.route as { readonly path?: unknown } | undefined;
  return typeof matched?.path === 'string' ? matched.path : 'unmatched';
}

const MS_PER_SECOND = 1_000;
const QUIET_PATHS = new Set(['/healthz', '/readyz', '/metrics']);

function observe({ log, metrics }: AppDeps): RequestHandler {
  return (request, response, next) => {
    const start = performance.now();
    const correlation = currentCorrelation();
    response.once('close', () => {
      const ms = performance.now() - start;
      const route = routeOf(request);
      const status = response.writableFinished ? String(response.statusCode) : 'aborted';
      metrics.httpDuration.observe({ route, method: request.method, status }, ms / MS_PER_SECOND);
      const level = QUIET_PATHS.has(route) ? 'debug' : 'info';
      log[level](
        { ...correlation, method: request.method, route, status, ms: Math.round(ms * 10) / 10 },
        'request',
      );
    });
    next();
  };
}

function serveOperations(app: Express, { health, metrics, routes, document }: AppDeps): void {
  app.get('/healthz', (_request, response) => {
    send(response, { status: 200, body: { status: 'ok' } });
  });
  app.get('/readyz', async (_request, response) => {
    const report = await health.report();
    send(response, { status: report.ready ? 200 : 503, body: report });
  });
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await metrics.render();
    send(response, { status: 200, body: text, contentType });
  });
  const openApi = buildOpenApi(routes, document);
  const docs = renderDocs(openApi);
  app.get('/openapi.json', (_request, response) => {
    send(response, { status: 200, body: openApi });
  });
  app.get('/docs', (_request, response) => {
    const headers = { 'Content-Security-Policy': docs.contentSecurityPolicy };
    send(response, { status: 200, body: docs.html, headers, contentType: 'text/html' });
  });
}

interface ParserError {
  readonly type?: unknown;
  readonly status?: unknown;
}

/** Errors of Express and its body parsers carry a 4xx status: the request was at fault. */
function fromExpress(error: unknown): unknown {
  const { type, status } = (error ?? {}) as ParserError;
  if (error instanceof Problem || typeof status !== 'number') return error;
  if (status < 400 || status >= 500) return error;
  const detail =
    type === 'entity.too.large' ? 'The body is too large.' : 'The request can not be read.';
  return new Problem('VALIDATION_FAILED', { status, detail, cause: error });
}

function answerProblem({ log }: AppDeps): ErrorRequestHandler {
  return (error, _request, response, next) => {
    const problem = asProblem(fromExpress(error));
    if (problem.code === 'INTERNAL') log.error({ err: problem.cause }, 'request failed');
    if (response.headersSent) return next(error);
    const correlationId = currentCorrelation()?.correlationId ?? 'unknown';
    send(response, {
      status: problem.status,
      body: JSON.stringify(problemBody(problem, correlationId)),
      ...(problem.options.headers === undefined ? {} : { headers: problem.options.headers }),
      contentType: PROBLEM_TYPE,
    });
  };
}
