import { beforeAll, expect, test } from '@jest/globals';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { verifyAudit, type AuditTables } from '../../db/audit.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import { writeCertificateRequest } from '../../runtime/certificates/request.ts';
import { CP, EXPORTER, IMPORTER, PARTIES, WL_PARTIES } from '../../stack/parties.ts';
import type { Web } from '../../stack/web.ts';
import { servedRoutes } from './routes.ts';
import { eventually } from '../stack/setup.ts';
import { outcomeOf, type Stage } from './stage.ts';

/** What each route that writes leaves in the audit, or why it leaves nothing there. */
const AUDITED: Readonly<Record<string, readonly string[] | { readonly none: string }>> = {
  'POST /admin/api/auth/login': { none: 'a session is written down with its token' },
  'POST /admin/api/users': ['user.created'],
  'PATCH /admin/api/users/:id': ['user.changed'],
  'POST /admin/api/wls': ['wl.created', 'policy.created'],
  'POST /wls': ['wl.created', 'policy.created'],
  'PUT /admin/api/wls/:id': ['wl.changed', 'wl.renamed'],
  'PUT /wls/:id/endpoint': ['wl.endpoint.registered'],
  'POST /wls/:id/secrets': ['wl.secrets.created'],
  'PUT /admin/api/wls/:id/policies': ['policy.changed'],
  'PUT /admin/api/relationships/:src/:dst': ['relationship.created', 'relationship.changed'],
  'POST /admin/api/changes/:changeId/confirm': ['relationship.change.proposed'],
  'POST /admin/api/settlements': ['settlement.recorded'],
  'POST /admin/api/settlements/:settlementId/confirm': ['settlement.confirmed'],
  'POST /admin/api/settlements/:settlementId/withdraw': ['settlement.withdrawn'],
  'POST /admin/api/plans/:planId/cancel': ['plan.cancelled'],
  'POST /admin/api/wls/:id/trader': ['trader.account.created', 'trader.account.changed'],
  'POST /admin/api/wls/:id/offer-categories/sync': { none: 'a copy of what the exporter says' },
  'POST /admin/api/wls/:id/entities/sync': { none: 'a copy of what the exporter says' },
  'POST /admin/api/whatif': { none: 'it decides on paper, and changes nothing' },
  'POST /admin/api/notifications/:id/read': { none: 'it notes who has read, and changes nothing' },
  'PUT /admin/api/alert-targets': ['alert-targets.changed'],
  'POST /telemetry/events': { none: 'every event is kept with its signature' },
  'POST /wls/:id/token': { none: 'every token has a row of its own' },
  'POST /wls/:id/peer-token': { none: 'every token has a row of its own' },
  'POST /admin/api/wls/:id/support-token': { none: 'every token has a row of its own' },
  'POST /wls/:id/keys/rotate': ['keys.rotated'],
  'POST /wls/:id/keys/:kid/revoke': ['keys.revoked'],
  'POST /admin/api/keys/rotate': ['keys.rotated'],
  'POST /admin/api/keys/:kid/revoke': ['keys.revoked'],
  'POST /admin/api/webhook-keys/rotate': ['webhook-key.rotated'],
  'POST /admin/api/approvals/:tradeId/approve': ['approval.approved'],
  'POST /admin/api/approvals/:tradeId/reject': ['approval.rejected'],
  'POST /admin/api/trades/:id/retry': ['trade.retry.asked', 'trade.retry.answered'],
  'POST /admin/api/trades/:id/abandon': ['trade.abandon.asked', 'trade.abandon.answered'],
  'POST /admin/api/trades/:id/resolve': ['trade.resolve.asked', 'trade.resolve.answered'],
  'POST /admin/api/trades/:id/resolve/confirm': [
    'trade.resolve.confirm.asked',
    'trade.resolve.confirm.answered',
  ],
  'POST /admin/api/trades/:id/reverse': ['trade.reverse.asked', 'trade.reverse.answered'],
  'POST /admin/api/trades/:id/rerun': ['trade.rerun.asked', 'trade.rerun.answered'],
  'POST /wls/:id/certificates': ['certificate.issued'],
  'POST /wls/:id/certificates/:serial/revoke': ['certificate.revoked'],
  'POST /admin/api/certificates': ['certificate.issued'],
  'POST /certificates': ['certificate.issued'],
  'POST /admin/api/certificates/:serial/revoke': ['certificate.revoked'],
  'POST /imbalance/signals': ['signal.created'],
  'POST /imbalance/signals/:id/cancel': ['signal.cancelled'],
  'POST /imbalance/signals/redrive': ['signal.redriven'],
  'POST /imbalance/signals/test': ['signal.tested'],
  'POST /imbalance/signals/:signalId/ack': ['signal.acked'],
  'POST /api/v1/buy-offer': { none: 'every transition of a trade has a row of its own' },
  'POST /api/v2/checkout/imported-offer/:offerId': { none: 'as buy-offer' },
  'POST /api/v2/purchases/:tradeId/retry': ['purchase.retry'],
  'POST /api/v2/purchases/:tradeId/abandon': ['purchase.abandon'],
  'POST /api/v2/purchases/:tradeId/resolve': ['purchase.resolve', 'purchase.override.request'],
  'POST /api/v2/purchases/:tradeId/resolve/confirm': ['purchase.override.confirm'],
  'POST /api/v2/purchases/:tradeId/reverse': ['purchase.reverse'],
  'POST /api/v2/purchases/:tradeId/rerun': ['purchase.rerun'],
  'POST /api/v2/trader/purchase/preflight': { none: 'every move of a hold has a row of its own' },
  'POST /api/v2/trader/purchase': { none: 'every move of a hold has a row of its own' },
  'POST /api/v2/trader/purchases/:tradeId/cancel': { none: 'as preflight' },
  'POST /api/v2/trader/purchases/:tradeId/reverse': ['purchase.reverse'],
  'POST /api/v2/trader/purchases/:tradeId/approve': ['purchase.approve'],
  'POST /api/v2/trader/purchases/:tradeId/reject': ['purchase.reject'],
  'POST /api/v2/trader/purchases/:tradeId/decision': { none: 'it wakes, and changes nothing' },
  'POST /api/v2/control-plane/debug/import': ['policy.apply', 'relationship.apply'],
  'POST /api/v2/control-plane/policies/changed': ['policy.apply', 'relationship.apply'],
  'POST /api/v2/control-plane/imbalance/signals': ['signal.apply'],
  'POST /api/v2/backoffice/event-keys/rotate': ['event-key.rotate'],
  'POST /api/v2/backoffice/offers': ['offer.create'],
  'PATCH /api/v2/backoffice/offers/:offerId': ['offer.update'],
  'POST /api/v2/backoffice/accounts': ['account.create'],
  'PATCH /api/v2/backoffice/accounts/:accountId': ['account.update'],
  'POST /api/v2/backoffice/accounts/:accountId/credits': ['account.credit'],
};

const PASSWORD = 'correct horse battery';
const ROLES = ['operator', 'risk', 'support'];

/** A person of the Control Plane. */
export interface Person {
  readonly id: string;
  readonly token: string;
}

export async function makePerson(stage: Stage, name: string): Promise<Person> {
  const email = `${name}@pessoas.example`;
  const user = { email, name, password: PASSWORD, roles: ROLES };
  const { id } = await stage.admin<{ id: string }>('POST', '/admin/api/users', user);
  const { token } = await stage.stack.web(CP).need<{ token: string }>('/admin/api/auth/login', {
    method: 'POST',
    body: { email, password: PASSWORD },
  });
  return { id, token };
}

/** Changes that the run book does not make, and the rows of all of them. */
export function auditOfEveryChange(stage: () => Stage): void {
  let ana: Person;
  let rui: Person;
  let cp: Web;
  beforeAll(async () => {
    ana = await makePerson(stage(), 'ana');
    rui = await makePerson(stage(), 'rui');
    cp = stage().stack.web(CP);
  });

  test('a white label is registered, changed and renamed', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    await stage().admin('POST', '/wls', { id: first, name: 'wl-third', status: 'active' });
    const renamed = await stage().admin('PUT', `/admin/api/wls/${first}`, { id: second });
    expect(renamed).toMatchObject({ id: second, name: 'wl-third' });
    const changed = await stage().admin('PUT', `/admin/api/wls/${second}`, { status: 'paused' });
    expect(changed).toMatchObject({ id: second, status: 'PAUSED' });
  });

  test('a certificate is issued for a request, and revoked', async () => {
    const { admin } = stage();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const csr = await writeCertificateRequest(privateKey);
    const path = `/wls/${IMPORTER.wlId}/certificates`;
    const { serial } = await admin<{ serial: string }>('POST', path, { csr });
    const revoked = await admin('POST', `${path}/${serial}/revoke`, { reason: 'a drill' });
    expect(revoked).toMatchObject({ serial, state: 'REVOKED' });
  });

  test("a certificate of the Control Plane's own is issued, and revoked", async () => {
    const { admin } = stage();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const csr = await writeCertificateRequest(privateKey);
    const path = '/admin/api/certificates';
    const { serial } = await admin<{ serial: string }>('POST', path, { csr });
    const revoked = await admin('POST', `${path}/${serial}/revoke`, { reason: 'a drill' });
    expect(revoked).toMatchObject({ serial, state: 'REVOKED' });
  });

  test("keys are rotated: the Control Plane's own, and the event key of a white label", async () => {
    const { admin, stack } = stage();
    const { current } = await admin<{ current: string }>('POST', '/admin/api/keys/rotate');
    expect(current).not.toBe('');
    const web = stack.web(IMPORTER);
    const path = '/api/v2/backoffice/event-keys/rotate';
    const plan = { method: 'POST', bearer: 'backoffice-importer' } as const;
    const { kid } = await web.need<{ kid: string }>(path, plan);
    await eventually('the new key is registered', async () => {
      const rows = await stage().rows(CP, 'SELECT 1 FROM wl_event_key WHERE kid = $1', [kid]);
      return rows.length === 1;
    });
  });

  test('the key of signals turns, and a real white label believes the new one', async () => {
    const { admin } = stage();
    const before = await admin<{ current: string }>('POST', '/admin/api/webhook-keys/rotate');
    const after = await admin<{ current: string }>('POST', '/admin/api/webhook-keys/rotate');
    expect(after.current).not.toBe(before.current);
    await eventually('a test signal under the new key is taken', async () => {
      const told = { wlId: EXPORTER.wlId };
      const result = await admin<{ taken: boolean }>('POST', '/imbalance/signals/test', told);
      return result.taken;
    });
  });

  test('an alert target is added and removed', async () => {
    const path = '/admin/api/alert-targets';
    const target = { kind: 'WEBHOOK', url: 'https://alertas.localhost:1/', kinds: ['KEYS'] };
    const { items } = await stage().admin<{ items: object[] }>('PUT', path, { targets: [target] });
    expect(items).toMatchObject([{ kind: 'WEBHOOK', kinds: ['KEYS'] }]);
    expect(await stage().admin('PUT', path, { targets: [] })).toEqual({ items: [] });
  });

  test('a relationship with four eyes changes its limit on the word of two', async () => {
    const path = `/admin/api/relationships/${IMPORTER.wlId}/${EXPORTER.wlId}`;
    const put = (bearer: string, body: object, headers = {}) =>
      cp.ask(path, { method: 'PUT', bearer, body, headers });
    const before = await put(ana.token, { fourEyes: true });
    const stale = await put(ana.token, { status: 'active' }, { 'If-Match': '"1"' });
    expect(outcomeOf(stale)).toBe('412 PRECONDITION_FAILED');
    const asked = await put(ana.token, { limitAmount: '90000.00' });
    expect(asked.status).toBe(202);
    const { id } = asked.body as { id: string };
    const confirm = ({ token: bearer }: Person) =>
      cp.ask(`/admin/api/changes/${id}/confirm`, { method: 'POST', bearer });
    expect(outcomeOf(await confirm(ana))).toBe('403 SAME_PERSON');
    const done = await confirm(rui);
    const { revision } = before.body as { revision: number };
    expect(done.body).toMatchObject({ limitAmount: '90000.00', revision: revision + 1 });
  });

  test('a settlement takes two people; a plan may be cancelled by one', async () => {
    const pair = { src: EXPORTER.wlId, dst: IMPORTER.wlId };
    const record = async (): Promise<string> => {
      const asked = await cp.ask('/admin/api/settlements', {
        ...{ method: 'POST', bearer: ana.token, headers: { 'Idempotency-Key': randomUUID() } },
        body: { ...pair, amount: '1.00', note: 'TED 4711' },
      });
      expect(asked.status).toBe(201);
      return (asked.body as { id: string }).id;
    };
    const act = async (path: string, { token: bearer }: Person, body?: object) =>
      outcomeOf(await cp.ask(path, { method: 'POST', bearer, ...(body && { body }) }));
    const path = `/admin/api/settlements/${await record()}`;
    expect(await act(`${path}/withdraw`, ana)).toBe('200');
    const second = `/admin/api/settlements/${await record()}`;
    expect(await act(`${second}/confirm`, ana)).toBe('403 SAME_PERSON');
    expect(await act(`${second}/confirm`, rui)).toBe('200');
    const terms = `/admin/api/relationships/${pair.src}/${pair.dst}`;
    const { limitAmount } = await stage().admin<{ limitAmount: string }>('GET', terms);
    await stage().admin('PUT', terms, { limitAmount: '0.01' });
    const plans = await cp.ask('/admin/api/plans?state=open', { bearer: rui.token });
    const [plan] = (plans.body as { items: { id: string }[] }).items;
    const reason = { reason: 'a test' };
    expect(await act(`/admin/api/plans/${plan?.id}/cancel`, rui, reason)).toBe('200');
    await stage().admin('PUT', terms, { limitAmount });
    await eventually('the pair trades again', () => isOpen(stage(), pair), 20_000);
  });

  test('a user is changed, and offers and accounts by the back office', async () => {
    const { admin, stack } = stage();
    const changed = await admin('PATCH', `/admin/api/users/${rui.id}`, { name: 'Rui' });
    expect(changed).toMatchObject({ id: rui.id, name: 'Rui' });
    await admin('POST', `/admin/api/wls/${IMPORTER.wlId}/trader`, { name: 'Conta Trader' });
    const bearer = 'backoffice-exporter';
    const offer = {
      ...{ title: 'Sabonete artesanal', unitPrice: '12.00', available: 9 },
      ...{ category: { id: '3' }, entity: { id: '70101' } },
    };
    const path = '/api/v2/backoffice/offers';
    await stack.web(EXPORTER).need(path, { method: 'POST', bearer, body: offer });
  });

  test('a pair is stopped and started by people, and its gateway tried', async () => {
    const [src, dst] = [IMPORTER.wlId, EXPORTER.wlId];
    const post = <T>(path: string, body: object, key?: string) =>
      cp.need<T>(path, {
        ...{ method: 'POST', bearer: ana.token, body },
        ...(key !== undefined && { headers: { 'Idempotency-Key': key } }),
      });
    const stateOf = async (id: string): Promise<string> =>
      (await stage().admin<{ state: string }>('GET', `/imbalance/signals/${id}`)).state;
    const signal = async (action: string): Promise<string> => {
      const body = { src, dst, action, reason: 'a drill' };
      const { id } = await post<{ id: string }>('/imbalance/signals', body, `drill-${action}`);
      await eventually('both have acked', async () => (await stateOf(id)) === 'ACKED', 20_000);
      return id;
    };
    await signal('DISABLE');
    const id = await signal('ENABLE');
    // Too late to stop anything, and written down all the same.
    expect(await post(`/imbalance/signals/${id}/cancel`, { reason: 'a mistake' })).toMatchObject({
      state: 'ACKED',
    });
    const redriven = await post('/imbalance/signals/redrive', { ids: [id] });
    expect(redriven).toMatchObject({ dryRun: false, reopened: 2 });
    const tried = await post('/imbalance/signals/test', { wlId: EXPORTER.wlId });
    expect(tried).toMatchObject({ taken: true, status: 200 });
    await eventually('both have acked again', async () => (await stateOf(id)) === 'ACKED', 20_000);
  });

  test('every route that writes is expected here, and its audit rows are there', async () => {
    const writing = servedRoutes().filter(({ route }) => route.method !== 'get');
    expect(new Set(writing.map(({ name }) => name))).toEqual(new Set(Object.keys(AUDITED)));
    const seen = await actionsSeen(stage());
    for (const { name, party } of writing) {
      const expected = AUDITED[name];
      const actions = expected === undefined || 'none' in expected ? [] : expected;
      const rows = party === CP ? seen.controlPlane : seen.whiteLabels;
      expect([name, actions.filter((action) => !rows.has(action))]).toEqual([name, []]);
    }
  });

  test('audit rows name who, by what way, and what for; the chains verify', async () => {
    for (const party of PARTIES) {
      const nameless = await stage().rows(
        party,
        "SELECT seq FROM audit WHERE actor = '' OR source = '' OR subject = '' OR correlation_id = ''",
      );
      expect(nameless).toEqual([]);
      expect(await verified(stage().stack.databaseUrl(party))).toMatchObject({
        intact: true,
      });
    }
    const told = await stage().admin('GET', '/admin/api/audit/verify');
    expect(told).toMatchObject({ verified: true });
  });

  test('each revision of a policy or relationship has its audit row', async () => {
    const paths = [
      ...WL_PARTIES.map(({ wlId }) => [
        'policy',
        wlId,
        `/admin/api/wls/${wlId}/policies/revisions`,
      ]),
      ...[`${EXPORTER.wlId}/${IMPORTER.wlId}`, `${IMPORTER.wlId}/${EXPORTER.wlId}`].map((pair) => [
        ...['relationship', pair, `/admin/api/relationships/${pair}/revisions`],
      ]),
    ] as const;
    for (const [kind, subject, path] of paths) {
      const { items } = await stage().admin<{ items: { revision: number; actor: string }[] }>(
        'GET',
        path ?? '',
      );
      const rows = await stage().rows<{ actor: string }>(
        CP,
        "SELECT actor FROM audit WHERE subject LIKE '%' || $1 AND action IN ($2, $3) ORDER BY seq DESC",
        [subject, `${kind}.created`, `${kind}.changed`],
      );
      expect(items.length).toBeGreaterThan(1);
      expect(items.map(({ revision }) => revision)).toEqual(
        Array.from(items, (_item, index) => items.length - index),
      );
      expect(items.map(({ actor }) => actor)).toEqual(rows.map(({ actor }) => actor));
    }
  });
}

/** Neither side is disabled, and the exporter has a limit that leaves room. */
async function isOpen(stage: Stage, { src, dst }: { src: string; dst: string }): Promise<boolean> {
  const stopped = 'SELECT 1 FROM signal_pair WHERE disabled AND src = $1 AND dst = $2';
  const atExporter = await stage.rows(EXPORTER, stopped, [src, dst]);
  const atImporter = await stage.rows(IMPORTER, stopped, [src, dst]);
  const roomy = await stage.rows(
    EXPORTER,
    'SELECT 1 FROM relationship WHERE limit_minor > 100 AND src = $1 AND dst = $2',
    [src, dst],
  );
  return atExporter.length + atImporter.length === 0 && roomy.length === 1;
}

async function actionsSeen(
  stage: Stage,
): Promise<{ controlPlane: Set<string>; whiteLabels: Set<string> }> {
  const of = async (party: (typeof PARTIES)[number]): Promise<string[]> => {
    const rows = await stage.rows<{ action: string }>(party, 'SELECT DISTINCT action FROM audit');
    return rows.map(({ action }) => action);
  };
  return {
    controlPlane: new Set(await of(CP)),
    whiteLabels: new Set([...(await of(EXPORTER)), ...(await of(IMPORTER))]),
  };
}

async function verified(url: string): Promise<{ intact: boolean; scanned: number }> {
  const onError = (): void => undefined;
  const pool = createPool({ url, size: 1, applicationName: 'audit-test', onError });
  try {
    const verdict = await verifyAudit(createDatabase<AuditTables>(pool));
    return { intact: verdict.brokenAt === undefined, scanned: verdict.scanned };
  } finally {
    await pool.end();
  }
}
