import type { Dispatcher } from 'undici';
import { createAgent } from '../../activities/clients/agent.ts';
import type { SyncStarter } from '../../api/wl/deps.ts';
import { createGuards, type Guards } from '../../api/wl/guards/guards.ts';
import { createNodeRoutes } from '../../api/wl/node-routes.ts';
import type { Profile } from '../../runtime/config.ts';
import { certificateFacts, wlSubjectUri, type TlsMaterial } from '../../runtime/tls.ts';
import { createTokenVerifier, type TokenVerifierDeps } from '../../runtime/tokens.ts';
import { startHttpParty, type HttpParty } from '../support/http-party.ts';
import type { TestPki } from '../support/certificates.ts';
import { testSealer, type TestWl } from './database.ts';
import { ISSUER } from './tokens.ts';

export const BACKOFFICE_KEY = 'backoffice-test';

export interface NodeOptions {
  readonly wl: TestWl;
  readonly wlId: string;
  readonly currency: string;
  readonly keysFor: TokenVerifierDeps['keysFor'];
  readonly tls: TlsMaterial;
  readonly syncs: SyncStarter;
  readonly profile?: Profile;
}

/** The API of a WL beside the purchase, on real listeners. */
export async function startNode(options: NodeOptions): Promise<HttpParty & { guards: Guards }> {
  const { wl, wlId, currency, keysFor, tls, syncs, profile = 'local' } = options;
  const verifierFor = (audience: string) =>
    createTokenVerifier({
      issuer: ISSUER,
      audience,
      keysFor,
      clock: () => new Date(),
    });
  const own = { wlId, currency };
  const guards = createGuards({
    profile,
    own,
    db: wl.db,
    verifier: verifierFor(wlId),
    verifierFor,
    backofficeKey: BACKOFFICE_KEY,
  });
  const deps = { profile, own, db: wl.db, sealer: testSealer('k1'), syncs };
  const party = await startHttpParty({ routes: createNodeRoutes(deps, guards), tls });
  return { ...party, guards };
}

export interface Identity {
  readonly tls: TlsMaterial;
  readonly agent: Dispatcher;
  readonly thumbprint: string;
}

/** A client certificate of the given subject, with an agent that shows it. */
export async function identity(
  pki: TestPki,
  uri: string,
  options: { readonly foreign?: boolean } = {},
): Promise<Identity> {
  const request = { sanUri: uri, dnsNames: ['wl-exporter.localhost', 'cp.localhost'] };
  const issue = options.foreign === true ? pki.issueForeign : pki.issue;
  const tls = await issue(request);
  return {
    tls,
    agent: createAgent({ tls: { ...tls, ca: pki.ca }, connections: 4 }),
    thumbprint: certificateFacts(tls.cert).thumbprint,
  };
}

export const wlIdentity = (pki: TestPki, wlId: string): Promise<Identity> =>
  identity(pki, wlSubjectUri(wlId));
