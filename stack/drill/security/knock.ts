import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { Party } from '../../parties.ts';
import type { Ports } from '../../ports.ts';

/** A certificate to show, PEM; `chain` may hold more than the leaf. */
export interface Credential {
  readonly cert: string;
  readonly key: string;
}

export interface Knock {
  readonly party: Party;
  readonly path: string;
  readonly method?: string;
  readonly as?: Credential | undefined;
  readonly bearer?: string | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown;
}

export interface Answer {
  /** `401 TOKEN_INVALID`, `200`, or `closed ECONNRESET` where there was none. */
  readonly outcome: string;
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Knocker {
  knock(call: Knock): Promise<Answer>;
  close(): void;
}

// An import waits for the engine; everything else answers in milliseconds.
const TIMEOUT_MS = 40_000;
// Attacks come one after the other, the matrix a few at a time.
const SOCKETS = 8;

/** Speaks to the TLS listeners with whatever certificate and headers it is told. */
export function createKnocker(ports: Ports, ca: string): Knocker {
  const agents = new Map<string, Agent>();
  const agentOf = (as: Credential | undefined): Agent => {
    const known = agents.get(as?.cert ?? '');
    if (known !== undefined) return known;
    const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS, ca, ...as });
    agents.set(as?.cert ?? '', agent);
    return agent;
  };
  return {
    knock: (call) => send(call, agentOf(call.as), ports[call.party.ports.tls]),
    close: () => agents.forEach((agent) => agent.destroy()),
  };
}

function send(call: Knock, agent: Agent, port: number): Promise<Answer> {
  const { party, path, method = 'GET', bearer, body } = call;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const headers: Record<string, string | string[]> = {
    host: `${party.host}:${port}`,
    ...(text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
    ...(text === undefined || typeof body === 'string'
      ? {}
      : { 'content-type': 'application/json' }),
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
  };
  for (const [name, value] of Object.entries(call.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const closed = (code: string): void =>
    resolve({ outcome: `closed ${code}`, status: 0, text: '', headers: {} });
  // What can not even be sent, such as a header with a line break, is refused by our own side.
  const sent = attempt(() =>
    request(
      // The names of the local stack are not in any resolver.
      { agent, host: '127.0.0.1', servername: party.host, port, path, method, headers },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', (error: NodeJS.ErrnoException) => closed(error.code ?? 'ERROR'));
        response.on('end', () => {
          const answered = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          const outcome = [status, codeOf(answered)].filter(Boolean).join(' ');
          resolve({ outcome, status, text: answered, headers: response.headers });
        });
      },
    ),
  );
  if (sent instanceof Error) {
    closed((sent as NodeJS.ErrnoException).code ?? 'UNSENDABLE');
    return promise;
  }
  sent.on('error', (error: NodeJS.ErrnoException) => closed(error.code ?? 'ERROR'));
  sent.setTimeout(TIMEOUT_MS, () => {
    closed('TIMEOUT');
    sent.destroy();
  });
  sent.end(text);
  return promise;
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error as Error;
  }
}

/** The code of a problem, where the answer is one. */
export function codeOf(text: string): string | undefined {
  try {
    const { code } = (JSON.parse(text) ?? {}) as { readonly code?: unknown };
    return typeof code === 'string' ? code : undefined;
  } catch {
    // Pages and empty answers have none.
    return undefined;
  }
}
