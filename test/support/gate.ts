import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';

/** A door in front of a TLS listener: what goes through it is never opened, only let by or held. */
export interface NetworkGate {
  readonly port: number;
  /** Answers are kept back from now on; what was asked has its effect all the same. */
  holdAnswers(): void;
  /** Resolves when an answer to something asked meanwhile stands at the door. */
  answerHeld(): Promise<void>;
  /** Lets new connections through; the old ones are gone. */
  open(): void;
  close(): Promise<void>;
}

/** Application data, unlike a handshake's few records, is what a test holds back. */
const HANDSHAKE_MS = 50;

export async function startNetworkGate(
  port: number,
  targetPort: () => number,
): Promise<NetworkGate> {
  const sockets = new Set<Socket>();
  let holding = false;
  let held = Promise.withResolvers<void>();
  const server = createServer((client) => {
    const target = connect(targetPort(), '127.0.0.1');
    const openedAt = performance.now();
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (bytes) => target.write(bytes));
    target.on('data', (bytes) => {
      if (holding && performance.now() - openedAt > HANDSHAKE_MS) held.resolve();
      else client.write(bytes);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port,
    holdAnswers() {
      held = Promise.withResolvers<void>();
      holding = true;
    },
    answerHeld: () => held.promise,
    open() {
      holding = false;
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
