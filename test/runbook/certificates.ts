import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { CallAnswer } from '../../activities/clients/agent.ts';
import type { TlsMaterial } from '../../runtime/tls.ts';
import { CP, EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { createAuthority, issueFrom } from '../../stack/certificates/pki.ts';
import type { Web } from '../../stack/web.ts';
import { pathOf, servedRoutes, type Fillings, type ServedRoute } from './routes.ts';
import {
  approverToken,
  buyerToken,
  countRows,
  outcomeOf,
  plainWeb,
  webWith,
  type Stage,
} from './stage.ts';

/** Certificates that are not the rightful caller's. */
const WRONG = ['none', 'foreign authority', 'no name', 'another white label'] as const;
type Wrong = (typeof WRONG)[number];
type Token = 'none' | 'buyer' | 'approver' | 'control-plane';
interface Expectation {
  readonly token: Token;
  readonly refusals: Readonly<Record<Wrong, string>>;
}

const required = '401 CERTIFICATE_REQUIRED';
const subject = '403 CERTIFICATE_SUBJECT';
const binding = '401 TOKEN_BINDING';
const unknown = { none: required, 'foreign authority': required };
const byCertificate = { ...unknown, 'no name': subject, 'another white label': subject };
const byToken = { ...unknown, 'no name': binding, 'another white label': binding };
const boundToken = { ...byToken, none: binding, 'foreign authority': binding };

/**
 * What each guard that looks at a certificate answers to the wrong one, with the rightful caller's
 * own token where it wants one. A partner's certificate is judged by the trade; see below.
 */
const EXPECTED: Readonly<Record<string, Expectation>> = {
  certificate: { token: 'none', refusals: byCertificate },
  ownCertificate: { token: 'none', refusals: byCertificate },
  certificateOrOperator: {
    token: 'none',
    refusals: {
      ...byCertificate,
      none: '401 TOKEN_MISSING',
      'foreign authority': '401 TOKEN_MISSING',
    },
  },
  wlToken: { token: 'control-plane', refusals: boundToken },
  operatorOrWlToken: { token: 'control-plane', refusals: boundToken },
  peer: { token: 'buyer', refusals: byToken },
  partner: {
    token: 'none',
    refusals: { ...unknown, 'no name': subject, 'another white label': '' },
  },
  approver: { token: 'approver', refusals: byToken },
  controlPlane: { token: 'none', refusals: byCertificate },
  signedByControlPlane: { token: 'none', refusals: byCertificate },
  debugImport: { token: 'buyer', refusals: boundToken },
};
/** Guards to which a certificate is nothing. */
const WITHOUT_CERTIFICATE = new Set([
  ...['anyone', 'operator', 'member', 'bodyMember', 'support', 'memberOrSupport', 'backoffice'],
]);

/** What another white label may learn of, or do to, a trade that is not its own: nothing. */
const STRANGER: Readonly<Record<string, string>> = {
  'GET /api/v2/trader/holds/:holdId': '404 NOT_FOUND',
  'GET /api/v2/trader/purchases/:tradeId': '404 NOT_FOUND',
  'POST /api/v2/trader/purchases/:tradeId/reverse': '404 NOT_FOUND',
  'POST /api/v2/trader/purchases/:tradeId/decision': '404 NOT_FOUND',
  // These two have a row of the caller's own under the trade id, apart from the importer's.
  'POST /api/v2/trader/purchase': '200 REJECTED HOLD_EXPIRED',
  'POST /api/v2/trader/purchases/:tradeId/cancel': '200 REJECTED HOLD_EXPIRED',
};

const routes = servedRoutes();
const guarded = routes.filter(({ route }) => !WITHOUT_CERTIFICATE.has(route.guard.name));

/** Each route that needs a certificate refuses each wrong one, and the plain listener has none. */
export function certificateRefusals(stage: () => Stage): void {
  let callers: Record<Wrong, TlsMaterial>;
  let tokens: Record<Token, string | undefined>;
  let fillings: Fillings;
  const open: { close(): void }[] = [];
  const webOf = <T extends { close(): void }>(web: T): T => {
    open.push(web);
    return web;
  };
  beforeAll(async () => {
    callers = await makeCallers(stage());
    tokens = await makeTokens(stage());
    fillings = await aTrade(stage());
  });
  afterAll(() => open.forEach((web) => web.close()));
  const ask = (web: Web, { route }: ServedRoute, body?: unknown): Promise<CallAnswer> =>
    web.ask(pathOf(route, fillings), {
      method: route.method.toUpperCase() as 'GET' | 'POST',
      bearer: tokens[EXPECTED[route.guard.name]?.token ?? 'none'],
      ...(route.body === undefined ? {} : { body: body ?? {} }),
    });

  test('every guard of the route tables is known here', () => {
    const known = new Set([...Object.keys(EXPECTED), ...WITHOUT_CERTIFICATE]);
    expect(routes.map(({ route }) => route.guard.name).filter((name) => !known.has(name))).toEqual(
      [],
    );
    expect(new Set(guarded.map(({ route }) => route.guard.name))).toEqual(
      new Set(Object.keys(EXPECTED)),
    );
  });

  test.each(WRONG)('certificate: %s, refused on each route, nothing written', async (wrong) => {
    const webs = new Map(
      [CP, EXPORTER].map((party) => [party, webOf(webWith(stage().stack, party, callers[wrong]))]),
    );
    const before = await countRows(stage());
    for (const served of guarded) {
      const expected = EXPECTED[served.route.guard.name]?.refusals[wrong];
      const web = webs.get(served.party);
      if (expected === '' || web === undefined) continue;
      const answer = await ask(web, served);
      expect([served.name, outcomeOf(answer)]).toEqual([served.name, expected]);
    }
    expect(await countRows(stage())).toEqual(before);
  });

  test("another white label can do nothing to a trade that is the importer's", async () => {
    const partners = guarded.filter(({ route }) => route.guard.name === 'partner');
    expect(new Set(partners.map(({ name }) => name))).toEqual(new Set(Object.keys(STRANGER)));
    const web = webOf(webWith(stage().stack, EXPORTER, callers['another white label']));
    const own = () =>
      stage().rows(EXPORTER, 'SELECT * FROM hold WHERE trade_id = $1 AND requester = $2', [
        fillings.tradeId,
        IMPORTER.wlId,
      ]);
    const before = await own();
    const order = Object.keys(STRANGER);
    const inOrder = partners.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    for (const served of inOrder) {
      const answer = await ask(web, served, STRANGER_BODIES(fillings)[served.name]);
      expect([served.name, outcomeOf(answer)]).toEqual([served.name, STRANGER[served.name]]);
    }
    expect(await own()).toEqual(before);
  });

  test('the plain listener does not have the routes that need a certificate', async () => {
    const needing = guarded.filter(({ route }) => route.guard.needsCertificate);
    expect(needing.length).toBeGreaterThan(4);
    for (const served of needing) {
      const answer = await ask(webOf(plainWeb(stage().stack, served.party)), served);
      expect([served.name, outcomeOf(answer)]).toEqual([served.name, '404 NOT_FOUND']);
    }
  });
}

const STRANGER_BODIES = ({ tradeId, holdId }: Fillings): Record<string, object> => ({
  'POST /api/v2/trader/purchase': { tradeId, holdId, quantity: 1, unitPrice: '1.00' },
  'POST /api/v2/trader/purchases/:tradeId/cancel': {},
  'POST /api/v2/trader/purchases/:tradeId/reverse': { reason: 'not mine' },
  'POST /api/v2/trader/purchases/:tradeId/decision': { status: 'CONFIRMED', currency: 'XEX' },
});

async function makeCallers({ stack }: Stage): Promise<Record<Wrong, TlsMaterial>> {
  const { authority } = stack.pki;
  const ca = authority.certPem;
  const material = ({ certPem, keyPem }: { certPem: string; keyPem: string }): TlsMaterial => ({
    ...{ ca, cert: certPem, key: keyPem },
  });
  const rightful = { commonName: 'importer', sanUri: IMPORTER.sanUri };
  const another = { commonName: 'another', sanUri: `urn:xpory:wl:${randomUUID()}` };
  return {
    none: { ca, cert: '', key: '' },
    'foreign authority': material(
      await issueFrom(await createAuthority('XporY local authority'), rightful),
    ),
    'no name': material(
      await issueFrom(authority, { ...rightful, sanUri: 'urn:xpory:wl:importer' }),
    ),
    'another white label': material(await issueFrom(authority, another)),
  };
}

async function makeTokens(stage: Stage): Promise<Record<Token, string | undefined>> {
  const own = await stage.stack
    .web(CP, 'importer')
    .need<{ token: string }>(`/wls/${IMPORTER.wlId}/token`, { method: 'POST' });
  return {
    none: undefined,
    buyer: await buyerToken(stage),
    approver: await approverToken(stage),
    'control-plane': own.token,
  };
}

async function aTrade(stage: Stage): Promise<Fillings> {
  const [hold] = await stage.rows<{ trade_id: string; hold_id: string }>(
    EXPORTER,
    "SELECT trade_id, hold_id FROM hold WHERE state = 'CAPTURED' LIMIT 1",
  );
  if (hold === undefined) throw new Error('the run book has confirmed purchases');
  return { tradeId: hold.trade_id, holdId: hold.hold_id, kid: 'some-key' };
}
