import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Request } from 'express';
import type { z } from 'zod';
import { currentCorrelation } from '../../runtime/correlation.ts';
import { peerCertificate, type CertificateFacts, type PeerCertificate } from '../../runtime/tls.ts';
import { findingsOf, toPointer } from './findings.ts';
import { Problem, type ProblemDetail } from './problem.ts';
import type { Language, RequestFacts } from './route.ts';

const BEARER_FORM = /^Bearer +(\S+) *$/i;
const NO_BYTES = Buffer.alloc(0);

/** Looked up with each request: by a table, or by a list that is kept in memory. */
export type RevocationCheck = (facts: CertificateFacts) => boolean | Promise<boolean>;

/** How certificates are judged beyond the chain: their time, and what has been revoked since. */
export interface CertificateRules {
  readonly isRevoked: RevocationCheck;
  readonly clock: () => Date;
}

// A connection keeps its certificate (TLS 1.3 has no renegotiation), so it is parsed once; its time
// and its revocation are looked at with each request, because connections and sessions live long.
const certificates = new WeakMap<TLSSocket, PeerCertificate>();
// One judgement a request: what admitted it must not differ from what its guard is told.
const judged = new WeakMap<IncomingMessage, Promise<CertificateFacts | Problem>>();
const rawBodies = new WeakMap<IncomingMessage, Buffer>();

/** Keeps the bytes of a body for signatures over them; a `verify` hook of body parsers. */
export function keepRawBody(request: IncomingMessage, _response: unknown, bytes: Buffer): void {
  rawBodies.set(request, bytes);
}

/** The valid certificate of a request, or why there is none. */
export function certificateOf(
  request: IncomingMessage,
  rules: CertificateRules,
): Promise<CertificateFacts | Problem> {
  const judgement = judged.get(request) ?? judge(request, rules);
  judged.set(request, judgement);
  return judgement;
}

async function judge(
  request: IncomingMessage,
  { isRevoked, clock }: CertificateRules,
): Promise<CertificateFacts | Problem> {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) return certificateProblem('No certificate on this listener.');
  const peer = certificates.get(socket) ?? peerCertificate(socket);
  certificates.set(socket, peer);
  if (peer.state === 'absent') return certificateProblem('No client certificate was sent.');
  if (peer.state === 'untrusted') return certificateProblem('Another authority issued it.');
  const now = clock();
  if (now < peer.facts.notBefore || now > peer.facts.notAfter) {
    return certificateProblem('It is outside its time.');
  }
  return (await isRevoked(peer.facts)) ? certificateProblem('It has been revoked.') : peer.facts;
}

function certificateProblem(detail: string): Problem {
  return new Problem('CERTIFICATE_REQUIRED', { detail });
}

/** Collects what guards look at. */
export function factsOf(request: Request, certificate: CertificateFacts | undefined): RequestFacts {
  const bearer = BEARER_FORM.exec(request.get('authorization') ?? '')?.[1];
  return {
    listener: request.socket instanceof TLSSocket ? 'tls' : 'plain',
    ...(certificate === undefined ? {} : { certificate }),
    ...(bearer === undefined ? {} : { bearer }),
    header: (name) => request.get(name),
    ip: request.socket.remoteAddress ?? 'unknown',
    correlationId: currentCorrelation()?.correlationId ?? 'unknown',
    params: request.params as Record<string, string>,
    query: request.query,
    body: request.body as unknown,
    rawBody: rawBodies.get(request) ?? NO_BYTES,
  };
}

/** English only for who prefers it; the members of these marketplaces read Portuguese. */
export function languageOf(request: Request): Language {
  return request.acceptsLanguages('pt-BR', 'pt', 'en') === 'en' ? 'en' : 'pt-BR';
}

/** Parses one part of a request; throws VALIDATION_FAILED with a pointer for each finding. */
export function parsePart(
  part: ProblemDetail['in'],
  schema: z.ZodType | undefined,
  value: unknown,
  judgesTexts = false,
): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    const errors = (judgesTexts ? [] : unstorable(parsed.data, [])).map((path) => ({
      ...{ in: part, pointer: toPointer(path) },
      message: 'holds NUL or half of a character',
      rule: 'form' as const,
    }));
    if (errors.length > 0) throw new Problem('VALIDATION_FAILED', { errors });
    return parsed.data;
  }
  const errors = parsed.error.issues.flatMap((issue) => findingsOf(part, issue, value));
  throw new Problem('VALIDATION_FAILED', { errors });
}

/**
 * Paths of texts that PostgreSQL can not hold. Both are valid JSON, and NUL is valid in a URL: without
 * this each would be an error of ours at the first statement that meets it.
 */
function unstorable(value: unknown, path: readonly PropertyKey[]): (readonly PropertyKey[])[] {
  if (typeof value === 'string') {
    return value.includes('\0') || !value.isWellFormed() ? [path] : [];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) => [
    ...unstorable(key, [...path, key]),
    ...unstorable(item, [...path, key]),
  ]);
}
