import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { fixedTls, type LiveTls } from '../../runtime/live-tls.ts';
import type { TlsMaterial } from '../../runtime/tls.ts';

export interface ListenOptions {
  readonly app: Express;
  readonly tls?: {
    readonly port: number;
    /** Address to bind to. */
    readonly bindHost: string;
    /** Replaced on the running listener when it changes; connections that stand go on. */
    readonly tls: TlsMaterial | LiveTls;
    /** Named in the error when the port is occupied. */
    readonly variable?: string;
  };
  /** Without TLS: on loopback in the local profile, or for the metrics of a worker. */
  readonly plain?: {
    readonly port: number;
    /** Loopback unless told; routes of the product are never served plainly elsewhere. */
    readonly bindHost?: string;
    readonly variable?: string;
  };
}

export interface Listeners {
  /** The ports in fact, where 0 was asked for. */
  readonly tlsPort: number | undefined;
  readonly plainPort: number | undefined;
  /** Stops taking connections, lets running requests end, closes idle connections. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
// Longer than any client of ours keeps an idle connection, so that the client closes first and no
// request is sent into a closing one.
const KEEP_ALIVE_MS = 65_000;
const HEADERS_TIMEOUT_MS = 10_000;
// Bodies are small; a client that needs longer is holding the connection on purpose.
const REQUEST_TIMEOUT_MS = 15_000;
// A buyer's answer takes at most 2 s; who is not done by then is cut off.
const DRAIN_MS = 4_000;
const DRAIN_STEP_MS = 25;

/** Opens the listeners of a process; an occupied port is an error that names its variable. */
export async function listen({ app, tls, plain }: ListenOptions): Promise<Listeners> {
  const opened: Server[] = [];
  try {
    const tlsServer = tls === undefined ? undefined : createTlsServer(app, tls.tls);
    if (tls !== undefined && tlsServer !== undefined) {
      await open(tlsServer, { variable: 'TLS_PORT', ...tls });
      opened.push(tlsServer);
    }
    const plainServer = plain === undefined ? undefined : createHttpServer(app);
    if (plain !== undefined && plainServer !== undefined) {
      await open(plainServer, { bindHost: LOOPBACK, variable: 'HTTP_PORT', ...plain });
      opened.push(plainServer);
    }
    return {
      tlsPort: portOf(tlsServer),
      plainPort: portOf(plainServer),
      close: async () => void (await Promise.all(opened.map(close))),
    };
  } catch (error) {
    await Promise.all(opened.map(close));
    throw error;
  }
}

/**
 * Every connection is asked for a certificate and none is turned away for lack of one: that is for
 * the routes. TLS 1.3 only, so that a connection's certificate can not change under it.
 */
function createTlsServer(app: Express, tls: TlsMaterial | LiveTls): Server {
  const live = 'current' in tls ? tls : fixedTls(tls);
  const server = createHttpsServer(
    { ...contextOf(live.current()), requestCert: true, rejectUnauthorized: false },
    app,
  );
  live.onChange((material) => server.setSecureContext(contextOf(material)));
  return server;
}

const contextOf = ({ ca, cert, key }: TlsMaterial) =>
  ({ ca, cert, key, minVersion: 'TLSv1.3' }) as const;

interface Binding {
  readonly port: number;
  readonly bindHost: string;
  readonly variable: string;
}

async function open(server: Server, { port, bindHost, variable }: Binding): Promise<void> {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (cause: NodeJS.ErrnoException) => {
    reject(new Error(explain(cause.code, { port, bindHost, variable }), { cause }));
  });
  server.listen(port, bindHost, resolve);
  await promise;
}

function explain(code: string | undefined, { port, bindHost, variable }: Binding): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${bindHost} is in use: stop what uses it or set ${variable}`;
  }
  if (code === 'EACCES') return `Port ${port} on ${bindHost} may not be used: set ${variable}`;
  return `Can not listen on ${bindHost}:${port} (${variable}): ${code ?? 'unknown error'}`;
}

function portOf(server: Server | undefined): number | undefined {
  return (server?.address() as AddressInfo | null | undefined)?.port;
}

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // A kept connection becomes idle only when its running request ends, so look again and again.
  const idle = setInterval(() => server.closeIdleConnections(), DRAIN_STEP_MS);
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await promise;
  clearInterval(idle);
  clearTimeout(late);
}
