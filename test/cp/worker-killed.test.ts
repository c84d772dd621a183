import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readDecision } from '../../db/cp/approval.ts';
import type { TemporalHandle } from '../../stack/temporal/temporal.ts';
import { approvalRelayId } from '../../workflows/approval-relay/contract.ts';
import { eventually, testFolder, type TestFolder } from '../stack/setup.ts';
import type { DoubleWl } from '../support/double-wl.ts';
import { startPullingWl, type PullingWl } from '../support/pulling-wl.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { addWaiting, startDecidingExporter, type DecidingExporter } from './approvals/exporter.ts';
import {
  commitSignal,
  need,
  putRelationship,
  registerDouble,
  registerEndpoint,
  type Pair,
} from './signals-stage.ts';
import { EXPORTER, IMPORTER, registerBoth, startControlPlane, type Stage } from './stage.ts';
import { prepareWorkerProcess, type WorkerProcess } from './worker-process.ts';

// Real processes start, and a killed one is noticed by the time-out of its step (15 s).
const LONG = 180_000;
const TAKEN_OVER_MS = 60_000;

let folder: TestFolder;
let temporal: TemporalHandle;
let cp: Stage;
let worker: WorkerProcess;
let exporter: DecidingExporter | undefined;
let puller: PullingWl | undefined;
const doubles: DoubleWl[] = [];

beforeAll(async () => {
  folder = await testFolder();
  temporal = await startTestTemporal(folder.path, ['cp']);
  cp = await startControlPlane();
  worker = await prepareWorkerProcess({ cp, temporal, folder: folder.path });
}, LONG);

afterAll(async () => {
  await worker.end('SIGKILL');
  await Promise.all(doubles.map((double) => double.down()));
  exporter?.close();
  await puller?.close();
  await temporal.stop();
  await cp.stop();
  await folder.remove();
}, LONG);

test(
  'a worker that dies between the effect and its ack: another one sends again, the effect is one',
  async () => {
    const { pair, importer } = await newPair();
    await worker.start();
    const died = Promise.withResolvers<void>();
    importer.behave(async ({ apply }) => {
      const answer = apply();
      importer.heal();
      await worker.end('SIGKILL');
      died.resolve();
      return answer;
    });
    const signalId = await commitSignal(cp, pair, 'DISABLE');
    await worker.kick();
    await died.promise;
    await worker.start();
    await acked(signalId);
    expect(importer.effects).toHaveLength(1);
    expect(importer.calls).toHaveLength(2);
    expect(new Set(importer.calls.map(({ webhookId }) => webhookId)).size).toBe(1);
    await worker.end('SIGTERM');
  },
  LONG,
);

test(
  'a start that was lost is found by the sweep, and a restart in between loses nothing',
  async () => {
    const { pair, importer } = await newPair();
    await importer.down();
    const signalId = await commitSignal(cp, pair, 'DISABLE');
    await worker.start();
    await eventually('it was tried', () => attemptsOf(signalId, pair.dst), TAKEN_OVER_MS);
    expect(await worker.end('SIGTERM')).toBe(0);
    await importer.up();
    await worker.start();
    await acked(signalId);
    expect(importer.isDisabled(pair)).toBe(true);
    expect(importer.effects).toHaveLength(1);
    await worker.end('SIGTERM');
  },
  LONG,
);

test(
  'a worker that dies between a decision, a nudge and their answers: another one ends both, once',
  async () => {
    const deciding = await startDecidingExporter(cp);
    exporter = deciding;
    await registerBoth(cp);
    const certificate = await cp.certificate(EXPORTER);
    await registerEndpoint(cp, { wlId: EXPORTER, certificate, peerUrl: deciding.url });
    const pulling = await newPuller();
    puller = pulling;
    await cp.db.deleteFrom('work_order').execute();
    const tradeId = await addWaiting(cp, deciding);
    const dead = Promise.withResolvers<void>();
    const decided = deciding.holdAnswers(dead.promise);
    const nudged = pulling.loseNudges(dead.promise);
    await worker.start();
    const token = cp.master;
    const approve = `/admin/api/approvals/${tradeId}/approve`;
    await need(cp, { method: 'POST', path: approve, body: {}, token });
    const policies = `/admin/api/wls/${pulling.wlId}/policies`;
    await need(cp, { method: 'PUT', path: policies, body: { exportDelaySeconds: 7 }, token });
    const { revision } = await cp.ordered();
    await worker.kick();
    await Promise.all([decided, nudged]);
    await worker.end('SIGKILL');
    dead.resolve();
    const relay = approvalRelayId({ importer: IMPORTER, tradeId });
    expect(await Promise.all([relay, revision].map(isDone))).toEqual([false, false]);
    const before = { decisions: deciding.calls.length, nudges: pulling.nudges };

    await worker.start();
    await eventually('the decision is settled', () => isDone(relay), TAKEN_OVER_MS);
    await eventually('the revision is applied', () => isDone(revision), TAKEN_OVER_MS);
    expect(deciding.calls.length).toBeGreaterThan(before.decisions);
    expect(pulling.nudges).toBeGreaterThan(before.nudges);
    expect(deciding.decisions).toEqual([tradeId]);
    const key = { importer: IMPORTER, exporter: EXPORTER, tradeId };
    expect(await readDecision(cp.db, key)).toMatchObject({
      ...{ decision: 'APPROVE', state: 'SETTLED', outcome_status: 'CONFIRMED' },
    });
    const applied = await cp.db
      .selectFrom('revision_applied')
      .select('wl_id')
      .where('revision', '=', revision)
      .where('applied_at', 'is not', null)
      .execute();
    expect(applied).toEqual([{ wl_id: pulling.wlId }]);
    await worker.end('SIGTERM');
  },
  LONG,
);

/** One without a partner: nobody else has to apply what changes for it. */
async function newPuller(): Promise<PullingWl> {
  const id = randomUUID();
  const body = { id, name: `wl-${id}`, status: 'active' };
  await need(cp, { method: 'POST', path: '/admin/api/wls', body, token: cp.master });
  return startPullingWl(cp, id);
}

async function isDone(workflowId: string): Promise<boolean> {
  const row = await cp.db
    .selectFrom('work_order')
    .select('done_at')
    .where('workflow_id', '=', workflowId)
    .executeTakeFirstOrThrow();
  return row.done_at !== null;
}

async function newPair(): Promise<{ pair: Pair; importer: DoubleWl }> {
  const [exporter, importer] = [await registerDouble(cp, {}), await registerDouble(cp, {})];
  doubles.push(exporter, importer);
  const pair = { src: exporter.wlId, dst: importer.wlId };
  await putRelationship(cp, pair);
  // What a PUT of the relationship orders is another test's; its workflows would wait for pulls.
  await cp.db.deleteFrom('work_order').execute();
  return { pair, importer };
}

async function attemptsOf(signalId: string, wlId: string): Promise<boolean> {
  const rows = await cp.db
    .selectFrom('signal_attempt')
    .select('attempt')
    .where('signal_id', '=', signalId)
    .where('wl_id', '=', wlId)
    .execute();
  return rows.length > 0;
}

async function acked(signalId: string): Promise<void> {
  const areAcked = async (): Promise<boolean> => {
    const rows = await cp.db
      .selectFrom('signal_delivery')
      .select('state')
      .where('signal_id', '=', signalId)
      .execute();
    return rows.every(({ state }) => state === 'ACKED');
  };
  await eventually('both sides have acked', areAcked, TAKEN_OVER_MS);
}
