import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { Client, WorkflowFailedError } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createEngine, type Engine } from '../../api/cp/engine.ts';
import { createLogger } from '../../runtime/log.ts';
import { installRuntime } from '../../runtime/temporal.ts';
import { findTemporal, startTemporal, type TemporalHandle } from '../../stack/temporal/temporal.ts';
import {
  CP_TASK_QUEUE,
  POLICY_REVISION,
  type PolicyRevisionActivities,
  type PolicyRevisionInput,
  type PolicyRevisionResult,
  type WlProgress,
} from '../../workflows/policy-revision/contract.ts';
import {
  SNAPSHOT_UNAVAILABLE,
  type SnapshotActivities,
} from '../../workflows/snapshot-sync/contract.ts';
import { freePort, testFolder, type TestFolder } from '../stack/setup.ts';
import { testBundle } from '../support/bundles.ts';

const LONG = 90_000;
const NAMESPACE = 'cp';
const FIVE_MINUTES_MS = 300_000;
const HOUR_MS = 3_600_000;

let folder: TestFolder;
let temporal: TemporalHandle;
let connection: NativeConnection;
let client: Client;
let engine: Engine;
let worker: Worker;
let running: Promise<void>;
const attempts = new Map<string, number>();

beforeAll(async () => {
  folder = await testFolder();
  const binary = await findTemporal({ env: process.env });
  if (binary.kind !== 'binary') throw new Error('these tests need the program itself');
  temporal = await startTemporal({
    binary,
    dataDir: folder.path,
    port: await freePort(),
    uiPort: await freePort(),
    namespaces: [NAMESPACE],
    timeSkipping: true,
  });
  const log = createLogger({ name: 'test', level: 'silent' });
  installRuntime(log);
  connection = await NativeConnection.connect({ address: temporal.address });
  client = new Client({ connection, namespace: NAMESPACE });
  engine = createEngine({ client });
  worker = await Worker.create({
    connection,
    namespace: NAMESPACE,
    taskQueue: CP_TASK_QUEUE,
    workflowBundle: await testBundle('cp'),
    activities: { ...nudges, ...snapshots },
  });
  running = worker.run();
}, LONG);

afterAll(async () => {
  worker.shutdown();
  await running;
  await connection.close();
  await temporal.stop();
  await folder.remove();
}, LONG);

const DRIFT_LIMIT_MS = 300_000;
const told: string[] = [];
const finished: string[] = [];
const looks = new Map<string, number>();

/**
 * `dead` never answers nor applies, `away` applies once people were told, `late` at the third try,
 * `new` has no endpoint yet.
 */
const nudges: PolicyRevisionActivities = {
  nudgeWl({ wlId }) {
    const tries = (attempts.get(wlId) ?? 0) + 1;
    attempts.set(wlId, tries);
    if (wlId === 'dead' || wlId === 'away' || (wlId === 'late' && tries < 3)) {
      return Promise.reject(new Error('no answer'));
    }
    return Promise.resolve(wlId === 'new' ? 'NO_ENDPOINT' : 'NUDGED');
  },
  readRevision({ revision }) {
    looks.set(revision, (looks.get(revision) ?? 0) + 1);
    const wls = REVISIONS[revision] ?? [];
    return Promise.resolve({ wls: wls.map(progressOf), driftLimitMs: DRIFT_LIMIT_MS });
  },
  reportStale({ revision }) {
    told.push(revision);
    return Promise.resolve({ wlIds: ['away'] });
  },
  finishRevision({ revision }) {
    finished.push(revision);
    return Promise.resolve();
  },
};

const REVISIONS: Readonly<Record<string, readonly string[]>> = {
  'policy/a/1': ['away', 'late', 'new', 'well'],
  'policy/dead/2': ['dead'],
};

function progressOf(wlId: string): WlProgress {
  if (wlId === 'new') return { wlId, state: 'NOT_CONNECTED' };
  const applied =
    wlId === 'well' ||
    (wlId === 'late' && (attempts.get('late') ?? 0) >= 3) ||
    (wlId === 'away' && told.length > 0);
  return applied ? { wlId, state: 'APPLIED', driftMs: 700 } : { wlId, state: 'WAITING' };
}

const snapshots: SnapshotActivities = {
  refreshSnapshot({ wlId }) {
    const error = ApplicationFailure.nonRetryable('gone', SNAPSHOT_UNAVAILABLE);
    if (wlId === 'dead') return Promise.reject(error);
    return Promise.resolve({ count: 2, activeOffers: 7, syncedAt: '2026-01-06T00:00:00.000Z' });
  },
};

test(
  'every white label concerned is waited for; of a late one people are told once, after five minutes',
  async () => {
    const started = Date.now();
    const input = { revision: 'policy/a/1', wlIds: ['away', 'late', 'new', 'well'] };
    const result = await skipTime({ ...input, committedAt: now(), correlationId: 'c1' });
    expect(result.outcomes).toEqual([
      { wlId: 'away', outcome: 'APPLIED', driftMs: 700 },
      { wlId: 'late', outcome: 'APPLIED', driftMs: 700 },
      { wlId: 'new', outcome: 'NOT_CONNECTED' },
      { wlId: 'well', outcome: 'APPLIED', driftMs: 700 },
    ]);
    expect(attempts.get('late')).toBe(3);
    expect(attempts.get('well')).toBe(1);
    // 1, 2, 4, 8, 16, then every 30 s: a handful of tries, far from a flood.
    expect(attempts.get('away')).toBeGreaterThan(8);
    expect(attempts.get('away')).toBeLessThan(20);
    expect(told).toEqual([input.revision]);
    expect(finished).toEqual([input.revision]);
    expect(looks.get(input.revision)).toBeGreaterThan(15);
    expect(looks.get(input.revision)).toBeLessThan(40);
    expect(Date.now() - started).toBeLessThan(FIVE_MINUTES_MS);
  },
  LONG,
);

test(
  'after a day the wait is given up, and says so',
  async () => {
    const committedAt = new Date(Date.now() - 23 * HOUR_MS).toISOString();
    const input = { revision: 'policy/dead/2', wlIds: ['dead'], committedAt, correlationId: 'c1' };
    const result = await skipTime(input);
    expect(result.outcomes).toEqual([{ wlId: 'dead', outcome: 'NOT_APPLIED' }]);
    expect(told).toContain(input.revision);
    expect(finished).toContain(input.revision);
    expect(looks.get(input.revision)).toBeLessThan(6);
  },
  LONG,
);

test(
  'what nobody reports is done with its nudges',
  async () => {
    const input = { revision: 'keys/a/k1', wlIds: ['well', 'new'] };
    const result = await skipTime({ ...input, committedAt: now(), correlationId: 'c2' });
    expect(result.outcomes).toEqual([
      { wlId: 'well', outcome: 'NUDGED' },
      { wlId: 'new', outcome: 'NO_ENDPOINT' },
    ]);
  },
  LONG,
);

test(
  'a sync answers its counts, and a dead exporter is named as the reason',
  async () => {
    const sync = (wlId: string) =>
      engine.syncSnapshot({ wlId, kind: 'ENTITIES', correlationId: randomUUID() });
    const [one, twin] = await Promise.all([sync('well'), sync('well')]);
    expect(one).toMatchObject({ count: 2, activeOffers: 7 });
    expect(twin).toEqual(one);
    await expect(sync('dead')).rejects.toMatchObject({ code: 'EXPORTER_UNAVAILABLE' });
    const failed = client.workflow.getHandle('snapshot/dead/entities').result();
    await expect(failed).rejects.toBeInstanceOf(WorkflowFailedError);
  },
  LONG,
);

test('a sync that the engine does not take is 503', async () => {
  const start = () => Promise.reject(new Error('refused'));
  const absent = { workflow: { start } } as unknown as Pick<Client, 'workflow'>;
  const lonely = createEngine({ client: absent });
  const sync = lonely.syncSnapshot({ wlId: 'well', kind: 'ENTITIES', correlationId: 'c4' });
  await expect(sync).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', status: 503 });
});

function now(): string {
  return new Date().toISOString();
}

/** Timers and backoff pass at once (TEMPORAL.md, Tests); the client has no option for it yet. */
async function skipTime(input: PolicyRevisionInput): Promise<PolicyRevisionResult> {
  const { revision: workflowId } = input;
  await connection.workflowService.startWorkflowExecution({
    namespace: NAMESPACE,
    workflowId,
    workflowType: { name: POLICY_REVISION },
    taskQueue: { name: CP_TASK_QUEUE },
    input: { payloads: [defaultPayloadConverter.toPayload(input)] },
    requestId: randomUUID(),
    timeSkippingConfig: { enabled: true },
  });
  return client.workflow.getHandle(workflowId).result() as Promise<PolicyRevisionResult>;
}
