import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { z } from 'zod';
import {
  SIGNAL_PATH,
  type SignalAnswer,
  type SignalMessage,
} from '../../domain/imbalance/signal.ts';
import { CP_SUBJECT_URI, peerCertificate, type TlsMaterial } from '../../runtime/tls.ts';
import { verifyWebhook } from '../../runtime/webhook-signature.ts';

export interface DoubleWlOptions {
  readonly wlId: string;
  /** A certificate that names `host`. */
  readonly tls: TlsMaterial;
  readonly host: string;
  /** The signal secret that the Control Plane holds for this WL. */
  readonly secret: () => string;
  /** The Control Plane's webhook keys that it has heard of; none unless given. */
  readonly publicKeys?: ReadonlyMap<string, KeyObject>;
  readonly port?: number;
}

export interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What becomes of one call: an answer, none at all, or a connection that is cut. */
export type Behaviour = (call: {
  readonly message: SignalMessage;
  /** Lets the WL do it. */
  readonly apply: () => Answered;
}) => Promise<Answered | 'SILENCE' | 'BREAK'>;

export interface Effect {
  readonly id: string;
  readonly src: string;
  readonly dst: string;
  readonly sequence: bigint;
  readonly action: SignalMessage['action'];
}

/** A white label that knows signals and nothing else, by the same rules as the real one. */
export interface DoubleWl {
  readonly wlId: string;
  readonly url: string;
  readonly port: number;
  /** Every well-formed call that came through the door, with its headers. */
  readonly calls: readonly { readonly message: SignalMessage; readonly webhookId: string }[];
  /** What was changed, in the order in which it was. */
  readonly effects: readonly Effect[];
  isDisabled(pair: { readonly src: string; readonly dst: string }): boolean;
  behave(behaviour: Behaviour): void;
  heal(): void;
  /** Connections are refused, as by a machine without the program. */
  down(): Promise<void>;
  up(): Promise<void>;
}

const OFFERS_OF_A_PAIR = 3;
const MAX_BODY = 262_144;

const decimal = z.string().regex(/^-?\d{1,18}\.\d{2}$/);
const messageShape = z.strictObject({
  id: z.uuid(),
  sequence: z.string().regex(/^\d{1,18}$/),
  src: z.uuid(),
  dst: z.uuid(),
  action: z.enum(['DISABLE', 'ENABLE', 'TEST']),
  reason: z.string().min(1).max(500),
  exposure: decimal,
  limit: decimal,
  createdAt: z.iso.datetime(),
});

interface PairState {
  sequence: bigint;
  isDisabled: boolean;
}

/** The books of one double: what was applied, and what each signal was answered. */
class Enforcer {
  readonly wlId: string;
  readonly effects: Effect[] = [];
  readonly pairs = new Map<string, PairState>();
  readonly answers = new Map<string, { readonly said: string; readonly answer: SignalAnswer }>();

  constructor(wlId: string) {
    this.wlId = wlId;
  }

  apply(message: SignalMessage): Answered {
    const { id, src, dst, action } = message;
    if (src !== this.wlId && dst !== this.wlId) return refused(404, 'NOT_FOUND');
    if (action === 'TEST') return { status: 200, body: answerOf('APPLIED', 0) };
    const said = JSON.stringify([src, dst, action, message.sequence]);
    const known = this.answers.get(id);
    if (known !== undefined && known.said !== said) return refused(409, 'CONFLICT');
    const answer = known?.answer ?? this.decide(message);
    this.answers.set(id, { said, answer });
    return { status: 200, body: answer };
  }

  decide({ id, src, dst, action, sequence: text }: SignalMessage): SignalAnswer {
    const sequence = BigInt(text);
    const pair = this.pairs.get(`${src}/${dst}`) ?? { sequence: 0n, isDisabled: false };
    if (sequence <= pair.sequence) return answerOf('STALE', 0);
    const isDisabled = action === 'DISABLE';
    const changed = pair.isDisabled === isDisabled ? 0 : OFFERS_OF_A_PAIR;
    this.pairs.set(`${src}/${dst}`, { sequence, isDisabled });
    this.effects.push({ id, src, dst, sequence, action });
    return answerOf('APPLIED', changed);
  }
}

function answerOf(status: SignalAnswer['status'], offersChanged: number): SignalAnswer {
  return { status, appliedAt: new Date().toISOString(), offersChanged };
}

function refused(status: number, code: string): Answered {
  return { status, body: { code } };
}

type Calls = { message: SignalMessage; webhookId: string }[];

export async function startDoubleWl(options: DoubleWlOptions): Promise<DoubleWl> {
  const enforcer = new Enforcer(options.wlId);
  const calls: Calls = [];
  const plain: Behaviour = async ({ apply }) => apply();
  let behaviour = plain;
  const serve = async (incoming: IncomingMessage): Promise<Answered | 'SILENCE' | 'BREAK'> => {
    const body = await bytesOf(incoming);
    const read = readSignal(options, incoming, body);
    if ('status' in read) return read;
    const { message } = read;
    calls.push({ message, webhookId: String(incoming.headers['webhook-id']) });
    return behaviour({ message, apply: () => enforcer.apply(message) });
  };
  const doors = createDoors(options.tls, serve);
  const port = await doors.open(options.port ?? 0);
  return {
    ...{ wlId: options.wlId, port, calls, effects: enforcer.effects },
    url: `https://${options.host}:${port}`,
    isDisabled: ({ src, dst }) => enforcer.pairs.get(`${src}/${dst}`)?.isDisabled ?? false,
    behave: (next) => void (behaviour = next),
    heal: () => void (behaviour = plain),
    down: doors.close,
    up: async () => void (await doors.open(port)),
  };
}

/** The order of the real one: certificate, signature, shape. */
function readSignal(
  { secret, publicKeys }: DoubleWlOptions,
  { socket, method, url, headers }: IncomingMessage,
  body: Buffer,
): { readonly message: SignalMessage } | Answered {
  if (method !== 'POST' || url !== SIGNAL_PATH) return refused(404, 'NOT_FOUND');
  const certificate = socket instanceof TLSSocket ? peerCertificate(socket) : undefined;
  if (certificate?.state !== 'trusted') return refused(401, 'CERTIFICATE_REQUIRED');
  if (certificate.facts.subjectUri !== CP_SUBJECT_URI) return refused(403, 'CERTIFICATE_SUBJECT');
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  const verdict = verifyWebhook({
    ...{ header, body, secret: secret(), publicKeys },
    now: new Date(),
  });
  const isUnknown = verdict === 'UNKNOWN_KEY';
  if (verdict !== 'VALID' && !isUnknown) return refused(401, 'TOKEN_INVALID');
  const parsed = messageShape.safeParse(jsonOf(body));
  if (!parsed.success) return refused(422, 'VALIDATION_FAILED');
  const message = parsed.data;
  // What starts trade again waits until the key has been pulled.
  if (isUnknown && message.action !== 'DISABLE') return refused(503, 'ENGINE_UNAVAILABLE');
  return { message };
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    // What is not JSON has no shape, and is refused for that.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new Error('the body is too large');
  }
  return Buffer.concat(chunks);
}

type Serve = (incoming: IncomingMessage) => Promise<Answered | 'SILENCE' | 'BREAK'>;

function createDoors(tls: TlsMaterial, serve: Serve) {
  const sockets = new Set<Duplex>();
  let server: Server | undefined;
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const answered = await serve(incoming);
    if (answered === 'BREAK') outgoing.destroy();
    if (typeof answered === 'string' || outgoing.destroyed) return;
    outgoing.writeHead(answered.status, {
      'content-type': 'application/json',
      ...answered.headers,
    });
    outgoing.end(JSON.stringify(answered.body));
  };
  return {
    async open(port: number): Promise<number> {
      const options = { ...tls, requestCert: true, rejectUnauthorized: false };
      const opening = createServer(options, (incoming, outgoing) => {
        // A caller that has gone ends this call and no other.
        answer(incoming, outgoing).catch(() => outgoing.destroy());
      });
      opening.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
      });
      opening.listen(port, '127.0.0.1');
      await once(opening, 'listening');
      server = opening;
      return (opening.address() as AddressInfo).port;
    },
    async close(): Promise<void> {
      const closing = server;
      server = undefined;
      if (closing === undefined) return;
      const closed = once(closing, 'close');
      closing.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
