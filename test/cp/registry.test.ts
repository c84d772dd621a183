import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  auditOf,
  EXPORTER,
  IMPORTER,
  MASTER,
  PASSWORD,
  refusalOf,
  registerBoth,
  runBookWl,
  startControlPlane,
  tokenOf,
  type Stage,
} from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startControlPlane();
  await registerBoth(stage);
}, 60_000);
afterAll(() => stage.stop());

const NEW_WL = '0b0f4e1e-54a4-4d0e-a0c9-65fa54a4b001';
const OTHER_WL = '0b0f4e1e-54a4-4d0e-a0c9-65fa54a4b002';

describe('people', () => {
  test('a wrong password and an unknown person get the same answer', async () => {
    const wrong = await stage.login(MASTER.email, 'wrong');
    const unknown = await stage.login('nobody@xpory.local', 'wrong');
    expect(refusalOf(wrong)).toBe('401 FORBIDDEN');
    const { correlationId: _a, ...first } = wrong.body as Record<string, unknown>;
    const { correlationId: _b, ...second } = unknown.body as Record<string, unknown>;
    expect(first).toEqual(second);
  });

  test('a login answers token, expiry and the person, whatever the case of the address', async () => {
    const { status, body } = await stage.login(MASTER.email.toUpperCase(), MASTER.password);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token: expect.any(String),
      expiresAt: expect.stringMatching(/Z$/),
      user: { email: MASTER.email, roles: ['master'] },
    });
  });

  test('roles decide, and a master has them all', async () => {
    const auditor = await stage.person('auditor');
    const operator = await stage.person('operator');
    const cases = [
      [auditor, 'GET', '/admin/api/audit', 200],
      [operator, 'GET', '/admin/api/audit', 403],
      [operator, 'GET', '/admin/api/users', 403],
      [auditor, 'GET', '/admin/api/wls', 200],
      [auditor, 'POST', '/admin/api/wls', 403],
      [{ token: stage.master }, 'GET', '/admin/api/audit', 200],
      [{ token: undefined }, 'GET', '/admin/api/wls', 401],
    ] as const;
    for (const [{ token }, method, path, expected] of cases) {
      const body = method === 'POST' ? runBookWl(NEW_WL, 'wl-exporter') : undefined;
      const { status } = await stage.ask({ method, path, token, body });
      expect([path, status]).toEqual([path, expected]);
    }
  });

  test('taking a role away and blocking take effect at the next call', async () => {
    const person = await stage.person('auditor');
    const path = `/admin/api/users/${person.id}`;
    const change = (body: unknown) =>
      stage.ask({ method: 'PATCH', path, body, token: stage.master });
    const look = () => stage.ask({ path: '/admin/api/audit', token: person.token });
    expect((await change({ roles: ['support'] })).status).toBe(200);
    expect(refusalOf(await look())).toBe('403 FORBIDDEN');
    expect((await change({ status: 'disabled' })).status).toBe(200);
    expect(refusalOf(await look())).toBe('401 TOKEN_INVALID');
    expect(refusalOf(await stage.login(person.email))).toBe('401 FORBIDDEN');
    const actions = (await auditOf(stage, `user/${person.id}`)).map(({ action }) => action);
    expect(actions).toEqual(['user.changed', 'user.changed', 'user.created']);
  });

  test('a new password ends older sessions and not newer ones', async () => {
    const person = await stage.person('operator');
    const path = `/admin/api/users/${person.id}`;
    const password = `${PASSWORD} again`;
    await stage.ask({ method: 'PATCH', path, body: { password }, token: stage.master });
    const token = tokenOf(await stage.login(person.email, password));
    const look = (used: string) => stage.ask({ path: '/admin/api/wls', token: used });
    expect(refusalOf(await look(person.token))).toBe('401 TOKEN_INVALID');
    expect((await look(token)).status).toBe(200);
  });

  test('colleagues know each other by name and role, also who has left, and nothing more', async () => {
    const left = await stage.person('risk');
    const asking = await stage.person('auditor');
    const path = `/admin/api/users/${left.id}`;
    const named = { email: 'nameless@people.example', password: PASSWORD, roles: ['support'] };
    const token = stage.master;
    await stage.ask({ method: 'PATCH', path, body: { status: 'DISABLED' }, token });
    await stage.ask({ method: 'POST', path: '/admin/api/users', body: named, token });
    const { status, body } = await stage.ask({ path: '/admin/api/people', token: asking.token });
    const { items } = body as { items: { id: string; called: string }[] };
    expect(status).toBe(200);
    expect(items.find(({ id }) => id === left.id)).toEqual({
      ...{ id: left.id, called: 'Ana Prado', roles: ['risk'] },
    });
    expect(items.map(({ called }) => called)).toContain(named.email);
  });

  test('the last master stays one', async () => {
    const { items } = (await stage.ask({ path: '/admin/api/users', token: stage.master })).body as {
      items: { id: string; roles: string[] }[];
    };
    const master = items.find(({ roles }) => roles.includes('master'));
    const path = `/admin/api/users/${master?.id}`;
    const change = (body: unknown) =>
      stage.ask({ method: 'PATCH', path, body, token: stage.master });
    expect(refusalOf(await change({ status: 'DISABLED' }))).toBe('409 CONFLICT');
    expect(refusalOf(await change({ roles: ['risk'] }))).toBe('409 CONFLICT');
  });

  test('an address belongs to one person, and short passwords are refused', async () => {
    const add = (body: unknown) =>
      stage.ask({ method: 'POST', path: '/admin/api/users', body, token: stage.master });
    const roles = ['risk'];
    const taken = { email: MASTER.email.toUpperCase(), password: PASSWORD, roles };
    expect(refusalOf(await add(taken))).toBe('409 CONFLICT');
    const short = await add({ email: 'x@people.example', password: 'short', roles });
    expect(refusalOf(short)).toBe('422 VALIDATION_FAILED');
  });
});

describe('white labels', () => {
  test('the bodies of the run book are taken, ids as they were given', async () => {
    const { body } = await stage.ask({ path: `/admin/api/wls/${EXPORTER}`, token: stage.master });
    expect(body).toMatchObject({
      id: EXPORTER,
      status: 'ACTIVE',
      contactEmail: 'ex***@example.com',
      gatewayUrl: 'http://host.docker.internal:8081',
      rolloutStage: 'PILOT',
      features: { import: true, export: true, purchase: true },
      policy: { revision: 1, exportEnabled: true, importEnabled: false, visibilityWls: [] },
    });
    const { body: list } = await stage.ask({ path: '/admin/api/wls', token: stage.master });
    expect((list as { total: number }).total).toBeGreaterThanOrEqual(2);
  });

  test('an id that is taken is refused, an unknown field too', async () => {
    const add = (body: unknown, path = '/wls') =>
      stage.ask({ method: 'POST', path, body, token: stage.master });
    const wl = runBookWl(EXPORTER, 'wl-exporter');
    expect(refusalOf(await add(wl))).toBe('409 CONFLICT');
    const unknown = await add({ ...wl, surprise: 1 });
    expect(refusalOf(unknown)).toBe('422 VALIDATION_FAILED');
    expect(unknown.body).toMatchObject({ errors: [{ pointer: '/surprise' }] });
  });

  test('a rename takes policy, keys and trader account along', async () => {
    const { ask, master: token } = stage;
    const wl = runBookWl(NEW_WL, 'wl-exporter');
    expect((await ask({ method: 'POST', path: '/wls', body: wl, token })).status).toBe(201);
    const account = { name: 'Conta Trader', status: 'active' };
    await ask({ method: 'POST', path: `/admin/api/wls/${NEW_WL}/trader`, body: account, token });
    const body = { id: OTHER_WL, name: 'renamed' };
    const renamed = await ask({ method: 'PUT', path: `/admin/api/wls/${NEW_WL}`, body, token });
    expect(renamed.body).toMatchObject({ id: OTHER_WL, name: 'renamed', policy: { revision: 1 } });
    const read = (path: string) => ask({ path, token });
    expect((await read(`/admin/api/wls/${NEW_WL}`)).status).toBe(404);
    expect((await read(`/admin/api/wls/${OTHER_WL}/trader`)).body).toMatchObject(account_view);
    const jwks = (await read('/.well-known/jwks.json')).body as { keys: { sub: string }[] };
    expect(jwks.keys.filter(({ sub }) => sub === OTHER_WL)).toHaveLength(2);
    const put = await ask({
      method: 'PUT',
      path: `/admin/api/wls/${OTHER_WL}/policies`,
      body: { exportDelaySeconds: 5 },
      token,
    });
    expect(put.body).toMatchObject({ revision: 2 });
    expect((await auditOf(stage, `wl/${OTHER_WL}`))[0]).toMatchObject({
      action: 'wl.renamed',
      before: { id: NEW_WL },
    });
  });
  const account_view = { name: 'Conta Trader', status: 'ACTIVE' };

  test('a rename is refused once partners know the id, and to an id that is taken', async () => {
    const { ask, master: token } = stage;
    const rename = (path: string, id: string) =>
      ask({ method: 'PUT', path: `/admin/api/wls/${path}`, body: { id }, token });
    expect(refusalOf(await rename(EXPORTER, NEW_WL))).toBe('409 CONFLICT');
    expect(refusalOf(await rename(OTHER_WL, IMPORTER))).toBe('409 CONFLICT');
    expect(refusalOf(await rename(NEW_WL, OTHER_WL))).toBe('404 NOT_FOUND');
  });

  test('a change of features or stage makes a revision of the policy', async () => {
    const { ask, master: token } = stage;
    const path = `/admin/api/wls/${OTHER_WL}`;
    const before = (await ask({ path, token })).body as { policy: { revision: number } };
    const body = { features: { purchase: false }, rolloutStage: 'general' };
    const after = await ask({ method: 'PUT', path, body, token });
    expect(after.body).toMatchObject({
      rolloutStage: 'GENERAL',
      features: { import: true, export: true, purchase: false },
      policy: { revision: before.policy.revision + 1 },
    });
    expect(await stage.ordered()).toMatchObject({
      revision: `policy/${OTHER_WL}/${before.policy.revision + 1}`,
      wlIds: [OTHER_WL],
    });
  });

  test('a PUT that changes nothing leaves no audit row', async () => {
    const path = `/admin/api/wls/${OTHER_WL}`;
    const rows = (await auditOf(stage, `wl/${OTHER_WL}`)).length;
    const body = { name: 'renamed', updatedBy: 'somebody else' };
    expect((await stage.ask({ method: 'PUT', path, body, token: stage.master })).status).toBe(200);
    expect(await auditOf(stage, `wl/${OTHER_WL}`)).toHaveLength(rows);
  });

  test('inside addresses are refused as gateway', async () => {
    const refused = [
      'http://169.254.169.254/latest',
      'http://10.0.0.8',
      'http://[fd00::1]/',
      'http://[::ffff:10.0.0.1]/',
      'http://0x0a000001/',
      'http://postgres:5432',
      'http://vault.internal',
      'ftp://example.com',
      'https://user:secret@example.com',
      'https://example.com/?next=1',
      'not a url',
    ];
    for (const gatewayUrl of refused) {
      const answer = await stage.ask({
        method: 'PUT',
        path: `/admin/api/wls/${OTHER_WL}`,
        body: { gatewayUrl },
        token: stage.master,
      });
      expect([gatewayUrl, refusalOf(answer)]).toEqual([gatewayUrl, '422 VALIDATION_FAILED']);
    }
  });
});

describe('self-registration', () => {
  const eventKeys = { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'e1', x: 'A'.repeat(43) }] };
  const endpoint = { peerUrl: 'https://wl-exporter.localhost:9443', currency: 'XEX', eventKeys };

  test('an endpoint is registered by the white label itself, audited once, told to partners', async () => {
    const as = await stage.certificate(EXPORTER);
    const put = () =>
      stage.ask({ method: 'PUT', path: `/wls/${EXPORTER}/endpoint`, body: endpoint, as });
    expect((await put()).body).toMatchObject({ wlId: EXPORTER, peerUrl: endpoint.peerUrl });
    expect((await put()).status).toBe(200);
    const rows = (await auditOf(stage, `wl/${EXPORTER}`)).filter(
      ({ action }) => action === 'wl.endpoint.registered',
    );
    expect(rows).toMatchObject([{ actor: EXPORTER, source: 'wl-api' }]);
    expect(await stage.ordered()).toMatchObject({ wlIds: [EXPORTER, IMPORTER] });
  });

  test('nobody else may register it', async () => {
    const path = `/wls/${EXPORTER}/endpoint`;
    const put = (as: Parameters<Stage['ask']>[0]['as'], plain = false) =>
      stage.ask({ method: 'PUT', path, body: endpoint, as, plain });
    const other = await stage.certificate(IMPORTER);
    const foreign = await stage.pki.issueForeign({ sanUri: `urn:xpory:wl:${EXPORTER}` });
    const cp = await stage.pki.issue({ sanUri: 'urn:xpory:cp' });
    expect(refusalOf(await put(other))).toBe('403 CERTIFICATE_SUBJECT');
    expect(refusalOf(await put(cp))).toBe('403 CERTIFICATE_SUBJECT');
    expect(refusalOf(await put(foreign))).toBe('401 CERTIFICATE_REQUIRED');
    expect(refusalOf(await put(undefined))).toBe('401 CERTIFICATE_REQUIRED');
    expect(refusalOf(await put(undefined, true))).toBe('404 NOT_FOUND');
  });

  test('an unknown white label is told to try later, plain peers are refused', async () => {
    const unknown = 'aaaaaaaa-54a4-4d0e-a0c9-65fa54a4b003';
    const as = await stage.certificate(unknown);
    const put = (id: string, body: unknown, cert = as) =>
      stage.ask({ method: 'PUT', path: `/wls/${id}/endpoint`, body, as: cert });
    expect(refusalOf(await put(unknown, endpoint))).toBe('404 NOT_FOUND');
    const own = await stage.certificate(EXPORTER);
    const plain = { ...endpoint, peerUrl: 'http://wl-exporter.localhost:8081' };
    expect(refusalOf(await put(EXPORTER, plain, own))).toBe('422 VALIDATION_FAILED');
  });

  test('secrets are made once and the same for every process of the white label', async () => {
    const as = await stage.certificate(EXPORTER);
    const ask = () => stage.ask({ method: 'POST', path: `/wls/${EXPORTER}/secrets`, as });
    const [first, second] = await Promise.all([ask(), ask()]);
    expect(first?.status).toBe(200);
    expect(first?.body).toEqual(second?.body);
    expect(first?.body).toMatchObject({
      policySecret: expect.stringMatching(/^whsec_/),
      signalSecret: expect.stringMatching(/^whsec_/),
    });
    const rows = await auditOf(stage, `wl/${EXPORTER}`);
    expect(rows.filter(({ action }) => action === 'wl.secrets.created')).toHaveLength(1);
  });
});

describe('trader accounts', () => {
  test('contacts come back masked, each change has its audit row', async () => {
    const { ask, master: token } = stage;
    const path = `/admin/api/wls/${EXPORTER}/trader`;
    const body = {
      name: 'Conta Trader Exporter',
      status: 'active',
      contactEmail: 'exporter@example.com',
      contactPhone: '+55 11 90000-0001',
    };
    const post = (fields: object) =>
      ask({ method: 'POST', path, body: { ...body, ...fields }, token });
    expect((await ask({ path, token })).status).toBe(404);
    const created = await post({});
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      name: 'Conta Trader Exporter',
      status: 'ACTIVE',
      contactEmail: 'ex***@example.com',
      contactPhone: '***01',
      confirmedAt: null,
    });
    expect((await post({})).status).toBe(200);
    expect((await post({ status: 'paused' })).body).toMatchObject({ status: 'PAUSED' });
    const rows = await auditOf(stage, `trader-account/${EXPORTER}`);
    expect(rows.map(({ action }) => action)).toEqual([
      'trader.account.changed',
      'trader.account.created',
    ]);
  });
});
