import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPublicKey } from 'node:crypto';
import { eventually } from '../stack/setup.ts';
import { auditOf, refusalOf, tokenOf, type Ask } from './stage.ts';
import { LONG, need, startSignalStage, type SignalStage } from './signals-stage.ts';

let stage: SignalStage;

beforeAll(async () => {
  stage = await startSignalStage();
}, LONG);
afterAll(() => stage.stop(), LONG);

type Pair = Awaited<ReturnType<SignalStage['newPair']>>;
interface View {
  readonly id: string;
  readonly state: string;
  readonly deliveries: { wlId: string; state: string; attempts?: object[]; round: number }[];
}

const post = (path: string, body: unknown, extra: Partial<Ask> = {}) =>
  stage.cp.ask({ method: 'POST', path, body, token: stage.cp.master, ...extra });

const create = (pair: Pair, key: string, changes: object = {}) => {
  const body = { src: pair.src, dst: pair.dst, action: 'disable', reason: 'too much', ...changes };
  return post('/imbalance/signals', body, { headers: { 'Idempotency-Key': key } });
};

const details = async (id: string): Promise<View> =>
  (await need(stage.cp, { path: `/imbalance/signals/${id}`, token: stage.cp.master })) as View;

async function wlToken(wl: Pair['importer'] & { certificate?: unknown }) {
  const as = (wl as unknown as { certificate: Ask['as'] }).certificate;
  const token = tokenOf(await stage.cp.ask({ method: 'POST', path: `/wls/${wl.wlId}/token`, as }));
  return { as, token };
}

describe('signals by people', () => {
  test(
    'a signal needs a key, is made once under it, and is shown with deliveries and attempts',
    async () => {
      const pair = await stage.newPair();
      const { src, dst } = pair;
      const body = { src, dst, action: 'DISABLE', reason: 'r' };
      expect(refusalOf(await post('/imbalance/signals', body))).toBe('400 IDEMPOTENCY_MISSING');
      const made = await create(pair, 'k-1');
      const { id } = made.body as View;
      expect([made.status, made.body]).toMatchObject([201, { sequence: '1', origin: 'OPERATOR' }]);
      await stage.settled(id);
      const again = await create(pair, 'k-1');
      expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
      expect(again.body).toMatchObject({ id, state: 'ACKED' });
      const other = await create(pair, 'k-1', { reason: 'another' });
      expect(refusalOf(other)).toBe('422 IDEMPOTENCY_MISMATCH');
      const strangers = { src: randomUUID(), dst: randomUUID() };
      expect(refusalOf(await create(pair, 'k-2', strangers))).toBe('404 NOT_FOUND');
      const view = await details(id);
      expect(view.deliveries.map(({ attempts }) => attempts?.length)).toEqual([1, 1]);
      expect(await auditOf(stage.cp, `signal/${src}/${dst}`)).toHaveLength(1);
      expect((await auditOf(stage.cp, `signal/${id}`)).map(({ action }) => action)).toEqual([
        'signal.acked',
        'signal.acked',
      ]);
      const { token } = await stage.cp.person('auditor');
      const headers = { 'Idempotency-Key': 'k-3' };
      const asAuditor = await post('/imbalance/signals', body, { token, headers });
      expect(refusalOf(asAuditor)).toBe('403 FORBIDDEN');
    },
    LONG,
  );

  test(
    'a list by white label, state and page',
    async () => {
      const pair = await stage.newPair();
      await pair.importer.down();
      const ids = [await stage.signal(pair), await stage.signal(pair, 'ENABLE')];
      const list = async (query: string) =>
        (await need(stage.cp, {
          path: `/imbalance/signals?wlId=${pair.dst}${query}`,
          token: stage.cp.master,
        })) as { items: View[]; nextCursor?: string };
      const all = await list('');
      expect(all.items.map(({ id }) => id)).toEqual([...ids].reverse());
      const page = await list('&limit=1');
      const rest = await list(`&limit=1&cursor=${page.nextCursor}`);
      expect(rest.items.map(({ id }) => id)).toEqual([ids[0]]);
      expect((await list('&state=acked')).items).toEqual([]);
      expect((await list('&state=pending')).items).toHaveLength(2);
    },
    LONG,
  );

  test(
    'cancel ends what is open, and its workflow',
    async () => {
      const pair = await stage.newPair();
      await pair.importer.down();
      const id = await stage.signal(pair);
      await stage.start();
      const sides = (wanted: string) => async () => (await stage.states(id))[pair.src] === wanted;
      await eventually('the exporter has acked', sides('ACKED BODY'));
      const path = `/imbalance/signals/${id}/cancel`;
      const { body } = await post(path, { reason: 'a mistake' });
      expect(body).toMatchObject({ state: 'CANCELLED' });
      const handle = stage.client.workflow.getHandle(`signal/${id}/${pair.dst}`);
      expect(await handle.result()).toBe('CANCELLED');
      expect(
        refusalOf(await post(`/imbalance/signals/${randomUUID()}/cancel`, { reason: 'x' })),
      ).toBe('404 NOT_FOUND');
    },
    LONG,
  );

  test(
    'a redrive counts first, then sends again; effects stay one',
    async () => {
      const pair = await stage.newPair();
      const before = new Date().toISOString();
      const ids = [await stage.deliver(pair), await stage.deliver(pair, 'ENABLE')];
      const redrive = async (body: object) => (await post('/imbalance/signals/redrive', body)).body;
      const filter = { wlId: pair.dst, since: before };
      expect(await redrive({ filter, dryRun: true })).toEqual({
        ...{ dryRun: true, reopened: 2, open: 0 },
      });
      expect(pair.importer.calls).toHaveLength(2);
      expect(await redrive({ filter })).toEqual({ dryRun: false, reopened: 2, open: 0 });
      for (const id of ids) await stage.settled(id);
      // The newer one's ack may supersede the older before it is sent again.
      expect([3, 4]).toContain(pair.importer.calls.length);
      expect(pair.importer.effects).toHaveLength(2);
      expect(pair.importer.isDisabled(pair)).toBe(false);
      const rounds = (await details(ids[0] ?? '')).deliveries;
      expect(rounds.find(({ wlId }) => wlId === pair.dst)?.round).toBe(2);
      expect(await redrive({ ids, dryRun: true })).toMatchObject({ reopened: 4 });
      const nothing = await post('/imbalance/signals/redrive', { filter: {} });
      expect(refusalOf(nothing)).toBe('422 VALIDATION_FAILED');
      const both = await post('/imbalance/signals/redrive', { ids, filter });
      expect(refusalOf(both)).toBe('422 VALIDATION_FAILED');
    },
    LONG,
  );

  test(
    'a test signal asks the gateway and changes nothing',
    async () => {
      const pair = await stage.newPair();
      const ask = async () => (await post('/imbalance/signals/test', { wlId: pair.dst })).body;
      expect(await ask()).toMatchObject({ taken: true, status: 200 });
      expect(pair.importer.effects).toEqual([]);
      await pair.importer.down();
      expect(await ask()).toMatchObject({ taken: false, failure: 'NOT_CONNECTED' });
      const rows = await stage.cp.db
        .selectFrom('signal_test')
        .select(['status', 'failure'])
        .where('wl_id', '=', pair.dst)
        .orderBy('asked_at')
        .execute();
      expect(rows).toEqual([
        { status: 200, failure: null },
        { status: null, failure: 'NOT_CONNECTED' },
      ]);
      const unknown = await post('/imbalance/signals/test', { wlId: randomUUID() });
      expect(refusalOf(unknown)).toBe('404 NOT_FOUND');
    },
    LONG,
  );
});

describe('202 and an ack of its own', () => {
  const accepted = async () => ({ status: 202, body: {} });

  test(
    'the delivery is SENT, then acked by its own white label alone, once',
    async () => {
      const pair = await stage.newPair();
      pair.importer.behave(accepted);
      const id = await stage.signal(pair);
      await stage.start();
      const isSent = async () => (await stage.states(id))[pair.dst] === 'SENT';
      await eventually('it is sent', isSent);
      const path = `/imbalance/signals/${id}/ack`;
      const stranger = await stage.newPair();
      const foreign = await post(path, {}, await wlToken(stranger.importer));
      expect(refusalOf(foreign)).toBe('404 NOT_FOUND');
      expect((await post(path, {})).status).toBe(403);
      const body = { status: 'APPLIED', appliedAt: new Date().toISOString(), offersChanged: 7 };
      const own = await wlToken(pair.importer);
      const answer = await post(path, body, own);
      expect(answer.body).toEqual({ id, wlId: pair.dst, state: 'ACKED' });
      expect((await post(path, body, own)).body).toEqual(answer.body);
      expect((await stage.states(id))[pair.dst]).toBe('ACKED EXPLICIT');
      const handle = stage.client.workflow.getHandle(`signal/${id}/${pair.dst}`);
      expect(await handle.result()).toBe('ACKED');
    },
    LONG,
  );

  test('an ack without stamps keeps those that an event brought before it', async () => {
    const pair = await stage.newPair();
    const id = await stage.signal(pair);
    const path = `/imbalance/signals/${id}/ack`;
    const stamps = { applied_at: new Date('2026-01-07T12:00:00Z'), offers_changed: 7 };
    const own = { signal_id: id, wl_id: pair.dst };
    const { db } = stage.cp;
    const write = db.updateTable('signal_delivery').set(stamps);
    await write.where('signal_id', '=', id).where('wl_id', '=', pair.dst).execute();
    expect((await post(path, {}, await wlToken(pair.importer))).status).toBe(200);
    const read = db.selectFrom('signal_delivery').selectAll().where('signal_id', '=', id);
    const [row] = await read.where('wl_id', '=', pair.dst).execute();
    expect(row).toMatchObject({ ...own, ...stamps, state: 'ACKED', ack_kind: 'EXPLICIT' });
  });

  test(
    'without an ack it is sent again, under the same id',
    async () => {
      const pair = await stage.newPair();
      let calls = 0;
      pair.importer.behave(async ({ apply }) => {
        calls += 1;
        const answer = apply();
        return calls < 3 ? { status: 202, body: {} } : answer;
      });
      const id = await stage.deliver(pair);
      expect((await stage.states(id))[pair.dst]).toBe('ACKED BODY');
      expect(new Set(pair.importer.calls.map(({ webhookId }) => webhookId)).size).toBe(1);
      expect(pair.importer.effects).toHaveLength(1);
    },
    LONG,
  );
});

test(
  'the public half of the v1a key is published, and metrics count attempts',
  async () => {
    await stage.deliver(await stage.newPair());
    const { body } = await stage.cp.ask({ path: '/.well-known/webhook-keys.json' });
    const [key] = (body as { keys: Record<string, string>[] }).keys;
    expect(createPublicKey({ key: { ...key }, format: 'jwk' }).asymmetricKeyType).toBe('ed25519');
    expect(key).not.toHaveProperty('d');
    const { text } = await stage.metrics.render();
    expect(text).toMatch(/signal_attempts_total\{outcome="ACKED",process="test"\} \d+/);
    expect(text).toContain('signal_delivery_age_seconds');
  },
  LONG,
);
