import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { decodeProtectedHeader } from 'jose';
import { currentWebhookKey } from '../../db/cp/webhook-key.ts';
import type { PullDocument } from '../../domain/policy/pull-document.ts';
import { certificateFacts, type TlsMaterial } from '../../runtime/tls.ts';
import {
  EXPORTER,
  IMPORTER,
  auditOf,
  refusalOf,
  registerBoth,
  startControlPlane,
  tokenOf,
  type Stage,
} from './stage.ts';

const byText = (one = '', other = ''): number => one.localeCompare(other);
const AUTHOR = { actor: 'test', source: 'test', correlationId: 'test' };

let stage: Stage;
let importer: TlsMaterial;
beforeAll(async () => {
  stage = await startControlPlane();
  await registerBoth(stage);
  importer = await stage.certificate(IMPORTER);
}, 60_000);
afterAll(() => stage.stop());

interface Report {
  readonly key: { readonly kind: string; readonly owner: string; readonly state: string };
  readonly counts: Record<'tokens' | 'trades' | 'signals' | 'events', number>;
  readonly items: readonly { readonly type: string; readonly id: string }[];
  readonly nextCursor?: string;
}

const post = (path: string, token: string, body?: unknown) =>
  stage.ask({ method: 'POST', path, token, ...(body === undefined ? {} : { body }) });
const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? '';
const reportPath = (kid: string): string => `/admin/api/keys/${encodeURIComponent(kid)}/report`;
const report = async (kid: string, query = ''): Promise<Report> => {
  const { body } = await stage.ask({ path: `${reportPath(kid)}${query}`, token: stage.master });
  return body as Report;
};

async function peerToken(): Promise<string> {
  const body = { targetWlId: EXPORTER, scopes: ['trader:purchase'] };
  const path = `/wls/${IMPORTER}/peer-token`;
  return tokenOf(await stage.ask({ method: 'POST', path, as: importer, body }));
}

/** A trade as its two sides would have told it, now. */
async function trade(tradeId: string): Promise<void> {
  await sql`INSERT INTO trade (importer, exporter, trade_id, importer_version, importer_status,
      importer_document, importer_event_id, importer_occurred_at, status, search, started_at)
    VALUES (${IMPORTER}, ${EXPORTER}, ${tradeId}, 1, 'PENDING', '{}', ${randomUUID()}, clock(),
      'PENDING', '', clock())`.execute(stage.db);
}

test('what a leaked key touched: its tokens and the trades they could have bought, by pages', async () => {
  const kid = kidOf(await peerToken());
  await peerToken();
  await sql`SELECT pg_sleep(1.1)`.execute(stage.db);
  const tradeIds = [randomUUID(), randomUUID()];
  for (const tradeId of tradeIds) await trade(tradeId);
  const all = await report(kid);
  expect(all.key).toMatchObject({ kind: 'SIGNING_KEY', owner: IMPORTER, state: 'CURRENT' });
  expect(all.counts).toMatchObject({ tokens: 2, trades: 2, signals: 0, events: 0 });
  const trades = all.items.filter(({ type }) => type === 'TRADE').map(({ id }) => id);
  expect(trades.sort()).toEqual(tradeIds.map((tradeId) => `${IMPORTER}/${tradeId}`).sort());
  const paged: string[] = [];
  for (let cursor: string | undefined, page: Report; ; cursor = page.nextCursor) {
    page = await report(kid, `?limit=1${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    paged.push(...page.items.map(({ id }) => id));
    if (page.nextCursor === undefined) break;
  }
  expect(paged).toEqual(all.items.map(({ id }) => id));
  const only = await report(kid, '?type=TOKEN');
  expect(only.items.map(({ type }) => type)).toEqual(['TOKEN', 'TOKEN']);
});

test('what a certificate touched, by serial and by thumbprint; a table by Accept', async () => {
  await peerToken();
  const { serial, thumbprint } = certificateFacts(importer.cert);
  await stage.ask({ method: 'POST', path: `/wls/${IMPORTER}/token`, as: importer });
  const bySerial = await report(serial.toLowerCase());
  expect(bySerial.key).toMatchObject({ kind: 'CERTIFICATE', owner: IMPORTER, state: 'VALID' });
  expect(bySerial.counts.tokens).toBeGreaterThanOrEqual(2);
  expect(await report(thumbprint)).toEqual(bySerial);
  const table = await stage.ask({
    path: reportPath(serial),
    token: stage.master,
    headers: { accept: 'text/csv' },
  });
  expect(table.headers['content-type']).toContain('text/csv');
  const lines = table.text.trim().split('\n');
  expect(lines[0]).toBe('type,at,id,wlId,partner,detail');
  const { tokens, trades, signals, events } = bySerial.counts;
  expect(lines).toHaveLength(1 + tokens + trades + signals + events);
});

test('a report is for auditors and masters; an unknown key has none', async () => {
  const risk = await stage.person('risk');
  const kid = kidOf(await peerToken());
  expect(refusalOf(await stage.ask({ path: reportPath(kid), token: risk.token }))).toBe(
    '403 FORBIDDEN',
  );
  const auditor = await stage.person('auditor');
  expect((await stage.ask({ path: reportPath(kid), token: auditor.token })).status).toBe(200);
  expect(refusalOf(await stage.ask({ path: reportPath('none'), token: auditor.token }))).toBe(
    '404 NOT_FOUND',
  );
});

test("the Control Plane's own key is rotated: sessions go on, new ones are signed by the next", async () => {
  const before = kidOf(stage.master);
  const rotated = await post('/admin/api/keys/rotate', stage.master);
  const { current } = rotated.body as { current: string };
  expect(current).not.toBe(before);
  expect((await stage.ask({ path: '/admin/api/wls', token: stage.master })).status).toBe(200);
  const ana = await stage.person('operator');
  expect(kidOf(ana.token)).toBe(current);
  const refused = await post('/admin/api/keys/rotate', ana.token);
  expect(refusalOf(refused)).toBe('403 FORBIDDEN');
  const [row] = await auditOf(stage, 'keys/control-plane');
  expect(row).toMatchObject({ action: 'keys.rotated', after: { current } });
});

test('revoked, it ends every session that it has signed, at once', async () => {
  const ana = await stage.person('operator');
  const revoked = await post(`/admin/api/keys/${kidOf(ana.token)}/revoke`, stage.master);
  expect(revoked.status).toBe(200);
  expect(refusalOf(await stage.ask({ path: '/admin/api/wls', token: ana.token }))).toBe(
    '401 TOKEN_INVALID',
  );
});

test('webhook keys turn with overlap: known before they sign, good until they are retired', async () => {
  const pulled = async (): Promise<string[]> => {
    const token = tokenOf(
      await stage.ask({ method: 'POST', path: `/wls/${IMPORTER}/token`, as: importer }),
    );
    const pulling = { path: '/policies/pull', token, as: importer };
    const { body } = await stage.ask(pulling);
    return ((body as PullDocument).webhookKeys?.keys ?? []).map(({ kid }) => kid).toSorted(byText);
  };
  await stage.ask({ method: 'POST', path: `/wls/${IMPORTER}/secrets`, as: importer });
  // The first pull makes them, the next one brings them.
  await pulled();
  const before = await pulled();
  expect(before).toHaveLength(2);
  const current = async (): Promise<string> =>
    (await currentWebhookKey(stage.db, stage.sealer, AUTHOR)).kid;
  const old = await current();
  const path = '/admin/api/webhook-keys/rotate';
  expect(refusalOf(await post(path, (await stage.person('operator')).token))).toBe('403 FORBIDDEN');
  const { status, body } = await post(path, stage.master);
  expect(status).toBe(200);
  const [next] = before.filter((kid) => kid !== old);
  expect(body).toMatchObject({ current: next, retiring: { kid: old } });
  expect(await current()).toBe(next);
  const { next: following } = body as { next: string };
  expect(await pulled()).toEqual([...before, following].toSorted(byText));
  expect(await report(old)).toMatchObject({ key: { kind: 'WEBHOOK_KEY', state: 'RETIRING' } });
  await sql`UPDATE webhook_key SET retired_at = clock() WHERE kid = ${old}`.execute(stage.db);
  expect(await pulled()).toEqual([next, following].toSorted(byText));
  const rows = await auditOf(stage, 'keys/webhook');
  expect(rows.find(({ action }) => action === 'webhook-key.rotated')).toMatchObject({
    ...{ before: { current: old }, after: { current: next, next: following } },
  });
});

test('two that turn webhook keys at once turn them twice', async () => {
  const path = '/admin/api/webhook-keys/rotate';
  const answers = await Promise.all([post(path, stage.master), post(path, stage.master)]);
  const bodies = answers.map(({ body }) => body as { current: string; retiring: { kid: string } });
  expect(
    bodies.filter(({ retiring }) => bodies.some(({ current }) => current === retiring.kid)),
  ).toHaveLength(1);
});
