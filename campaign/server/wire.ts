import { once } from 'node:events';
import {
  connect,
  constants,
  createServer,
  type ClientHttp2Session,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** One call of a worker to the engine, whole. */
export interface WireCall {
  /** As `RespondWorkflowTaskCompleted`. */
  readonly method: string;
  /** The message, without its frame; empty where there is none. */
  readonly request: Buffer;
}

export interface WireOptions {
  /** Host and port of the engine. */
  readonly address: string;
  /** Another message in place of the one that was asked with. */
  readonly rewrite?: (call: WireCall) => Buffer | undefined;
  /** Before the engine hears of it. */
  readonly onAsk?: (call: WireCall) => Promise<void>;
  /** After the engine has done it, and before the worker knows. */
  readonly onAnswer?: (call: WireCall & { readonly response: Buffer }) => Promise<void>;
}

export interface Wire {
  readonly address: string;
  /** Ends what is under way; who was cut off may come again. */
  cut(): void;
  close(): Promise<void>;
}

/** gRPC: one byte for compression and four for the length stand before a message. */
const FRAME_BYTES = 5;
const NOTHING = Buffer.alloc(0);

/**
 * Stands between a worker and the engine's server: each call is seen before it goes and before its
 * answer comes back, and the worker may be killed at either moment. No call of a worker is a stream.
 */
export async function openWire(options: WireOptions): Promise<Wire> {
  const sessions = new Set<ServerHttp2Session>();
  const upstream = new Set<ClientHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => session.destroy());
    const engine = connect(`http://${options.address}`);
    upstream.add(engine);
    engine.on('error', () => session.destroy());
    session.on('close', () => engine.destroy());
    session.on('stream', (stream, headers) => {
      stream.on('error', () => stream.close());
      carry(options, { stream, headers, engine }).catch(() =>
        // A worker that is gone hears nothing; one that lives asks again.
        stream.destroyed ? undefined : stream.close(constants.NGHTTP2_INTERNAL_ERROR),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    cut() {
      for (const session of sessions) session.destroy();
    },
    async close() {
      for (const session of [...sessions, ...upstream]) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Carried {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly engine: ClientHttp2Session;
}

async function carry(options: WireOptions, { stream, headers, engine }: Carried): Promise<void> {
  const asked = await whole(stream);
  const path = String(headers[constants.HTTP2_HEADER_PATH]);
  const call = { method: path.slice(path.lastIndexOf('/') + 1), request: messageOf(asked) };
  await options.onAsk?.(call);
  // Its worker was killed or gave up meanwhile: what is not asked is not done.
  if (stream.destroyed) return;
  const there = engine.request(headers, { endStream: false });
  // A long poll that its worker gave up is given up at the engine too.
  stream.on('close', () => there.close(constants.NGHTTP2_CANCEL));
  there.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  const rewritten = options.rewrite?.(call);
  there.end(rewritten === undefined ? asked : frameOf(rewritten));
  let trailers: IncomingHttpHeaders = {};
  there.on('trailers', (given) => void (trailers = given));
  const [answer] = (await once(there, 'response')) as [IncomingHttpHeaders];
  const body = await whole(there);
  await options.onAnswer?.({ ...call, response: messageOf(body) });
  if (stream.destroyed) return;
  const isBare = body.length === 0 && Object.keys(trailers).length === 0;
  stream.respond(withoutConnection(answer), { waitForTrailers: !isBare, endStream: isBare });
  if (isBare) return;
  stream.on('wantTrailers', () => stream.sendTrailers(withoutConnection(trailers)));
  stream.end(body);
}

function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'connection'));
}

async function whole(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function frameOf(message: Buffer): Buffer {
  const head = Buffer.alloc(FRAME_BYTES);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function messageOf(frame: Buffer): Buffer {
  return frame.length <= FRAME_BYTES ? NOTHING : frame.subarray(FRAME_BYTES);
}
