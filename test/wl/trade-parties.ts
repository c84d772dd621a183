import { createGuards } from '../../api/wl/guards/guards.ts';
import type { TraderWork } from '../../api/wl/trader/deps.ts';
import { traderRoutes } from '../../api/wl/trader/routes.ts';
import { callJson, type CallAnswer } from '../../activities/clients/agent.ts';
import type { ExporterSettings } from '../../db/wl/holds/preflight.ts';
import { CP_SUBJECT_URI } from '../../runtime/tls.ts';
import { createTokenVerifier } from '../../runtime/tokens.ts';
import { createTestPki, type TestPki } from '../support/certificates.ts';
import { startHttpParty, type HttpParty } from '../support/http-party.ts';
import { startWlDatabases, type TestServer, type TestWl } from './database.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import { createExporter, OTHER, SETTINGS, type TestExporter } from './exporter.ts';
import { identity, wlIdentity, type Identity } from './node.ts';
import { createTestIssuer, ISSUER, type TestIssuer } from './tokens.ts';

type Caller = 'importer' | 'exporter' | 'other' | 'controlPlane';

export interface Request {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly as?: Caller;
  readonly token?: string;
  readonly body?: unknown;
}

/** An exporter and an importer that meet over real mTLS, each with a database of its own. */
export interface TradeParties {
  readonly exporter: TestExporter;
  readonly importer: TestWl;
  readonly identities: Readonly<Record<Caller, Identity>>;
  readonly http: Readonly<Record<'exporter' | 'importer', HttpParty>>;
  peerUrl(wlId: string): Promise<string | undefined>;
  /** A token of one party for another, bound to its certificate. */
  token(from: Caller, claims: { readonly aud: string; readonly scope: string }): Promise<string>;
  callExporter(request: Request): Promise<CallAnswer>;
  callImporter(request: Request): Promise<CallAnswer>;
  stop(): Promise<void>;
}

export interface PartyOptions {
  readonly exporterWork: TraderWork;
  readonly importerWork: TraderWork;
  readonly settings?: Partial<ExporterSettings>;
}

const WL_IDS = { importer: IMPORTER, exporter: EXPORTER, other: OTHER } as const;
const TIMEOUT_MS = 5_000;

/** Starts both sides with the routes and guards of the product. */
export async function startTradeParties(options: PartyOptions): Promise<TradeParties> {
  const server = await startWlDatabases(['exporter', 'importer']);
  const exporter = await createExporter(server.open('exporter'));
  const importer = server.open('importer');
  const issuer = createTestIssuer(['control-plane', EXPORTER, IMPORTER, OTHER]);
  const identities = await issueIdentities(await createTestPki());
  const side = (wlId: string, wl: TestWl, work: TraderWork): Promise<HttpParty> =>
    startSide({
      ...{ wlId, wl, work, issuer },
      identity: identities[wlId === EXPORTER ? 'exporter' : 'importer'],
      settings: { ...SETTINGS, ...options.settings, wlId },
    });
  const http = {
    exporter: await side(EXPORTER, exporter.wl, options.exporterWork),
    importer: await side(IMPORTER, importer, options.importerWork),
  };
  const urls = { exporter: http.exporter.tlsUrl, importer: http.importer.tlsUrl };
  const call = (base: string, { method = 'POST', path, as = 'importer', ...rest }: Request) =>
    callJson({
      ...{ agent: identities[as].agent, method, url: `${base}${path}`, timeoutMs: TIMEOUT_MS },
      headers: { ...(rest.token !== undefined && { authorization: `Bearer ${rest.token}` }) },
      ...(rest.body !== undefined && { body: rest.body }),
    });
  return {
    ...{ exporter, importer, identities, http },
    peerUrl: async (wlId) => (wlId === EXPORTER ? urls.exporter : urls.importer),
    token: (from, claims) => tokenOf(issuer, identities[from], from, claims),
    callExporter: (request) => call(urls.exporter, request),
    callImporter: (request) => call(urls.importer, request),
    stop: () => stopAll(server, { http, identities }),
  };
}

interface Side {
  readonly wlId: string;
  readonly wl: TestWl;
  readonly work: TraderWork;
  readonly issuer: TestIssuer;
  readonly identity: Identity;
  readonly settings: ExporterSettings;
}

function startSide({ wlId, wl, work, issuer, identity: own, settings }: Side): Promise<HttpParty> {
  const verifierFor = (audience: string) =>
    createTokenVerifier({
      ...{ issuer: ISSUER, audience, clock: () => new Date() },
      keysFor: (kid) => issuer.keysFor(kid),
    });
  const guards = createGuards({
    ...{ profile: 'local', own: { wlId }, db: wl.db, verifierFor },
    verifier: verifierFor(wlId),
    backofficeKey: 'unused',
  });
  return startHttpParty({
    routes: traderRoutes({ db: wl.db, settings, guards, work }),
    tls: own.tls,
  });
}

async function issueIdentities(pki: TestPki): Promise<Record<Caller, Identity>> {
  return {
    importer: await wlIdentity(pki, IMPORTER),
    exporter: await wlIdentity(pki, EXPORTER),
    other: await wlIdentity(pki, OTHER),
    controlPlane: await identity(pki, CP_SUBJECT_URI),
  };
}

function tokenOf(
  issuer: TestIssuer,
  { thumbprint }: Identity,
  from: Caller,
  claims: { readonly aud: string; readonly scope: string },
): Promise<string> {
  const sub = from === 'controlPlane' ? 'control-plane' : WL_IDS[from];
  return issuer.issue({ sub, ...claims, cnf: { 'x5t#S256': thumbprint } });
}

async function stopAll(
  server: TestServer,
  { http, identities }: Pick<TradeParties, 'http' | 'identities'>,
): Promise<void> {
  await Promise.all(Object.values(identities).map(({ agent }) => agent.close()));
  await Promise.all(Object.values(http).map(({ listeners }) => listeners.close()));
  await server.stop();
}
