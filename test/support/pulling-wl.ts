import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { PullDocument } from '../../domain/policy/pull-document.ts';
import { tokenOf, type Stage } from '../cp/stage.ts';

/** A white label that pulls and reports, and does nothing else. */
export interface PullingWl {
  readonly wlId: string;
  readonly nudges: number;
  /** What it answers to a nudge; only a 2xx makes it pull. */
  answer(status: number): void;
  /**
   * Until then nudges are neither answered nor minded; afterwards they are again. Resolves when the
   * first one has come.
   */
  loseNudges(until: Promise<void>): Promise<void>;
  /** Pulls, applies, and pulls again with the report, as the real one does. */
  pull(): Promise<PullDocument>;
  close(): Promise<void>;
}

/** Registers itself at a Control Plane that knows its id. */
export async function startPullingWl(cp: Stage, wlId: string): Promise<PullingWl> {
  const host = `wl-${wlId}.localhost`;
  const as = await cp.certificate(wlId);
  const { cert, key } = await cp.pki.issue({
    sanUri: `urn:xpory:wl:${wlId}`,
    dnsNames: [host],
  });
  const state = { nudges: 0, status: 202 };
  const come = Promise.withResolvers<void>();
  let lost: Promise<void> | undefined;
  const pulls = new Set<Promise<unknown>>();
  const pullOnce = async (applied?: string): Promise<PullDocument> => {
    const token = tokenOf(await cp.ask({ method: 'POST', path: `/wls/${wlId}/token`, as }));
    const headers = applied === undefined ? {} : { 'x-applied-revision': applied };
    const { status, body, text } = await cp.ask({ path: '/policies/pull', token, as, headers });
    if (status !== 200) throw new Error(`pull: ${status} ${text}`);
    return body as PullDocument;
  };
  const pull = async (): Promise<PullDocument> => pullOnce((await pullOnce()).documentRevision);
  const server = createServer({ cert, key }, (request, response) => {
    request.resume();
    state.nudges += 1;
    if (lost !== undefined) {
      come.resolve();
      lost.then(
        () => request.socket.destroy(),
        () => request.socket.destroy(),
      );
      return;
    }
    response.writeHead(state.status).end();
    if (state.status >= 300) return;
    const pulling = pull().finally(() => pulls.delete(pulling));
    pulls.add(pulling);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const eventKeys = { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'e1', x: 'A'.repeat(43) }] };
  const body = { peerUrl: `https://${host}:${port}`, currency: 'XEX', eventKeys };
  await cp.ask({ method: 'POST', path: `/wls/${wlId}/secrets`, as });
  const { status, text } = await cp.ask({
    ...{ method: 'PUT', path: `/wls/${wlId}/endpoint`, body, as },
  });
  if (status !== 200) throw new Error(`endpoint: ${status} ${text}`);
  return {
    wlId,
    get nudges() {
      return state.nudges;
    },
    answer: (answered) => void (state.status = answered),
    loseNudges(until) {
      lost = until.finally(() => (lost = undefined));
      return come.promise;
    },
    pull,
    async close() {
      server.closeAllConnections();
      server.close();
      await Promise.allSettled(pulls);
    },
  };
}
