import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { once } from 'node:events';
import { request, type Dispatcher } from 'undici';
import type { TlsMaterial } from '../../runtime/tls.ts';

/** The routes of an exporter that an importer calls, by what they do. */
export type TraderCall = 'preflight' | 'hold' | 'confirm' | 'status' | 'cancel' | 'reverse';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Intercepted {
  readonly call: TraderCall;
  /** Lets the exporter do it; more than once where a fault wants that. */
  forward(): Promise<Answer>;
}

/** What becomes of one call: an answer, none until the caller gives up, or a broken connection. */
export type Fault = (intercepted: Intercepted) => Promise<Answer | 'SILENCE' | 'BREAK'>;

/** The request is lost before it has an effect. */
export const swallowed: Fault = async () => 'BREAK';
/** It has its effect, and the answer is lost. */
export const answerLost: Fault = async ({ forward }) => {
  await forward();
  return 'BREAK';
};
/** The same two, noticed only by the caller's own time-out. */
export const silentBefore: Fault = async () => 'SILENCE';
export const silentAfter: Fault = async ({ forward }) => {
  await forward();
  return 'SILENCE';
};
/** Another program answers in the exporter's place. */
export const answering =
  (status: number, body: unknown = { code: 'INTERNAL' }): Fault =>
  async () => ({ status, body });
/** It has its effect, and the answer comes back as something else. */
export const rewritten =
  (change: (body: Record<string, unknown>) => unknown): Fault =>
  async ({ forward }) => {
    const { status, body } = await forward();
    return { status, body: change(body as Record<string, unknown>) };
  };

/** One after the other; the last one stays. */
export function inTurn(...faults: readonly [Fault, ...Fault[]]): Fault {
  let next = 0;
  return (intercepted) => {
    const fault = faults[Math.min(next, faults.length - 1)] ?? faults[0];
    next += 1;
    return fault(intercepted);
  };
}

export interface Gate {
  readonly fault: Fault;
  /** Resolves when a call stands at the gate. */
  readonly reached: Promise<void>;
  /** Resolves when it has passed and the exporter has answered. */
  readonly passed: Promise<void>;
  open(): void;
}

/** Stops one call before or after its effect, until it is opened. */
export function gate(at: 'BEFORE' | 'AFTER'): Gate {
  const arrival = Promise.withResolvers<void>();
  const opening = Promise.withResolvers<void>();
  const passage = Promise.withResolvers<void>();
  const stand = async (): Promise<void> => {
    arrival.resolve();
    await opening.promise;
  };
  return {
    reached: arrival.promise,
    passed: passage.promise,
    open: () => opening.resolve(),
    async fault({ forward }) {
      if (at === 'BEFORE') await stand();
      const answer = await forward();
      if (at === 'AFTER') await stand();
      passage.resolve();
      return answer;
    },
  };
}

export interface SeenCall {
  readonly call: TraderCall;
  readonly tradeId: string | undefined;
}

export interface FaultProxy {
  readonly port: number;
  readonly calls: readonly SeenCall[];
  /** From now on, for so many calls; without a number until `heal`. */
  on(call: TraderCall, fault: Fault, times?: number): void;
  heal(): void;
  /** Connections are refused, as by a machine without the program. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

export interface FaultProxyOptions {
  readonly port: number;
  /** The exporter's own certificate: the importer can't tell the proxy from it. */
  readonly tls: TlsMaterial;
  /** Shows the importer's certificate to the exporter. */
  readonly agent: Dispatcher;
  readonly target: string;
}

interface Rule {
  readonly fault: Fault;
  left: number;
}

/** A TLS listener between importer and exporter that does to calls what a network may do. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { port, tls } = options;
  const rules = new Map<TraderCall, Rule>();
  const calls: SeenCall[] = [];
  const sockets = new Set<Duplex>();
  let server: Server | undefined;

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await textOf(incoming);
    const call = callOf(incoming);
    calls.push({ call, tradeId: tradeOf(incoming, body) });
    const rule = rules.get(call);
    const isActive = rule !== undefined && rule.left > 0;
    if (isActive) rule.left -= 1;
    const forward = (): Promise<Answer> => pass(options, incoming, body);
    const answer = await (isActive ? rule.fault({ call, forward }) : forward());
    if (answer === 'BREAK') outgoing.destroy();
    if (typeof answer === 'string' || outgoing.destroyed) return;
    outgoing.writeHead(answer.status, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify(answer.body));
  };
  const up = async (): Promise<void> => {
    if (server !== undefined) return;
    const next = createServer({ ...tls, requestCert: true }, (incoming, outgoing) => {
      // A caller that has gone, or an exporter that is down, ends this call and no other.
      serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
    next.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    next.listen(port, '127.0.0.1');
    await once(next, 'listening');
    server = next;
  };
  const down = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    const closed = once(closing, 'close');
    closing.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await up();
  return {
    ...{ port, calls, up, down },
    on: (call, fault, times = Number.POSITIVE_INFINITY) =>
      void rules.set(call, { fault, left: times }),
    heal: () => rules.clear(),
    stop: down,
  };
}

const BASE = '/api/v2/trader';

function callOf({ method, url = '' }: IncomingMessage): TraderCall {
  if (url === `${BASE}/purchase/preflight`) return 'preflight';
  if (url === `${BASE}/purchase`) return 'confirm';
  if (url.startsWith(`${BASE}/holds/`)) return 'hold';
  if (url.endsWith('/cancel')) return 'cancel';
  if (url.endsWith('/reverse')) return 'reverse';
  if (method === 'GET' && url.startsWith(`${BASE}/purchases/`)) return 'status';
  throw new Error(`no trader call: ${method} ${url}`);
}

function tradeOf({ url = '' }: IncomingMessage, body: string): string | undefined {
  const inPath = /\/purchases\/([^/]+)/.exec(url)?.[1];
  if (inPath !== undefined || body === '') return inPath;
  return (JSON.parse(body) as { tradeId?: string }).tradeId;
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const PASSED_ON = ['authorization', 'content-type', 'traceparent', 'x-correlation-id'] as const;

async function pass(
  { agent, target }: FaultProxyOptions,
  incoming: IncomingMessage,
  body: string,
): Promise<Answer> {
  const headers = Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = incoming.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
  const answer = await request(`${target}${incoming.url ?? ''}`, {
    dispatcher: agent,
    method: incoming.method as Dispatcher.HttpMethod,
    headers,
    ...(body !== '' && { body }),
  });
  return { status: answer.statusCode, body: await answer.body.json() };
}
