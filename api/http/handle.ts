import express, { type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { Logger } from '../../runtime/log.ts';
import { IDEMPOTENCY_HEADER, readIdempotencyKey } from './idempotency.ts';
import { Problem } from './problem.ts';
import type { RateLimiters } from './rate-limit.ts';
import { refusalsOf } from './refusals.ts';
import {
  certificateOf,
  factsOf,
  keepRawBody,
  languageOf,
  parsePart,
  type CertificateRules,
} from './request.ts';
import type { Context, Reply, RequestFacts, Route } from './route.ts';

// The largest honest body is a batch of 500 events; more is refused before it is parsed.
const BODY_LIMIT_BYTES = 256 * 1_024;
const PARAMETER_LIMIT = 100;
const UNAUTHENTICATED = new Set([401, 403]);

export interface HandleDeps {
  readonly log: Logger;
  readonly limiters: RateLimiters;
  readonly certificateRules: CertificateRules;
  /** Compares each JSON answer with the route's schema; on in tests and in the local profile. */
  readonly checkResponses: boolean;
}

/** The chain that answers one route: listener and certificate, body, guard, limit, handler. */
export function handlersOf(route: Route, deps: HandleDeps): RequestHandler[] {
  return [admit(route, deps), ...bodyParsers(route), answer(route, deps)];
}

function admit({ guard }: Route, { certificateRules }: HandleDeps): RequestHandler {
  return async (request, _response, next) => {
    if (!guard.needsCertificate) return next();
    if (factsOf(request, undefined).listener === 'plain') throw new Problem('NOT_FOUND');
    const certificate = await certificateOf(request, certificateRules);
    if (certificate instanceof Problem) throw certificate;
    next();
  };
}

function bodyParsers({ body, form }: Route): RequestHandler[] {
  const common = { limit: BODY_LIMIT_BYTES, verify: keepRawBody };
  if (body !== undefined) {
    const parser = express.json({ ...common, strict: true });
    return [refuseLarge, requireType('application/json'), parser];
  }
  if (form === undefined) return [];
  const parse = { ...common, extended: false, parameterLimit: PARAMETER_LIMIT };
  const type = 'application/x-www-form-urlencoded';
  return [refuseLarge, requireType(type), express.urlencoded(parse)];
}

/** The parser would read a body to its end before it refuses it: whoever says 10 GiB is not heard. */
const refuseLarge: RequestHandler = (request, _response, next) => {
  if (Number(request.get('content-length') ?? 0) > BODY_LIMIT_BYTES) {
    throw new Problem('VALIDATION_FAILED', {
      ...{ status: 413, detail: 'The body is too large.' },
      headers: { Connection: 'close' },
    });
  }
  next();
};

// JSON is UTF-8; what other character sets spell differently would be read in two ways.
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

function requireType(type: string): RequestHandler {
  return (request, _response, next) => {
    // `is` answers null where there is no body at all: that is for the schema to judge. Clients that
    // announce an empty one, as fetch does, mean the same.
    const isEmpty = request.get('content-length') === '0';
    const charset = CHARSET.exec(request.get('content-type') ?? '')?.[1] ?? 'utf-8';
    const isOther = charset.toLowerCase() !== 'utf-8';
    if (!isEmpty && (request.is(type) === false || isOther)) {
      throw new Problem('VALIDATION_FAILED', {
        status: 415,
        detail: `The body has to be ${type} in UTF-8.`,
      });
    }
    next();
  };
}

function answer(route: Route, deps: HandleDeps): RequestHandler {
  return async (request, response) => {
    try {
      const reply = await replyOf(route, request, deps);
      if (deps.checkResponses) checkReply(route, reply);
      send(response, reply);
    } catch (error) {
      if (deps.checkResponses && error instanceof Problem) checkRefusal(route, error);
      throw error;
    }
  };
}

async function replyOf(route: Route, request: Request, deps: HandleDeps): Promise<Reply> {
  const certificate = await certificateOf(request, deps.certificateRules);
  const facts = factsOf(request, certificate instanceof Problem ? undefined : certificate);
  const principal = await authenticate(route, facts, deps);
  await deps.limiters.consume(route.group, limitKeyOf(route, principal, facts));
  return route.handler(contextOf(route, { request, facts, principal, deps }));
}

async function authenticate(
  { guard }: Route,
  facts: RequestFacts,
  { limiters }: HandleDeps,
): Promise<unknown> {
  try {
    return await guard.check(facts);
  } catch (error) {
    // Only refused callers are counted by address, so that a guesser never locks out its neighbour.
    if (error instanceof Problem && UNAUTHENTICATED.has(error.status)) {
      await limiters.consume('refused', facts.ip);
    }
    throw error;
  }
}

function limitKeyOf({ guard }: Route, principal: unknown, { ip }: RequestFacts): string {
  const key = guard.limitKey?.(principal);
  return key === undefined ? `ip:${ip}` : `caller:${key}`;
}

interface Call {
  readonly request: Request;
  readonly facts: RequestFacts;
  readonly principal: unknown;
  readonly deps: HandleDeps;
}

function contextOf(
  route: Route,
  { request, facts, principal, deps }: Call,
): Context<unknown, unknown, unknown, unknown> {
  const { body, form, judgesTexts } = route;
  const idempotencyKey =
    route.idempotency === undefined
      ? undefined
      : readIdempotencyKey(facts.header(IDEMPOTENCY_HEADER), route.idempotency);
  return {
    principal,
    params: parsePart('path', route.params, facts.params),
    query: parsePart('query', route.query, { ...facts.query }),
    body: parsePart('body', body ?? form, plainBody(facts.body), judgesTexts),
    facts,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    language: languageOf(request),
    log: deps.log,
    consume: (group, key) => deps.limiters.consume(group, `caller:${key}`),
  };
}

// The form parser makes an object without a prototype, which schemas and comparisons trip over.
function plainBody(body: unknown): unknown {
  const bare = body !== null && typeof body === 'object' && Object.getPrototypeOf(body) === null;
  return bare ? { ...body } : body;
}

function checkReply(
  { method, path, responses }: Route,
  { status, body, contentType }: Reply,
): void {
  const name = `${method.toUpperCase()} ${path} ${status}`;
  const declared = responses[status];
  if (declared === undefined) throw new Error(`${name} is not a declared answer`);
  if (contentType !== undefined) return;
  const specs = (Array.isArray(declared) ? declared : [declared]) as unknown[];
  const schemas = specs.filter((spec) => spec instanceof z.ZodType);
  if (schemas.length === 0 && body === undefined) return;
  const issues = schemas.map((schema) => schema.safeParse(body).error);
  if (issues.includes(undefined)) return;
  throw new Error(`${name} differs from its schema`, { cause: issues[0] });
}

/** A refusal that the document does not name would be news to whoever wrote a client by it. */
function checkRefusal(route: Route, refused: Problem): void {
  if (refusalsOf(route).get(refused.status)?.includes(refused.code) === true) return;
  const name = `${route.method.toUpperCase()} ${route.path} ${refused.status} ${refused.code}`;
  throw new Error(`${name} is not a declared refusal`, { cause: refused });
}

/** Writes a reply: JSON, or a text or bytes under their own content type. */
export function send(response: Response, { status, body, headers, contentType }: Reply): void {
  // Answers hold balances and tokens: what may be kept says so itself.
  response.status(status).set({ 'Cache-Control': 'no-store', ...headers });
  if (body === undefined) {
    response.end();
  } else if (contentType !== undefined) {
    response.set('Content-Type', contentType).end(body);
  } else {
    response.set('Content-Type', 'application/json; charset=utf-8').end(JSON.stringify(body));
  }
}
