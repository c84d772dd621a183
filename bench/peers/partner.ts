import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A partner of the bare purchase, tiny on purpose: it remembers each effect once by its key, and
 * how often it was asked. `node bench/peers/partner.ts`; prints its port once it listens.
 */

/** Keys `<id>/<step>`, as they came. */
const effects = new Map<string, number>();
/** Connections stay open between cells. */
const KEEP_ALIVE_MS = 600_000;

const server = createServer((request, response) => {
  void answer(request).then(
    (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});

async function answer(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if (request.url === '/effects') return JSON.stringify(known(JSON.parse(text) as string[]));
  const key = String(request.headers['idempotency-key']);
  effects.set(key, (effects.get(key) ?? 0) + 1);
  return JSON.stringify({ reference: `ref-${key}` });
}

/** How often each of the keys was asked for; 0 for never. */
function known(keys: readonly string[]): number[] {
  return keys.map((key) => effects.get(key) ?? 0);
}

server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
