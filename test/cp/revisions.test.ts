import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../stack/setup.ts';
import { startPullingWl, type PullingWl } from '../support/pulling-wl.ts';
import type { PolicyRevisionResult } from '../../workflows/policy-revision/contract.ts';
import { DRIFT_SECONDS, LONG, startEngineStage, type EngineStage } from './engine-stage.ts';
import { EXPORTER, IMPORTER, pairPath, registerBoth } from './stage.ts';

const PAIR = pairPath(EXPORTER, IMPORTER);
const POLICY = `/admin/api/wls/${EXPORTER}/policies`;

let stage: EngineStage;
let exporter: PullingWl;
let importer: PullingWl;

beforeAll(async () => {
  stage = await startEngineStage();
  await registerBoth(stage.cp);
  exporter = await startPullingWl(stage.cp, EXPORTER);
  importer = await startPullingWl(stage.cp, IMPORTER);
  await Promise.all([exporter.pull(), importer.pull()]);
}, LONG);

afterAll(async () => {
  await Promise.all([exporter.close(), importer.close()]);
  await stage.stop();
}, LONG);

// These WLs pull when nudged only, so that any time at all means the nudge; a drill has the figures.
const NUDGED_WITHIN_MS = 30_000;

interface Put {
  readonly path: string;
  readonly body: object;
  /** Before the revision is started. */
  readonly skipTime?: boolean;
}

/** The workflow's id of the revision that a PUT made. */
async function revise({ path, body, skipTime = false }: Put): Promise<string> {
  stage.skipTime(skipTime);
  const put = { method: 'PUT', path, body, token: stage.cp.master } as const;
  const { status, body: answer, text } = await stage.cp.ask(put);
  if (status !== 200) throw new Error(text);
  await stage.work.settle();
  stage.skipTime(false);
  const { revision } = answer as { revision: number };
  return path === PAIR
    ? `relationship/${EXPORTER}/${IMPORTER}/${revision}`
    : `policy/${EXPORTER}/${revision}`;
}

const resultOf = (id: string): Promise<PolicyRevisionResult> =>
  stage.client.workflow.getHandle(id).result() as Promise<PolicyRevisionResult>;
const rowsOf = (revision: string) =>
  stage.cp.db
    .selectFrom('revision_applied')
    .select(['wl_id', 'committed_at', 'applied_at', 'drift_ms', 'stale_at'])
    .where('revision', '=', revision)
    .orderBy('wl_id')
    .execute();
const staleNotices = () =>
  stage.cp.db
    .selectFrom('notification')
    .select(['subject', 'severity'])
    .where('kind', '=', 'STALE_POLICY')
    .execute();
const isDone = async (id: string): Promise<boolean> => {
  const { done_at: done } = await stage.cp.db
    .selectFrom('work_order')
    .select('done_at')
    .where('workflow_id', '=', id)
    .executeTakeFirstOrThrow();
  return done !== null;
};

describe('a revision', () => {
  test(
    'is done once both sides have reported it, with the drift of each',
    async () => {
      const id = await revise({ path: PAIR, body: { status: 'PAUSED' } });
      const { outcomes } = await resultOf(id);
      expect(outcomes.map(({ wlId, outcome }) => [wlId, outcome])).toEqual(
        [IMPORTER, EXPORTER].sort().map((wlId) => [wlId, 'APPLIED']),
      );
      for (const row of await rowsOf(id)) {
        const between = (row.applied_at?.getTime() ?? NaN) - row.committed_at.getTime();
        expect(Math.abs(Number(row.drift_ms) - between)).toBeLessThanOrEqual(1);
        expect(between).toBeLessThan(NUDGED_WITHIN_MS);
      }
      expect(await isDone(id)).toBe(true);
      expect(stage.drifts.length).toBeGreaterThanOrEqual(2);
    },
    LONG,
  );

  test('stands in the history with what changed, and when it was applied where', async () => {
    const { body } = await stage.cp.ask({ path: `${PAIR}/revisions`, token: stage.cp.master });
    const [newest] = (body as { items: object[] }).items;
    expect(newest).toMatchObject({
      changed: ['status'],
      diff: [{ field: 'status', before: 'ACTIVE', after: 'PAUSED' }],
      applied: [
        { wlId: EXPORTER, driftMs: expect.any(Number) },
        { wlId: IMPORTER, driftMs: expect.any(Number) },
      ],
    });
  });

  test(
    'converges by pull where the nudge is blocked',
    async () => {
      exporter.answer(503);
      const id = await revise({ path: POLICY, body: { exportDelaySeconds: 61 } });
      await eventually('the nudge was tried', () => exporter.nudges > 0);
      await exporter.pull();
      expect((await resultOf(id)).outcomes).toMatchObject([{ outcome: 'APPLIED' }]);
      exporter.answer(202);
    },
    LONG,
  );

  test(
    'goes on after the worker was away',
    async () => {
      exporter.answer(503);
      const id = await revise({ path: POLICY, body: { exportDelaySeconds: 62 } });
      await stage.stopWorker();
      await exporter.pull();
      expect(await isDone(id)).toBe(false);
      await stage.startWorker();
      expect((await resultOf(id)).outcomes).toMatchObject([{ outcome: 'APPLIED' }]);
      exporter.answer(202);
    },
    LONG,
  );

  test(
    'of a white label that is down is told once after five minutes, and waits on',
    async () => {
      exporter.answer(503);
      const started = Date.now();
      const late = (exportDelaySeconds: number) =>
        revise({ path: POLICY, body: { exportDelaySeconds }, skipTime: true });
      const isStale = async (id: string) =>
        (await rowsOf(id)).every((row) => row.stale_at !== null);
      // Both at once: with time skipped, the wait of a day is over within a minute of ours.
      const [first, second] = [await late(63), await late(64)];
      await eventually('the first is late', () => isStale(first), 60_000);
      await eventually('the next is late, too', () => isStale(second), 60_000);
      expect(Date.now() - started).toBeLessThan(DRIFT_SECONDS * 1_000);
      expect(await staleNotices()).toEqual([{ subject: `wl/${EXPORTER}`, severity: 'CRITICAL' }]);
      // The newest document brings both.
      await exporter.pull();
      for (const id of [first, second]) {
        expect((await resultOf(id)).outcomes).toMatchObject([{ outcome: 'APPLIED' }]);
      }
      exporter.answer(202);
    },
    LONG,
  );

  test('of a white label without an endpoint is not waited for', async () => {
    const id = '11111111-1111-4111-8111-111111111111';
    const { ask, master: token } = stage.cp;
    const wl = { id, name: 'wl-third', status: 'active' };
    await ask({ method: 'POST', path: '/admin/api/wls', body: wl, token });
    const path = `/admin/api/wls/${id}/policies`;
    await ask({ method: 'PUT', path, body: { importEnabled: true }, token });
    await stage.work.settle();
    const rows = await stage.cp.db
      .selectFrom('work_order')
      .select('workflow_id')
      .where('workflow_id', 'like', `policy/${id}/%`)
      .execute();
    expect(rows).toHaveLength(1);
    const { outcomes } = await resultOf(rows[0]?.workflow_id ?? '');
    expect(outcomes).toEqual([{ wlId: id, outcome: 'NOT_CONNECTED' }]);
  });
});
