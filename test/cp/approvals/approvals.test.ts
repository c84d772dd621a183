import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readDecision } from '../../../db/cp/approval.ts';
import { approvalRelayId } from '../../../workflows/approval-relay/contract.ts';
import { EXPORTER, IMPORTER, auditOf, refusalOf } from '../stage.ts';
import { startApprovalBench, type ApprovalBench } from './bench.ts';
import { APPROVAL_SCENARIOS, decide } from './scenarios.ts';

const LONG = 90_000;
let bench: ApprovalBench;

beforeAll(async () => {
  bench = await startApprovalBench();
}, LONG);
afterAll(() => bench.stop(), LONG);

interface Waiting {
  readonly tradeId: string;
  readonly decision: { readonly decision: string; readonly state: string } | null;
}
interface Page {
  readonly items: readonly Waiting[];
  readonly total: number;
  readonly nextCursor?: string;
}

const list = async (query = ''): Promise<Page> => {
  const { cp } = bench;
  const { body } = await cp.ask({ path: `/admin/api/approvals${query}`, token: cp.master });
  return body as Page;
};
const notifications = (about: string) =>
  bench.cp.db
    .selectFrom('notification')
    .select(['kind', 'severity', 'title'])
    .where('subject', '=', `trade/${IMPORTER}/${EXPORTER}/${about}`)
    .execute();

test.each(APPROVAL_SCENARIOS)(
  '$title',
  async ({ run, result, row }) => {
    const { workflowId, tradeId } = await run(bench);
    expect(await bench.client.workflow.getHandle(workflowId).result()).toEqual(result);
    const key = { importer: IMPORTER, exporter: EXPORTER, tradeId };
    const made = await readDecision(bench.cp.db, key);
    expect([made?.state, made?.outcome_status, made?.outcome_reason]).toEqual(row);
    const call = bench.exporter.calls.findLast(({ path }) => path.includes(tradeId));
    expect(call?.by).toBe('urn:xpory:cp');
    expect(call?.body).toMatchObject({ requesterWlId: IMPORTER });
    const order = await bench.cp.db
      .selectFrom('work_order')
      .select('done_at')
      .where('workflow_id', '=', workflowId)
      .executeTakeFirstOrThrow();
    expect(order.done_at).not.toBeNull();
  },
  LONG,
);

test('purchases that wait are listed, the oldest first, with their number, by pages', async () => {
  const before = await list();
  const old = await bench.waiting({ isHalfOver: true });
  const recent = await bench.waiting();
  const page = await list();
  expect(page.total).toBe(before.total + 2);
  expect(page.items[0]).toMatchObject({
    ...{ tradeId: old, importer: IMPORTER, exporter: EXPORTER, quantity: 2, amount: '1600.00' },
    ...{ offer: { title: 'Rede de descanso' }, buyerMasked: 'qa***@xpory.local', decision: null },
    deadline: expect.stringMatching(/Z$/),
  });
  expect(page.items.at(-1)).toMatchObject({ tradeId: recent });
  const one = await list('?limit=1');
  const rest = await list(`?limit=200&cursor=${one.nextCursor}`);
  expect([...one.items, ...rest.items]).toEqual(page.items);
});

test('two who decide at once: the first counts, the other gets its answer', async () => {
  const tradeId = await bench.waiting();
  const { cp } = bench;
  const [ana, rui] = [await cp.person('operator'), await cp.person('operator')];
  const answers = await Promise.all([
    decide(bench, tradeId, 'approve', ana.token),
    decide(bench, tradeId, 'reject', rui.token),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  const [one, other] = answers.map(({ body }) => (body as Waiting).decision);
  expect(one).toEqual(other);
  const audit = await auditOf(cp, `trade/${IMPORTER}/${EXPORTER}/${tradeId}`);
  expect(audit).toHaveLength(1);
  expect([ana.id, rui.id]).toContain(audit[0]?.actor);
  const shown = (await list('?limit=200')).items.find((item) => item.tradeId === tradeId);
  expect(shown?.decision).toMatchObject({ state: 'RELAYING' });
});

test('a purchase that no longer waits answers what became of it, and orders nothing', async () => {
  const tradeId = await bench.waiting();
  await bench.cp.db
    .updateTable('trade')
    .set({ exporter_status: 'CONFIRMED', status: 'PROVISIONAL' })
    .where('trade_id', '=', tradeId)
    .execute();
  const { body } = await decide(bench, tradeId, 'reject');
  expect(body).toMatchObject({ tradeId, status: 'CONFIRMED', decision: null });
  const orders = await bench.cp.db
    .selectFrom('work_order')
    .select('workflow_id')
    .where('workflow_id', '=', approvalRelayId({ importer: IMPORTER, tradeId }))
    .execute();
  expect(orders).toEqual([]);
});

test('a decision that the exporter would not take is told, and may be made anew', async () => {
  const refused = APPROVAL_SCENARIOS.find(({ golden }) => golden.includes('REFUSED'));
  const before = bench.kicked();
  const { workflowId, tradeId } = (await refused?.run(bench)) ?? { workflowId: '', tradeId: '' };
  await bench.client.workflow.getHandle(workflowId).result();
  expect(await notifications(tradeId)).toMatchObject([{ kind: 'APPROVAL', severity: 'WARNING' }]);
  expect(bench.kicked()).toBeGreaterThan(before);
  bench.exporter.rows.set(tradeId, { status: 'PENDING' });
  await decide(bench, tradeId, 'reject');
  await bench.start(workflowId);
  expect(await bench.client.workflow.getHandle(workflowId).result()).toEqual({
    ...{ state: 'SETTLED', status: 'REJECTED' },
  });
}, 90_000);

test('people are told once of a purchase that waits beyond half of its time', async () => {
  const late = await bench.waiting({ isHalfOver: true });
  const recent = await bench.waiting();
  const remind = () =>
    bench.client.workflow.execute('approvalReminder', {
      ...{ taskQueue: 'cp', workflowId: 'approval-reminder' },
    });
  const before = bench.kicked();
  await remind();
  expect(bench.kicked()).toBeGreaterThan(before);
  expect(await remind()).toEqual({ reminded: 0 });
  expect(await notifications(late)).toMatchObject([
    { kind: 'APPROVAL', title: 'A purchase still waits for a decision' },
  ]);
  expect(await notifications(recent)).toEqual([]);
}, 90_000);

test('refused: no role, an unknown purchase, a rejection without a reason', async () => {
  const tradeId = await bench.waiting();
  const { cp } = bench;
  const auditor = await cp.person('auditor');
  expect(refusalOf(await decide(bench, tradeId, 'approve', auditor.token))).toBe('403 FORBIDDEN');
  expect(refusalOf(await decide(bench, 'unknown', 'approve'))).toBe('404 NOT_FOUND');
  const path = `/admin/api/approvals/${tradeId}/reject`;
  const bare = await cp.ask({ method: 'POST', path, body: {}, token: cp.master });
  expect(refusalOf(bare)).toBe('422 VALIDATION_FAILED');
});
