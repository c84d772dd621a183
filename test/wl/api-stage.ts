import { callJson, type CallAnswer } from '../../activities/clients/agent.ts';
import { CP_SUBJECT_URI } from '../../runtime/tls.ts';
import type { OfferSyncResult } from '../../workflows/offer-sync/contract.ts';
import { createTestPki } from '../support/certificates.ts';
import { startWlDatabases, type TestWl } from './database.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import { identity, startNode, wlIdentity, type Identity } from './node.ts';
import { createTestIssuer } from './tokens.ts';

export const STRANGER = '11111111-1111-4111-8111-111111111111';
export const CHANGE = { actor: 'test', source: 'test', correlationId: 'test' };
export const CONTEXT = { wlId: EXPORTER, currency: 'XEX', correlationId: 'test' };

export interface Request {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  /** Whose certificate; the importer's unless told. */
  readonly as?: Identity;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly plain?: boolean;
}

type Party = 'importer' | 'exporter' | 'stranger' | 'controlPlane' | 'foreign';

export interface ApiStage {
  readonly wl: TestWl;
  readonly certificates: Readonly<Record<Party, Identity>>;
  /** A line for each pull that was asked for. */
  readonly nudges: string[];
  /** What a debug import does; tests put their own here. */
  importNow: () => Promise<OfferSyncResult>;
  call(request: Request): Promise<CallAnswer>;
  /** The importer's token for this exporter, with other claims where told. */
  peerToken(change?: Record<string, unknown>): Promise<string>;
  stop(): Promise<void>;
}

/** The API of an exporter on real listeners and a database of its own. */
export async function startApi(): Promise<ApiStage> {
  const pki = await createTestPki();
  const server = await startWlDatabases(['api']);
  const wl = server.open('api');
  const issuer = createTestIssuer(['control-plane', EXPORTER, IMPORTER, STRANGER]);
  const certificates = {
    importer: await wlIdentity(pki, IMPORTER),
    exporter: await wlIdentity(pki, EXPORTER),
    stranger: await wlIdentity(pki, STRANGER),
    controlPlane: await identity(pki, CP_SUBJECT_URI),
    foreign: await identity(pki, CP_SUBJECT_URI, { foreign: true }),
  };
  const nudges: string[] = [];
  const { keysFor } = issuer;
  const { tls } = certificates.exporter;
  const node = await startNode({
    ...{ wl, wlId: EXPORTER, currency: 'XEX', keysFor, tls },
    syncs: {
      startPolicySync: async () => void nudges.push('pull'),
      importNow: () => stage.importNow(),
      startSignalApply: async () => undefined,
    },
  });
  const stage: ApiStage = {
    ...{ wl, certificates, nudges },
    importNow: () => Promise.reject(new Error('no test has said what an import does')),
    call: ({ method = 'GET', path, as = certificates.importer, plain, ...request }) =>
      callJson({
        agent: as.agent,
        method,
        url: `${plain === true ? node.plainUrl : node.tlsUrl}${path}`,
        headers: {
          ...(request.token !== undefined && { authorization: `Bearer ${request.token}` }),
          ...request.headers,
        },
        ...(request.body === undefined ? {} : { body: request.body }),
        timeoutMs: 5_000,
      }),
    peerToken: (change = {}) =>
      issuer.issue({
        sub: IMPORTER,
        aud: EXPORTER,
        scope: 'offers:sync trader:purchase',
        cnf: { 'x5t#S256': certificates.importer.thumbprint },
        ...change,
      }),
    async stop() {
      await node.listeners.close();
      await Promise.all(Object.values(certificates).map(({ agent }) => agent.close()));
      await server.stop();
    },
  };
  return stage;
}

/** The code of a refused answer, after its status. */
export const codeOf = ({ status, body }: CallAnswer): string =>
  `${status} ${(body as { code?: string }).code ?? 'none'}`;

export const itemsOf = ({ body }: CallAnswer): Record<string, unknown>[] =>
  (body as { items: Record<string, unknown>[] }).items;
