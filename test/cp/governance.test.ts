import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  auditOf,
  EXPORTER,
  IMPORTER,
  pairPath,
  refusalOf,
  registerBoth,
  startControlPlane,
  type Stage,
} from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startControlPlane();
  await registerBoth(stage);
}, 60_000);
afterAll(() => stage.stop());

const PAIR = pairPath(EXPORTER, IMPORTER);
const SUBJECT = `relationship/${EXPORTER}/${IMPORTER}`;
const POLICY = `/admin/api/wls/${EXPORTER}/policies`;

interface Revision {
  readonly revision: number;
  readonly actor: string;
  readonly source: string;
  readonly updatedBy: string;
  readonly updatedSource: string;
  readonly changed: string[];
  readonly document: Record<string, unknown>;
}

const get = (path: string, token = stage.master) => stage.ask({ path, token });
const put = (
  path: string,
  body: unknown,
  { token = stage.master, headers = {} }: { token?: string; headers?: Record<string, string> } = {},
) => stage.ask({ method: 'PUT', path, body, token, headers });
const revisionsOf = async (path: string) =>
  ((await get(`${path}/revisions`)).body as { items: Revision[] }).items;

describe('policies', () => {
  test('a change makes one revision and one audit row; the actor is the token, not the label', async () => {
    const operator = await stage.person('operator');
    const labels = { updatedBy: 'bootstrap', updatedSource: 'runbook' };
    const body = { exportDelaySeconds: 60, visibilityWls: [IMPORTER, IMPORTER], ...labels };
    const answer = await put(POLICY, body, { token: operator.token });
    expect(answer.headers['etag']).toBe('"2"');
    expect(answer.body).toMatchObject({
      revision: 2,
      exportEnabled: true,
      exportDelaySeconds: 60,
      visibilityWls: [IMPORTER],
      ...labels,
    });
    const [newest, first] = await revisionsOf(POLICY);
    expect(newest).toMatchObject({
      revision: 2,
      actor: operator.id,
      source: 'admin-api',
      changed: ['exportDelaySeconds', 'visibilityWls'],
      ...labels,
    });
    expect(first).toMatchObject({ revision: 1 });
    expect((await auditOf(stage, `policy/${EXPORTER}`))[0]).toMatchObject({
      action: 'policy.changed',
      actor: operator.id,
      before: { revision: 1, exportDelaySeconds: 0 },
      after: { revision: 2, exportDelaySeconds: 60, ...labels },
    });
    expect(await stage.ordered()).toMatchObject({
      revision: `policy/${EXPORTER}/2`,
      wlIds: [EXPORTER],
    });
  });

  test('a PUT without any change makes no revision', async () => {
    const rows = (await auditOf(stage, `policy/${EXPORTER}`)).length;
    const answer = await put(POLICY, { exportDelaySeconds: 60, updatedBy: 'somebody' });
    expect(answer.body).toMatchObject({ revision: 2, updatedBy: 'bootstrap' });
    expect(await revisionsOf(POLICY)).toHaveLength(2);
    expect(await auditOf(stage, `policy/${EXPORTER}`)).toHaveLength(rows);
  });

  test('If-Match admits the revision that was seen and refuses an older one', async () => {
    const change = (seconds: number, tag: string) =>
      put(POLICY, { exportDelaySeconds: seconds }, { headers: { 'if-match': tag } });
    const { etag = '' } = (await get(POLICY)).headers;
    expect((await change(61, etag)).status).toBe(200);
    expect(refusalOf(await change(62, etag))).toBe('412 PRECONDITION_FAILED');
    expect(refusalOf(await change(62, '"nonsense"'))).toBe('412 PRECONDITION_FAILED');
    expect((await get(POLICY)).body).toMatchObject({ exportDelaySeconds: 61 });
  });

  test('concurrent changes each get a number, without gaps', async () => {
    const before = (await revisionsOf(POLICY))[0]?.revision ?? 0;
    const delays = [101, 102, 103, 104, 105, 106];
    await Promise.all(delays.map((exportDelaySeconds) => put(POLICY, { exportDelaySeconds })));
    const numbers = (await revisionsOf(POLICY)).map(({ revision }) => revision);
    const expected = Array.from({ length: before + 6 }, (_, index) => before + 6 - index);
    expect(numbers).toEqual(expected);
  });
});

describe('relationships', () => {
  test('a new one gets the defaults, amounts and rates as decimal strings', async () => {
    expect((await get(PAIR)).body).toMatchObject({
      src: EXPORTER,
      dst: IMPORTER,
      revision: 1,
      status: 'ACTIVE',
      fxRate: '1',
      limitAmount: '100000.00',
      imbalanceLimit: '100000.00',
      limitMode: 'HARD',
      thresholds: { alert: 80, disable: 100, enable: 90 },
      commissionRate: '0.05',
      approval: { mode: 'ABOVE', aboveAmount: '1000.00' },
      fourEyes: false,
      updatedBy: 'bootstrap',
      updatedSource: 'runbook',
    });
  });

  test('omitted fields stay, parts of an object too; null takes a rule away', async () => {
    const body = {
      status: 'active',
      fxRate: 1,
      limitAmount: 100000,
      approval: { mode: 'manual' },
      velocity: { maxAmount: '500.00', windowSeconds: 60 },
      export_policy: { min_created_at: '2000-01-01T00:00:00Z', exclude_categories: ['15'] },
    };
    expect((await put(PAIR, body)).body).toMatchObject({
      revision: 2,
      approval: { mode: 'MANUAL', aboveAmount: '1000.00' },
      velocity: { maxAmount: '500.00', windowSeconds: 60 },
      export_policy: {
        enabled: true,
        min_created_at: '2000-01-01T00:00:00.000Z',
        include_categories: [],
        exclude_categories: ['15'],
        entity_allowlist: [],
        entity_blocklist: [],
      },
    });
    const after = await put(PAIR, { thresholds: { alert: 70 }, velocity: null });
    expect(after.body).toMatchObject({
      revision: 3,
      thresholds: { alert: 70, disable: 100, enable: 90 },
      export_policy: { exclude_categories: ['15'] },
    });
    expect(after.body).not.toHaveProperty('velocity');
    expect((await put(PAIR, { export_policy: null })).body).not.toHaveProperty('export_policy');
    expect(await stage.ordered()).toMatchObject({
      revision: `relationship/${EXPORTER}/${IMPORTER}/4`,
      wlIds: [EXPORTER, IMPORTER],
    });
  });

  test('a rate keeps its eight decimals, imbalanceLimit is the limit', async () => {
    const answer = await put(PAIR, { fxRate: '1.23456789', imbalanceLimit: '250000.5' });
    expect(answer.body).toMatchObject({ fxRate: '1.23456789', limitAmount: '250000.50' });
    const [newest] = await revisionsOf(PAIR);
    expect(newest?.changed).toEqual(['fxRate', 'limitAmount']);
  });

  test('what is no rate, amount, percentage or status is refused with its pointer', async () => {
    const cases = [
      [{ fxRate: '1.234567891' }, '/fxRate'],
      [{ fxRate: 0 }, '/fxRate'],
      [{ limitAmount: '10.001' }, '/limitAmount'],
      [{ limitAmount: '-1' }, '/limitAmount'],
      [{ limitAmount: '1.00', imbalanceLimit: '2.00' }, '/imbalanceLimit'],
      [{ commissionRate: '1.01' }, '/commissionRate'],
      [{ status: 'sleeping' }, '/status'],
      [{ export_policy: { exclude: [] } }, '/export_policy/exclude'],
      [{ surprise: true }, '/surprise'],
    ] as const;
    for (const [body, pointer] of cases) {
      const answer = await put(PAIR, body);
      expect(refusalOf(answer)).toBe('422 VALIDATION_FAILED');
      expect(answer.body).toMatchObject({ errors: [{ pointer }] });
    }
    const unordered = await put(PAIR, { thresholds: { enable: 101 } });
    expect(refusalOf(unordered)).toBe('422 VALIDATION_FAILED');
  });

  test('a new one needs rate and limit, two sides that exist and differ', async () => {
    const unknown = 'aaaaaaaa-54a4-4d0e-a0c9-65fa54a4b003';
    const body = { fxRate: 1, limitAmount: 1 };
    expect(refusalOf(await put(pairPath(EXPORTER, unknown), body))).toBe('404 NOT_FOUND');
    expect(refusalOf(await put(pairPath(EXPORTER, EXPORTER), body))).toBe('422 VALIDATION_FAILED');
    const third = 'aaaaaaaa-54a4-4d0e-a0c9-65fa54a4b004';
    const wl = { id: third, name: 'third' };
    await stage.ask({ method: 'POST', path: '/wls', body: wl, token: stage.master });
    const incomplete = await put(pairPath(EXPORTER, third), { fxRate: 1 });
    expect(refusalOf(incomplete)).toBe('422 VALIDATION_FAILED');
    const created = await put(pairPath(EXPORTER, third), body, { headers: { 'if-match': '"1"' } });
    expect(refusalOf(created)).toBe('412 PRECONDITION_FAILED');
  });

  test('money fields need the risk role, the others an operator', async () => {
    const operator = await stage.person('operator');
    const risk = await stage.person('risk');
    const auditor = await stage.person('auditor');
    const money = [
      { limitAmount: '7.00' },
      { limitMode: 'soft' },
      { fxRate: '7' },
      { commissionRate: '0.07' },
    ];
    for (const body of money) {
      const refused = await put(PAIR, body, { token: operator.token });
      expect([body, refusalOf(refused)]).toEqual([body, '403 FORBIDDEN']);
    }
    const current = (await get(PAIR)).body as { fxRate: string };
    const unchanged = { fxRate: current.fxRate, status: 'paused' };
    expect((await put(PAIR, unchanged, { token: operator.token })).status).toBe(200);
    expect((await put(PAIR, { limitMode: 'soft' }, { token: risk.token })).status).toBe(200);
    const read = await put(PAIR, { status: 'active' }, { token: auditor.token });
    expect(refusalOf(read)).toBe('403 FORBIDDEN');
    expect((await auditOf(stage, SUBJECT))[0]).toMatchObject({ actor: risk.id });
  });

  test('lists name every pair of a white label', async () => {
    const { body } = await get(`/admin/api/relationships?wlId=${IMPORTER}`);
    expect(body).toMatchObject({ total: 2, items: expect.any(Array) });
  });
});

describe('four eyes', () => {
  const change = (id: string) => `/admin/api/changes/${id}/confirm`;
  const confirm = (id: string, token: string) =>
    stage.ask({ method: 'POST', path: change(id), token });

  test('a change of limit waits for another risk officer', async () => {
    const [one, two, operator] = await Promise.all([
      stage.person('risk'),
      stage.person('risk'),
      stage.person('operator'),
    ]);
    await put(PAIR, { status: 'active', fourEyes: true });
    const before = (await get(PAIR)).body as { revision: number; limitAmount: string };
    const queued = await put(PAIR, { limitAmount: '300000.00' }, { token: one.token });
    expect(queued.status).toBe(202);
    const { id } = queued.body as { id: string };
    expect((await get(PAIR)).body).toMatchObject(before);
    expect((await get('/admin/api/changes?state=pending')).body).toMatchObject({
      total: 1,
      items: [{ id, state: 'PENDING', proposedBy: one.id, patch: { limitAmount: '300000.00' } }],
    });
    expect(refusalOf(await confirm(id, one.token))).toBe('403 SAME_PERSON');
    expect(refusalOf(await confirm(id, operator.token))).toBe('403 FORBIDDEN');
    const confirmed = await confirm(id, two.token);
    expect(confirmed.body).toMatchObject({
      revision: before.revision + 1,
      limitAmount: '300000.00',
    });
    expect(refusalOf(await confirm(id, two.token))).toBe('409 CONFLICT');
    const [applied, proposed] = await auditOf(stage, SUBJECT);
    expect(applied).toMatchObject({
      action: 'relationship.changed',
      actor: two.id,
      after: { changeId: id, proposedBy: one.id },
    });
    expect(proposed).toMatchObject({ action: 'relationship.change.proposed', actor: one.id });
  });

  test('a status change passes at once, and makes an older proposal stale', async () => {
    const [one, two] = await Promise.all([stage.person('risk'), stage.person('risk')]);
    const queued = await put(PAIR, { fxRate: '2' }, { token: one.token });
    expect((await put(PAIR, { status: 'paused' })).status).toBe(200);
    const { id } = queued.body as { id: string };
    expect(refusalOf(await confirm(id, two.token))).toBe('409 CONFLICT');
    expect((await get('/admin/api/changes?state=stale')).body).toMatchObject({ total: 1 });
  });

  test('switching it off takes two as well', async () => {
    const [one, two] = await Promise.all([stage.person('operator'), stage.person('risk')]);
    const queued = await put(PAIR, { fourEyes: false }, { token: one.token });
    expect(queued.status).toBe(202);
    const { id } = queued.body as { id: string };
    expect((await confirm(id, two.token)).body).toMatchObject({ fourEyes: false });
  });
});

test('the audit chain of all this is intact', async () => {
  const { body } = await get('/admin/api/audit/verify');
  expect(body).toMatchObject({ verified: true, scanned: expect.any(Number) });
  const refused = stage.pool.query(`UPDATE audit SET actor = 'nobody' WHERE seq = 1`);
  await expect(refused).rejects.toThrow(/only ever added/);
});
