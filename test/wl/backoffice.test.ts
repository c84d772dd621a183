import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { CallAnswer } from '../../activities/clients/agent.ts';
import { verifyAudit } from '../../db/audit.ts';
import { updateOffer } from '../../db/wl/offers.ts';
import { CHANGE, codeOf, itemsOf, startApi, type ApiStage } from './api-stage.ts';
import { BACKOFFICE_KEY } from './node.ts';

let stage: ApiStage;
const call: ApiStage['call'] = (request) => stage.call(request);

beforeAll(async () => {
  stage = await startApi();
}, 60_000);
afterAll(() => stage.stop());

describe('the back office', () => {
  const token = BACKOFFICE_KEY;
  const offers = '/api/v2/backoffice/offers';
  const accounts = '/api/v2/backoffice/accounts';
  const newOffer = {
    title: 'Café especial',
    category: { id: '20', name: 'Café' },
    entity: { id: 'e2', name: 'Torrefação' },
    unitPrice: '12.50',
    available: 4,
  };

  async function actions(): Promise<string[]> {
    const rows = await stage.wl.db.selectFrom('audit').selectAll().orderBy('seq').execute();
    const own = rows.filter(({ actor }) => actor === 'backoffice');
    return own.map(({ action, subject }) => `${action} ${subject}`);
  }

  test('is refused without its key', async () => {
    expect(codeOf(await call({ path: offers }))).toBe('401 TOKEN_MISSING');
    expect(codeOf(await call({ path: offers, token: 'backoffice-other' }))).toBe(
      '401 TOKEN_INVALID',
    );
  });

  test('creates and changes offers; each change that changes something is audited', async () => {
    const before = await actions();
    const created = await call({ method: 'POST', path: offers, token, body: newOffer });
    expect(created).toMatchObject({
      status: 201,
      body: { available: 4, currency: 'XEX', used: 0 },
    });
    const { offerId } = created.body as { offerId: string };
    const patch = (body: unknown): Promise<CallAnswer> =>
      call({ method: 'PATCH', path: `${offers}/${offerId}`, token, body });
    await sql`UPDATE offer SET used = 3 WHERE offer_id = ${offerId}`.execute(stage.wl.db);
    expect((await patch({ available: 0 })).body).toMatchObject({ available: 0, used: 3 });
    expect((await patch({ unitPrice: 20.5 })).body).toMatchObject({ unitPrice: '20.50' });
    expect((await patch({ unitPrice: '20.50' })).status).toBe(200);
    expect(codeOf(await patch({ unitPrice: '1.005' }))).toBe('422 VALIDATION_FAILED');
    expect(codeOf(await patch({ price: '1.00' }))).toBe('422 VALIDATION_FAILED');
    const missing = await call({ method: 'PATCH', path: `${offers}/none`, token, body: {} });
    expect(codeOf(missing)).toBe('404 NOT_FOUND');
    expect((await actions()).slice(before.length)).toEqual([
      `offer.create ${offerId}`,
      `offer.update ${offerId}`,
      `offer.update ${offerId}`,
    ]);
    const journal = await sql<{ stock_delta: number; used: number; stock: number }>`
      SELECT stock_delta, used, stock FROM stock_journal WHERE offer_id = ${offerId}
       ORDER BY entry_id`.execute(stage.wl.db);
    expect(journal.rows).toEqual([
      { stock_delta: 4, used: 0, stock: 4 },
      { stock_delta: -1, used: 3, stock: 3 },
    ]);
  });

  test('opens accounts: the token is told once, contacts are sealed and masked', async () => {
    const body = {
      name: 'Ana Prado',
      email: 'ana.prado@xpory.local',
      phone: '+55 11 90000-0009',
      buyOffer: true,
    };
    const created = await call({ method: 'POST', path: accounts, token, body });
    expect(created.status).toBe(201);
    const { accountId } = created.body as { accountId: string; token: string };
    const listed = await call({ path: accounts, token });
    const found = itemsOf(listed).find((item) => item['accountId'] === accountId);
    expect(found).toMatchObject({ contactMasked: 'an***@xpory.local', balances: [] });
    const patched = await call({
      method: 'PATCH',
      path: `${accounts}/${accountId}`,
      token,
      body: { buyOffer: false, status: 'BLOCKED' },
    });
    expect(patched.body).toMatchObject({ buyOffer: false, status: 'BLOCKED' });
    const dump = await sql<{ row: string }>`SELECT account::text AS row FROM account
      UNION ALL SELECT audit::text FROM audit`.execute(stage.wl.db);
    const text = dump.rows.map(({ row }) => row).join('\n');
    for (const secret of ['Ana', 'ana.prado', '90000']) expect(text).not.toContain(secret);
  });

  test('credits once for each key', async () => {
    const created = await call({
      method: 'POST',
      path: accounts,
      token,
      body: { name: 'Bia', buyOffer: true },
    });
    const { accountId } = created.body as { accountId: string };
    const credit = (key: string | undefined, body: unknown): Promise<CallAnswer> =>
      call({
        method: 'POST',
        path: `${accounts}/${accountId}/credits`,
        token,
        body,
        headers: key === undefined ? {} : { 'idempotency-key': key },
      });
    const given = { amount: '100.00', currency: 'XEX', note: 'início' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => credit('k1', given)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    const replayed = answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true');
    expect(replayed).toHaveLength(7);
    expect(codeOf(await credit('k1', { ...given, amount: '1.00' }))).toBe(
      '422 IDEMPOTENCY_MISMATCH',
    );
    expect(codeOf(await credit(undefined, given))).toBe('400 IDEMPOTENCY_MISSING');
    expect(codeOf(await credit('k2', { ...given, currency: 'XIM' }))).toBe('422 VALIDATION_FAILED');
    await credit('k3', { ...given, amount: 2.5, currency: 'BRL' });
    const listed = itemsOf(await call({ path: accounts, token }));
    expect(listed.find((item) => item['accountId'] === accountId)).toMatchObject({
      balances: [
        { currency: 'BRL', amount: '2.50' },
        { currency: 'XEX', amount: '100.00' },
      ],
    });
    expect((await actions()).filter((line) => line === `account.credit ${accountId}`)).toHaveLength(
      2,
    );
    expect(await verifyAudit(stage.wl.db)).not.toHaveProperty('brokenAt');
  });

  test('counts stock that is put up while units are held on top of them', async () => {
    const created = await call({ method: 'POST', path: offers, token, body: newOffer });
    const { offerId } = created.body as { offerId: string };
    await sql`UPDATE offer SET used = 2 WHERE offer_id = ${offerId}`.execute(stage.wl.db);
    const updated = await updateOffer(stage.wl.db, offerId, { available: 5 }, CHANGE);
    expect(updated).toMatchObject({ ok: true, value: { stock: 7, used: 2 } });
  });
});
