import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { Agent, Dispatcher, errors, request } from 'undici';
import { TRACEPARENT_HEADER } from '../../runtime/correlation.ts';
import type { FaultHandler } from '../../runtime/fault-points.ts';
import { fixedTls, type LiveTls } from '../../runtime/live-tls.ts';
import { ADDRESS_REFUSED } from '../../runtime/public-url.ts';
import type { Revocations } from '../../runtime/revocations.ts';
import { patternOf, traced, type SpanFacts, type Tracing } from '../../runtime/tracing.ts';
import { serialOf, subjectUriOf, type TlsMaterial } from '../../runtime/tls.ts';

export interface AgentTimeouts {
  /** TCP and TLS handshake. */
  readonly connectMs?: number;
  /** How long an idle connection is kept for the next call. */
  readonly keepAliveMs?: number;
}

export interface AgentOptions {
  /** Our certificate and the CA that we trust for partners; both sides of mTLS. */
  readonly tls: TlsMaterial | LiveTls;
  /** Partners whose certificate is in it are not spoken to. */
  readonly revocations?: Revocations;
  /** Connections per partner; as many calls run at once. */
  readonly connections: number;
  readonly timeouts?: AgentTimeouts;
  /** A span for each call; none without it. */
  readonly tracing?: Tracing | undefined;
  /** Around each call; only runs of faults hand one in. */
  readonly points?: FaultHandler | undefined;
  /** Instead of the system's resolver; where it refuses, nothing is sent. */
  readonly lookup?: LookupFunction;
}

export interface CallOptions {
  readonly agent: Dispatcher;
  /**
   * The URI SAN that the called party's certificate has to carry. Our authority signs for every
   * party, and an address is only what somebody registered: without it any partner could answer for
   * another. Left out where the called one is no party of ours.
   */
  readonly partner?: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** Sent as JSON; a string is sent as it is, for bodies that are signed. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** From the call to the last byte of its answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** A larger answer is a failure of its sender. */
  readonly maxBytes?: number;
}

export interface CallAnswer {
  readonly status: number;
  /** Parsed JSON; undefined where the answer is not JSON. */
  readonly body: unknown;
  /** The text as it came, for signatures over it. */
  readonly text: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * `connect`: the request was never sent. `timeout`, `response`: it may have been carried out, and
 * only asking can tell (RULES.md 5). `aborted`: our own signal ended it, with the same doubt.
 */
export type FailurePhase = 'connect' | 'response' | 'timeout' | 'aborted';

/** No usable HTTP answer came back. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure';
  readonly phase: FailurePhase;

  constructor(phase: FailurePhase, message: string, options?: ErrorOptions) {
    super(message, options);
    this.phase = phase;
  }
}

// Loopback and LAN connect in milliseconds; a purchase has half a second for the whole call.
const CONNECT_TIMEOUT_MS = 400;
// Under the 65 s of our listeners, so that the client closes first.
const KEEP_ALIVE_MS = 30_000;
const KEEP_ALIVE_MAX_MS = 60_000;
// 200 offers or 500 events with room; more would be a partner filling our memory.
const MAX_ANSWER_BYTES = 4 * 1_024 * 1_024;

type MakePool = (partner: string | undefined) => Agent;

/**
 * mTLS connections, a pool for each partner and one for whoever is no party. Pools are not shared,
 * because a connection or a resumed session is not asked for the partner's certificate again. When
 * our certificate is replaced or a partner's is revoked, new pools take the calls and the old ones
 * end with their last: a connection keeps the certificates that it was made with.
 */
export class PartnerAgent extends Dispatcher {
  readonly #make: MakePool;
  #pools = new Map<string | undefined, Agent>();
  #isClosed = false;
  readonly tracing: Tracing | undefined;
  readonly points: FaultHandler | undefined;

  constructor(make: MakePool, { tracing, points }: Pick<AgentOptions, 'tracing' | 'points'> = {}) {
    super();
    this.tracing = tracing;
    this.points = points;
    this.#make = make;
  }

  /** The connections that are only made to the holder of a certificate with this URI SAN. */
  toward(partner: string | undefined): Agent {
    if (this.#isClosed) throw new errors.ClientClosedError();
    const known = this.#pools.get(partner);
    if (known !== undefined) return known;
    const made = this.#make(partner);
    this.#pools.set(partner, made);
    return made;
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    return this.toward(undefined).dispatch(options as Agent.DispatchOptions, handler);
  }

  /** Resolves once the last call on the old connections has ended. */
  async renew(): Promise<void> {
    const old = [...this.#pools.values()];
    this.#pools = new Map();
    await Promise.all(old.map((pool) => pool.close()));
  }

  override async close(): Promise<void> {
    this.#isClosed = true;
    await this.renew();
  }

  override async destroy(): Promise<void> {
    this.#isClosed = true;
    const old = [...this.#pools.values()];
    this.#pools = new Map();
    await Promise.all(old.map((pool) => pool.destroy()));
  }
}

/** An agent for one party's calls. `*.localhost` is loopback by RFC 6761; Node's resolver differs. */
export function createAgent(options: AgentOptions): PartnerAgent {
  const { connections, revocations, timeouts = {}, lookup = lookupLocalhost } = options;
  const { connectMs = CONNECT_TIMEOUT_MS, keepAliveMs = KEEP_ALIVE_MS } = timeouts;
  const live = 'current' in options.tls ? options.tls : fixedTls(options.tls);
  const agent = new PartnerAgent((partner) => {
    const { ca, cert, key } = live.current();
    return new Agent({
      connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      connect: {
        ...{ ca, cert, key, timeout: connectMs, lookup },
        checkServerIdentity: (host, peer) => refusalOfServer(host, peer, { partner, revocations }),
      },
    });
  }, options);
  const renew = (): void => {
    // What fails is the end of a pool that nobody uses any more.
    agent.renew().catch(() => undefined);
  };
  live.onChange(renew);
  revocations?.onChange(renew);
  return agent;
}

interface ServerRules {
  readonly partner: string | undefined;
  readonly revocations: Revocations | undefined;
}

const OTHER_PARTNER = 'CERT_OTHER_PARTNER';

function refusalOfServer(
  host: string,
  peer: PeerCertificate,
  { partner, revocations }: ServerRules,
): Error | undefined {
  const refusal = checkServerIdentity(host, peer);
  if (refusal !== undefined) return refusal;
  const shown = subjectUriOf(peer.subjectaltname);
  if (partner !== undefined && shown !== partner) {
    const message = `${host} shows the certificate of ${shown ?? 'nobody'} instead of ${partner}`;
    return Object.assign(new Error(message), { code: OTHER_PARTNER });
  }
  if (revocations?.isRevoked({ serial: serialOf(peer.serialNumber) }) !== true) return undefined;
  return Object.assign(new Error(`the certificate of ${host} is revoked`), {
    code: 'CERT_REVOKED',
  });
}

const lookupLocalhost: LookupFunction = (hostname, options, callback) => {
  if (hostname !== 'localhost' && !hostname.endsWith('.localhost')) {
    systemLookup(hostname, options, callback);
  } else if (options.all === true) {
    callback(null, [{ address: '127.0.0.1', family: 4 }]);
  } else {
    callback(null, '127.0.0.1', 4);
  }
};

/** One JSON call without redirects; throws ConnectionFailure where no whole answer came. */
export async function callJson(options: CallOptions): Promise<CallAnswer> {
  const { tracing, points } = options.agent instanceof PartnerAgent ? options.agent : {};
  const perform = points === undefined ? call : throughPoints(points);
  return tracing === undefined ? perform(options) : tracedCall(tracing, options, perform);
}

type Perform = (options: CallOptions) => Promise<CallAnswer>;

function throughPoints(points: FaultHandler): Perform {
  return async (options) => {
    const { method, url } = options;
    const subject = `${method} ${new URL(url).pathname}`;
    const facts = { subject, send: () => call(options) };
    await points('call.send', facts);
    const answer = await call(options);
    await points('call.answered', facts);
    return answer;
  };
}

const SERVER_FAULT = 500;

/** A span for each attempt; the partner's hangs on it where the caller sends a trace at all. */
function tracedCall(tracing: Tracing, options: CallOptions, perform: Perform): Promise<CallAnswer> {
  const { method, url, headers = {} } = options;
  const { pathname, hostname } = new URL(url);
  const facts: SpanFacts = {
    name: `${method} ${patternOf(pathname)}`,
    kind: 'client',
    attributes: { 'http.request.method': method, 'server.address': hostname },
  };
  return traced(tracing, facts, async ({ traceparent, set }) => {
    const sent = TRACEPARENT_HEADER in headers ? { [TRACEPARENT_HEADER]: traceparent } : {};
    const answer = await perform({ ...options, headers: { ...headers, ...sent } });
    const isFault = answer.status >= SERVER_FAULT;
    set({
      'http.response.status_code': answer.status,
      ...(isFault && { 'error.type': String(answer.status) }),
    });
    return answer;
  });
}

async function call(options: CallOptions): Promise<CallAnswer> {
  const { agent, partner, method, url, body, headers, timeoutMs, signal } = options;
  // What is left of a budget is a fraction, and the platform takes whole milliseconds only.
  const deadline = AbortSignal.timeout(Math.ceil(timeoutMs));
  try {
    const answer = await request(url, {
      dispatcher: partner === undefined ? agent : connectionsTo(partner, { agent, url }),
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
    });
    const text = await readText(answer.body, options.maxBytes ?? MAX_ANSWER_BYTES);
    return {
      status: answer.statusCode,
      body: parseJson(answer.headers['content-type'], text),
      text,
      headers: flatten(answer.headers),
    };
  } catch (error) {
    throw toFailure(error, { url, timeoutMs, timedOut: deadline.aborted, signal });
  }
}

/** A fault of ours: trying again does not mend it. */
class NoWayToPartner extends Error {
  override readonly name = 'NoWayToPartner';
}

/** Fails closed: where nobody looks at the certificate there is no way to a partner. */
function connectionsTo(
  partner: string,
  { agent, url }: Pick<CallOptions, 'agent' | 'url'>,
): Dispatcher {
  if (agent instanceof PartnerAgent && url.startsWith('https:')) return agent.toward(partner);
  throw new NoWayToPartner(`the way to ${partner} can not tell who answers`);
}

async function readText(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      body.destroy();
      throw new ConnectionFailure('response', `the answer is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;

function parseJson(type: string | string[] | undefined, text: string): unknown {
  if (typeof type !== 'string' || !JSON_TYPE.test(type)) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    // Callers validate bodies: a broken one is refused there, with the status that came along.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  );
  return Object.fromEntries(entries);
}

interface FailedCall {
  readonly url: string;
  readonly timeoutMs: number;
  readonly timedOut: boolean;
  readonly signal: AbortSignal | undefined;
}

// Failures before a connection stood. Any other may have come after the request was sent.
const CONNECT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EPROTO',
  'UND_ERR_CONNECT_TIMEOUT',
  ADDRESS_REFUSED,
]);
// The server's certificate was not accepted, so nothing was sent.
const HANDSHAKE_CODE = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_)/;

function toFailure(error: unknown, call: FailedCall): Error {
  if (error instanceof ConnectionFailure || error instanceof NoWayToPartner) return error;
  const { origin } = new URL(call.url);
  const code = String((error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown');
  if (code === OTHER_PARTNER) {
    return new ConnectionFailure('connect', (error as Error).message, { cause: error });
  }
  if (CONNECT_CODES.has(code) || HANDSHAKE_CODE.test(code)) {
    return new ConnectionFailure('connect', `${origin} can not be reached (${code})`, {
      cause: error,
    });
  }
  if (call.timedOut) {
    const message = `${origin} did not answer within ${call.timeoutMs} ms`;
    return new ConnectionFailure('timeout', message, { cause: error });
  }
  if (call.signal?.aborted === true) {
    return new ConnectionFailure('aborted', `the call to ${origin} was given up`, { cause: error });
  }
  const message = `${origin} broke off before its answer was whole (${code})`;
  return new ConnectionFailure('response', message, { cause: error });
}
