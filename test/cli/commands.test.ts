import { randomUUID } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HINTS } from '../../cli/hints.ts';
import { evaluatePair, movePair } from '../../db/cp/pair.ts';
import { inTransaction } from '../../db/pool.ts';
import type { Json } from '../../domain/shared/canonical.ts';
import { PROBLEMS } from '../../api/http/problem.ts';
import {
  EXPORTER,
  IMPORTER,
  MASTER,
  registerBoth,
  startControlPlane,
  type Stage,
} from '../cp/stage.ts';
import { eventOf, purchase, send, sender } from '../cp/telemetry/events.ts';
import { testFolder, type TestFolder } from '../stack/setup.ts';
import { createXwl } from './xwl.ts';

const LONG_MS = 60_000;
const TRADE = 'a0000000-0000-4000-8000-000000000001';

interface Notifications {
  readonly items: readonly { readonly id: string; readonly title: string }[];
  readonly unread: number;
}

let stage: Stage;
let folder: TestFolder;
let xwl: ReturnType<typeof createXwl>;

beforeAll(async () => {
  folder = await testFolder();
  // The gateway is reached by the engine, which this stage has not.
  const test = async ({ testId, wlId }: { testId: string; wlId: string }) => ({
    ...{ testId, wlId, taken: false, status: 503, failure: 'status', latencyMs: 7 },
  });
  stage = await startControlPlane({ signals: { look: () => undefined, test } });
  await registerBoth(stage);
  const exporter = await sender(stage, EXPORTER);
  const importer = await sender(stage, IMPORTER);
  const sold = purchase({ tradeId: TRADE });
  const bought = purchase({ ...sold, role: 'IMPORTER', counterpartWlId: EXPORTER });
  await send(stage, exporter, [eventOf(exporter, { data: sold as unknown as Json })]);
  await send(stage, importer, [eventOf(importer, { data: bought as unknown as Json })]);
  const ca = join(folder.path, 'ca.crt');
  await writeFile(ca, stage.pki.ca);
  xwl = createXwl({
    XWL_CA: ca,
    XWL_URL: stage.origin,
    XWL_TOKEN: stage.master,
    XDG_STATE_HOME: join(folder.path, 'state'),
  });
}, LONG_MS);
afterAll(async () => {
  await stage.stop();
  await folder.remove();
});

/** What the command and the route itself say, side by side. */
async function both(line: string, path: string) {
  const { code, out } = await xwl(`${line} --json`);
  const { body } = await stage.ask({ path, token: stage.master });
  return { code, command: JSON.parse(out) as unknown, route: body };
}

const LISTS: readonly [line: string, path: string, shown: string][] = [
  ['wl list', '/admin/api/wls', 'wl-exporter'],
  ['wl show wl-exporter', `/admin/api/wls/${EXPORTER}`, 'ex***@example.com'],
  ['policy show wl-exporter', `/admin/api/wls/${EXPORTER}/policies`, 'baseline'],
  ['policy history wl-exporter', `/admin/api/wls/${EXPORTER}/policies/revisions`, 'revision'],
  ['relationship list', '/admin/api/relationships', '100000.00'],
  [
    'relationship show wl-exporter wl-importer',
    `/admin/api/relationships/${EXPORTER}/${IMPORTER}`,
    'above 1000.00',
  ],
  [
    'relationship history wl-exporter wl-importer',
    `/admin/api/relationships/${EXPORTER}/${IMPORTER}/revisions`,
    'of 2',
  ],
  ['relationship changes', '/admin/api/changes', 'nothing'],
  ['trade list', '/admin/api/trades', TRADE],
  [`trade show ${TRADE}`, `/admin/api/trades/${TRADE}/details`, 'latency ms'],
  ['approval list', '/admin/api/approvals', '0 waiting'],
  ['signal list', '/imbalance/signals', 'nothing'],
  ['settlement list', '/admin/api/settlements', 'nothing'],
  ['plan list', '/admin/api/plans', 'nothing'],
  ['notification list', '/admin/api/notifications', 'unread'],
  ['key list', '/.well-known/jwks.json', 'CURRENT'],
  ['certificate list wl-exporter', `/admin/api/wls/${EXPORTER}/certificates`, 'SHOWN'],
  ['audit list --limit 3', '/admin/api/audit?limit=3', 'more: --cursor'],
];

describe('what is read', () => {
  test.each(LISTS)(
    '%s: the route’s own document, or text for people',
    async (line, path, shown) => {
      const { code, command, route } = await both(line, path);
      expect(code).toBe(0);
      expect(command).toEqual(route);
      const text = await xwl(line);
      expect(text).toMatchObject({ code: 0, complaints: '' });
      expect(text.out).toContain(shown);
    },
  );

  test('the balance as text, JSON and CSV', async () => {
    const text = await xwl('balance --wl wl-exporter');
    expect(text.out).toContain('exposure');
    const json = await xwl('balance --json');
    expect(Object.keys(JSON.parse(json.out) as object)).toContain('consolidated');
    const csv = await xwl('balance --csv --as-of 2030-01-01T00:00:00Z');
    expect(csv.out).toMatch(/^[a-zA-Z_,]+\r?\n/);
  });

  test('--all follows every page', async () => {
    const all = JSON.parse((await xwl('audit list --all --json')).out) as { items: unknown[] };
    const [page] = [JSON.parse((await xwl('audit list --limit 2 --json')).out) as typeof all];
    expect(page.items).toHaveLength(2);
    expect(all.items.length).toBeGreaterThan(2);
    expect(all).not.toHaveProperty('nextCursor');
  });

  test('a pipe gets plain columns, a terminal a frame, and NO_COLOR takes the colour', async () => {
    const ask = (): Promise<string> => Promise.resolve('');
    const terminal = { columns: 300, ask };
    expect((await xwl('key list')).out).not.toContain('│');
    expect((await xwl('key list', { terminal })).out).toContain('│');
    const plain = await xwl('key list', { terminal, env: { NO_COLOR: '1' } });
    expect(plain.out).not.toContain('\u001B');
    expect(plain.out).toContain('│');
    const narrow = await xwl('key list', { terminal: { columns: 20, ask } });
    expect(narrow.out).not.toContain('│');
  });
});

test('the doctor looks at a Control Plane elsewhere by its listener alone', async () => {
  const { lines } = JSON.parse((await xwl('doctor --json')).out) as {
    lines: { check: string; state: string; subject: string }[];
  };
  const checks = lines.map(({ check, state }) => `${check} ${state}`);
  expect(checks).toEqual(expect.arrayContaining(['process ok', 'clock ok', 'keys ok']));
  expect(lines.map(({ check }) => check)).toContain('certificate');
  expect(lines.some(({ check }) => check === 'schema' || check === 'workers')).toBe(false);
});

describe('what is changed', () => {
  test('a policy, by flags; the history tells of it', async () => {
    const { code, out } = await xwl('policy set wl-exporter --delay 60 --label slow --json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ exportDelaySeconds: 60, policyRevision: 'slow' });
    expect((await xwl('policy history wl-exporter')).out).toContain('exportDelaySeconds 0 → 60');
    const stale = await xwl('policy set wl-exporter --delay 90 --if-revision 1');
    expect(stale.code).toBe(1);
    expect(stale.complaints).toContain('PRECONDITION_FAILED');
  });

  test('a relationship, and what stops trade is asked first', async () => {
    const file = join(folder.path, 'export-policy.json');
    await writeFile(file, JSON.stringify({ exclude_categories: ['15'] }));
    const line = `relationship set wl-exporter wl-importer --limit 5000.50 --export-policy ${file}`;
    const set = await xwl(`${line} --velocity 100.00/60 --thresholds 70/95/60 --json`);
    expect(JSON.parse(set.out)).toMatchObject({
      limitAmount: '5000.50',
      velocity: { maxAmount: '100.00', windowSeconds: 60 },
      thresholds: { alert: 70, disable: 95, enable: 60 },
      export_policy: { exclude_categories: ['15'] },
    });
    const pause = 'relationship set wl-exporter wl-importer --status paused';
    const unasked = await xwl(pause);
    expect(unasked).toMatchObject({ code: 2, out: '' });
    expect(unasked.complaints).toContain('say --yes');
    const asked: string[] = [];
    const no = await xwl(pause, {
      terminal: { columns: 80, ask: async (question) => (asked.push(question), 'n') },
    });
    expect(no).toMatchObject({ code: 1, complaints: 'nothing was done\n' });
    expect(asked).toEqual([
      'wl-exporter → wl-importer: new purchases will be refused. Go on? [y/N] ',
    ]);
    expect((await xwl(`${pause} --yes`)).out).toMatch(/status +PAUSED/);
    await xwl('relationship set wl-exporter wl-importer --status active --velocity none');
  });

  test('with four eyes a change waits, and only another person confirms it', async () => {
    const pair = 'relationship set wl-importer wl-exporter';
    await xwl(`${pair} --four-eyes on`);
    const proposed = await xwl(`${pair} --limit 7000`);
    const [, id = ''] = /relationship confirm (\S+)/.exec(proposed.out) ?? [];
    expect((await xwl('relationship changes --state pending')).out).toContain(id);
    const same = await xwl(`relationship confirm ${id}`);
    expect(same.code).toBe(1);
    expect(same.complaints).toContain('hint: another person has to do this');
    const { token } = await stage.person('risk');
    const other = await xwl(`relationship confirm ${id}`, { env: { XWL_TOKEN: token } });
    expect(other.out).toMatch(/limit +7000\.00/);
  });

  test('a white label is made, changed and shown', async () => {
    const made = await xwl('wl create wl-third --currency XTH --feature-purchase off --json');
    expect(JSON.parse(made.out)).toMatchObject({ name: 'wl-third', features: { purchase: false } });
    const changed = await xwl('wl update wl-third --stage general --description "a third one"');
    expect(changed.out).toMatch(/description +a third one/);
    expect((await xwl('wl update wl-third')).code).toBe(2);
    expect((await xwl('wl show nobody')).complaints).toContain('no white label is called');
  });

  test('a signal: created once by its key, redriven after a count, cancelled', async () => {
    const create = 'signal create disable wl-exporter wl-importer --reason "a test" --yes';
    const first = JSON.parse((await xwl(`${create} --key one-key --json`)).out) as { id: string };
    const again = JSON.parse((await xwl(`${create} --key one-key --json`)).out) as { id: string };
    expect(again.id).toBe(first.id);
    expect((await xwl(create)).complaints).toMatch(/^idempotency key: [\da-f-]{36}/);
    expect((await xwl(`signal show ${first.id}`)).out).toContain('a test');
    const counted = await xwl(`signal redrive ${first.id} --dry-run --json`);
    expect(JSON.parse(counted.out)).toEqual({ dryRun: true, reopened: 0, open: 2 });
    const asked: string[] = [];
    const ask = async (question: string): Promise<string> => (asked.push(question), 'n');
    const refused = await xwl(`signal redrive ${first.id}`, { terminal: { columns: 80, ask } });
    expect(refused.code).toBe(1);
    expect(asked[0]).toContain('2 open ones will be tried at once. Go on?');
    expect((await xwl('signal redrive')).code).toBe(2);
    const cancelled = await xwl(`signal cancel ${again.id} --reason over --yes --json`);
    expect(cancelled.code).toBe(0);
  });

  test('a gateway is asked, by the name of its white label, whether it takes signals', async () => {
    const { code, out } = await xwl('signal test wl-exporter');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^white label +${EXPORTER}\n`));
    expect(out).toMatch(/taken +no\nstatus +503\nfailure +status\nlatency ms +7\n/);
  });

  test('over its limit a pair has a plan with steps, and a notification that is read once', async () => {
    const pair = { src: IMPORTER, dst: EXPORTER };
    await inTransaction(stage.db, async (tx) => {
      const [at, reference] = [new Date(), randomUUID()];
      await movePair(tx, pair, { kind: 'EXPORT', reference, deltas: { exports: 200_000_00n }, at });
      const author = { actor: 'control-plane', source: 'test', correlationId: reference };
      await evaluatePair(tx, pair, { author, at });
    });
    const listed = await xwl('plan list --src wl-importer --state open --json');
    const [plan] = (JSON.parse(listed.out) as { items: { id: string }[] }).items;
    const shown = await xwl(`plan show ${plan?.id}`);
    expect(shown.out).toMatch(/state +OPEN\n/);
    expect(shown.out).toMatch(/step +% +amount +due /);
    const unread = 'notification list --unread true --json';
    const { items, unread: count } = JSON.parse((await xwl(unread)).out) as Notifications;
    const told = items.find(({ title }) => title.startsWith('A compensation plan was opened'));
    const read = await xwl(`notification read ${told?.id}`);
    expect(read.out).toMatch(/read by +\S/);
    await xwl(`notification read ${told?.id}`);
    expect(JSON.parse((await xwl(unread)).out)).toMatchObject({ unread: count - 1 });
    expect((await xwl(`plan cancel ${plan?.id} --reason agreed --yes`)).out).toMatch(
      /state +CANCELLED\n/,
    );
  });

  test('a settlement is recorded by one person and confirmed by another', async () => {
    const create = 'settlement create wl-exporter wl-importer 12.50 --note January --json';
    const answer = await xwl(create);
    expect(answer.complaints).toMatch(/^idempotency key: /);
    const made = JSON.parse(answer.out) as { id: string; amount: string };
    expect(made.amount).toBe('12.50');
    expect((await xwl(`settlement confirm ${made.id} --yes`)).complaints).toContain('SAME_PERSON');
    const { token } = await stage.person('risk');
    const env = { XWL_TOKEN: token };
    const confirmed = await xwl(`settlement confirm ${made.id} --yes`, { env });
    expect(confirmed.out).toMatch(/state +CONFIRMED/);
    const period = '--from 2020-01-01T00:00:00Z --to 2035-01-01T00:00:00Z';
    const statement = `settlement statement wl-exporter wl-importer ${period}`;
    expect((await xwl(statement)).out).toMatch(/^opening 0\.00/);
    expect((await xwl(`${statement} --csv`)).out).toMatch(/^\w+,/);
  });

  test('keys are rotated, revoked and reported', async () => {
    const rotated = await xwl('key rotate --wl wl-importer --yes --json');
    const { current } = JSON.parse(rotated.out) as { current: string };
    expect((await xwl('key list --wl wl-importer')).out).toContain(current);
    expect((await xwl(`key report ${current}`)).out).toContain('tokens');
    const revoked = await xwl(`key revoke ${current} --wl wl-importer --yes --json`);
    expect(JSON.parse(revoked.out)).not.toMatchObject({ current });
  });
});

describe('who asks', () => {
  const nobody = { XWL_TOKEN: undefined };

  test('a login is kept for its owner alone, used, shown and forgotten', async () => {
    const before = await xwl('wl list', { env: nobody });
    expect(before.code).toBe(2);
    expect(before.complaints).toContain('xwl login');
    const readInput = (): Promise<string> => Promise.resolve(`${MASTER.password}\n`);
    const line = `login --email ${MASTER.email} --password-stdin`;
    const { code, out, complaints } = await xwl(line, { env: nobody, readInput });
    expect(code).toBe(0);
    expect(out).toContain('master');
    const [, path = ''] = /kept in (\S+)/.exec(complaints) ?? [];
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await xwl('wl list', { env: nobody })).code).toBe(0);
    expect((await xwl('whoami', { env: nobody })).out).toContain(MASTER.email);
    const later = { env: nobody, now: () => new Date(Date.now() + 31 * 60_000) };
    expect((await xwl('wl list', later)).code).toBe(2);
    const elsewhere = { ...nobody, XWL_URL: 'https://cp.localhost:1' };
    expect((await xwl('wl list', { env: elsewhere })).code).toBe(2);
    await xwl('logout');
    expect((await xwl('whoami', { env: nobody })).code).toBe(1);
  });

  test('a person is asked, and the password is not echoed', async () => {
    const asked: string[] = [];
    const terminal = {
      columns: 80,
      ask: async (question: string, { hidden = false } = {}) => {
        asked.push(`${question}${hidden ? 'hidden' : ''}`);
        return hidden ? 'wrong' : MASTER.email;
      },
    };
    const { code, complaints } = await xwl('login', { env: nobody, terminal });
    expect(code).toBe(1);
    expect(asked).toEqual(['email: ', 'password: hidden']);
    expect(complaints).toContain('correlation id: ');
  });
});

describe('what goes wrong', () => {
  test('a refusal has its code, the field, the correlation id and a hint', async () => {
    const { code, complaints } = await xwl('relationship set wl-exporter wl-importer --fx nothing');
    expect(code).toBe(1);
    expect(complaints).toMatch(/^VALIDATION_FAILED: /);
    expect(complaints).toContain('body /fxRate: ');
    expect(complaints).toMatch(/correlation id: \S+/);
    expect(complaints).toContain('hint: ');
  });

  test('with --json it is the problem document', async () => {
    const { complaints } = await xwl('trade show unknown --json');
    expect(JSON.parse(complaints)).toMatchObject({ error: { code: 'NOT_FOUND', status: 404 } });
  });

  test('roles hold: support may not set a limit', async () => {
    const { token } = await stage.person('support');
    const line = 'relationship set wl-exporter wl-importer --limit 1';
    const { complaints } = await xwl(line, { env: { XWL_TOKEN: token } });
    expect(complaints).toContain('FORBIDDEN');
  });

  test('every hint is one of a code that exists', () => {
    expect(Object.keys(HINTS).filter((code) => !(code in PROBLEMS))).toEqual([]);
  });
});
