import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { issueFrom, type CertificateAuthority } from '../../../stack/certificates/certificates.ts';

export interface Heard {
  /** The sender's id of the message: the same again is the same message. */
  readonly id: string;
  readonly body: string;
}

/** A server of somebody's on-call desk. */
export interface Listener {
  readonly url: string;
  readonly heard: readonly Heard[];
  close(): Promise<void>;
}

const HOST = 'alerts.localhost';

export async function openListener(authority: CertificateAuthority): Promise<Listener> {
  const { certPem, keyPem } = await issueFrom(authority, {
    ...{ commonName: HOST, dnsNames: [HOST] },
  });
  const heard: Heard[] = [];
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    text(request).then(
      (body) => {
        heard.push({ id: String(request.headers['webhook-id']), body });
        response.writeHead(204).end();
      },
      // Whoever sends died over it.
      () => response.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://${HOST}:${(server.address() as AddressInfo).port}/hook`,
    heard,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
