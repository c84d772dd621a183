import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { callJson, type CallAnswer } from '../../activities/clients/agent.ts';
import { route, type Guard, type Route } from '../../api/http/route.ts';
import { createGuards, type Guards } from '../../api/wl/guards/guards.ts';
import { createAccount } from '../../db/wl/accounts.ts';
import { CP_SUBJECT_URI } from '../../runtime/tls.ts';
import { createTokenVerifier } from '../../runtime/tokens.ts';
import { createTestPki } from '../support/certificates.ts';
import { startHttpParty, type HttpParty } from '../support/http-party.ts';
import { startWlDatabases, testSealer, type TestServer } from './database.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import { identity, wlIdentity, type Identity } from './node.ts';
import { ISSUER, createTestIssuer, type TestIssuer } from './tokens.ts';

const PERSON = '22222222-2222-4222-8222-222222222222';
const CHANGE = { actor: 'test', source: 'test', correlationId: 'test' };

let server: TestServer;
let issuer: TestIssuer;
let party: HttpParty;
let identities: Record<'exporter' | 'importer' | 'controlPlane' | 'foreign', Identity>;

/** A route that says whom its guard has found. */
function probe<P>(path: string, guard: Guard<P>): Route {
  return route({
    method: 'post',
    path,
    summary: 'Probe',
    tag: 'Test',
    group: 'trader',
    guard,
    body: z.strictObject({ accountId: z.string().optional(), token: z.string().optional() }),
    responses: { 200: z.unknown() },
    handler: ({ principal }) => ({ status: 200, body: principal }),
  });
}

function probes(guards: Guards): Route[] {
  return [
    probe('/partner', guards.partner('trader:purchase')),
    probe('/approver', guards.approver),
    probe('/member', guards.member),
    probe('/body-member', guards.bodyMember),
    probe('/support', guards.support('support:act')),
    probe('/member-or-support', guards.memberOrSupport('support:read')),
  ];
}

beforeAll(async () => {
  const pki = await createTestPki();
  server = await startWlDatabases(['guards']);
  const { db } = server.open('guards');
  issuer = createTestIssuer(['control-plane', EXPORTER, IMPORTER]);
  identities = {
    exporter: await wlIdentity(pki, EXPORTER),
    importer: await wlIdentity(pki, IMPORTER),
    controlPlane: await identity(pki, CP_SUBJECT_URI),
    foreign: await identity(pki, CP_SUBJECT_URI, { foreign: true }),
  };
  const { keysFor } = issuer;
  const verifierFor = (audience: string) =>
    createTokenVerifier({ issuer: ISSUER, audience, keysFor, clock: () => new Date() });
  const guards = createGuards({
    ...{ profile: 'local', own: { wlId: EXPORTER }, db },
    ...{ verifier: verifierFor(EXPORTER), verifierFor, backofficeKey: 'key' },
  });
  party = await startHttpParty({ routes: probes(guards), tls: identities.exporter.tls });
  const account = { accountId: '8780', token: 'codex-token-3', name: 'Ana', buyOffer: true };
  await createAccount(db, testSealer('k'), account, CHANGE);
}, 60_000);
afterAll(async () => {
  await party.listeners.close();
  await Promise.all(Object.values(identities).map(({ agent }) => agent.close()));
  await server.stop();
});

interface Ask {
  readonly as?: Identity;
  readonly token?: string;
  readonly plain?: boolean;
  readonly headers?: Record<string, string>;
  readonly body?: object;
}

function ask(path: string, { as, token, plain, headers, body = {} }: Ask = {}) {
  return callJson({
    agent: (as ?? identities.importer).agent,
    method: 'POST',
    url: `${plain === true ? party.plainUrl : party.tlsUrl}${path}`,
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    body,
    timeoutMs: 5_000,
  });
}

const codeOf = ({ status, body }: CallAnswer): string =>
  `${status} ${(body as { code?: string }).code ?? 'none'}`;

function peerToken(
  who: 'importer' | 'exporter',
  scope: string,
  more: { exp?: number } = {},
): Promise<string> {
  const sub = who === 'importer' ? IMPORTER : EXPORTER;
  const cnf = { 'x5t#S256': identities[who].thumbprint };
  return issuer.issue({ sub, aud: EXPORTER, scope, cnf, ...more });
}

const supportToken = (scope: string, aud = EXPORTER): Promise<string> =>
  issuer.issue({ sub: PERSON, aud, scope, roles: ['support'] });

describe('a partner about a trade that is held', () => {
  test('needs no token, because its certificate says who it is', async () => {
    const answer = await ask('/partner');
    expect(answer.body).toEqual({ kind: 'partner', wlId: IMPORTER });
    // An expired token beside the certificate takes nothing away.
    const token = await peerToken('importer', 'trader:purchase', { exp: 1_700_000_000 });
    expect((await ask('/partner', { token })).status).toBe(200);
  });

  test('is refused with a token that is wrong in anything but its time', async () => {
    expect(codeOf(await ask('/partner', { token: 'no.token.at-all' }))).toBe('401 TOKEN_INVALID');
    const otherScope = await peerToken('importer', 'offers:sync');
    expect(codeOf(await ask('/partner', { token: otherScope }))).toBe('403 TOKEN_SCOPE');
  });

  test('is refused with a certificate of nobody, of the Control Plane or of another authority', async () => {
    const { controlPlane, foreign } = identities;
    expect(codeOf(await ask('/partner', { as: controlPlane }))).toBe('403 CERTIFICATE_SUBJECT');
    expect(codeOf(await ask('/partner', { as: foreign }))).toBe('401 CERTIFICATE_REQUIRED');
  });

  test('needs its token on the plain listener', async () => {
    expect(codeOf(await ask('/partner', { plain: true }))).toBe('401 TOKEN_MISSING');
    const token = await peerToken('importer', 'trader:purchase');
    expect((await ask('/partner', { plain: true, token })).body).toMatchObject({ wlId: IMPORTER });
  });
});

describe('an approver', () => {
  test('is this WL by its own token, or the relay by certificate', async () => {
    const token = await peerToken('exporter', 'trader:approve');
    const own = await ask('/approver', { as: identities.exporter, token });
    expect(own.body).toEqual({ kind: 'own' });
    expect((await ask('/approver', { plain: true, token })).body).toEqual({ kind: 'own' });
    const relay = await ask('/approver', { as: identities.controlPlane });
    expect(relay.body).toEqual({ kind: 'control-plane' });
  });

  test('is never the buyer, whatever its token says', async () => {
    for (const scope of ['offers:sync trader:purchase', 'trader:approve']) {
      const token = await peerToken('importer', scope);
      expect(codeOf(await ask('/approver', { token }))).toBe('403 SELF_APPROVAL');
      expect(codeOf(await ask('/approver', { token, plain: true }))).toBe('403 SELF_APPROVAL');
    }
  });

  test('is refused without the scope, without a token and with another certificate', async () => {
    const offers = await peerToken('exporter', 'offers:sync');
    const { exporter, foreign } = identities;
    expect(codeOf(await ask('/approver', { as: exporter, token: offers }))).toBe('403 TOKEN_SCOPE');
    expect(codeOf(await ask('/approver', { as: exporter }))).toBe('401 TOKEN_MISSING');
    expect(codeOf(await ask('/approver', { as: foreign }))).toBe('401 CERTIFICATE_REQUIRED');
    const approve = await peerToken('exporter', 'trader:approve');
    expect(codeOf(await ask('/approver', { token: approve }))).toBe('401 TOKEN_BINDING');
  });
});

describe('a member', () => {
  const good = { 'x-account-id': '8780', 'x-account-token': 'codex-token-3' };

  test('is known by account and token, in headers or body', async () => {
    const account = { accountId: '8780', buyOffer: true, status: 'ACTIVE' };
    expect((await ask('/member', { headers: good })).body).toMatchObject({ account });
    const body = { accountId: '8780', token: 'codex-token-3' };
    expect((await ask('/body-member', { body })).body).toMatchObject({ account });
  });

  test('is refused with a wrong token, an unknown account or none', async () => {
    const wrong = { ...good, 'x-account-token': 'codex-token-4' };
    expect(codeOf(await ask('/member', { headers: wrong }))).toBe('401 TOKEN_INVALID');
    const unknown = { ...good, 'x-account-id': '1' };
    expect(codeOf(await ask('/member', { headers: unknown }))).toBe('401 TOKEN_INVALID');
    expect(codeOf(await ask('/member'))).toBe('401 TOKEN_MISSING');
    const nul = { accountId: '8780\0', token: 'x' };
    expect(codeOf(await ask('/body-member', { body: nul }))).toBe('401 TOKEN_MISSING');
  });
});

describe('support', () => {
  test('acts with a token for this WL and its scope', async () => {
    const token = await supportToken('support:read support:act');
    expect((await ask('/support', { token })).body).toEqual({ kind: 'support', userId: PERSON });
    const either = await ask('/member-or-support', { token });
    expect(either.body).toMatchObject({ kind: 'support' });
  });

  test('is refused for another WL, without the scope, and with the token of a WL', async () => {
    const elsewhere = await supportToken('support:act', IMPORTER);
    expect(codeOf(await ask('/support', { token: elsewhere }))).toBe('403 TOKEN_AUDIENCE');
    const reader = await supportToken('support:read');
    expect(codeOf(await ask('/support', { token: reader }))).toBe('403 TOKEN_SCOPE');
    const wl = await peerToken('importer', 'support:act');
    expect(codeOf(await ask('/support', { token: wl }))).toBe('403 TOKEN_SCOPE');
  });
});
