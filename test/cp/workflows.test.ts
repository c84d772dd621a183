import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
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
} from '../../workflows/policy-revision/contract.ts';
import {
  SNAPSHOT_UNAVAILABLE,
  type SnapshotActivities,
} from '../../workflows/snapshot-sync/contract.ts';
import { freePort, testFolder, type TestFolder } from '../stack/setup.ts';

const LONG = 90_000;
const NAMESPACE = 'cp';
const FIVE_MINUTES_MS = 300_000;

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
  engine = createEngine({ client, log });
  worker = await Worker.create({
    connection,
    namespace: NAMESPACE,
    taskQueue: CP_TASK_QUEUE,
    workflowBundle: await bundle(),
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

/** `dead` never answers, `late` does at the third try, `new` has no endpoint yet. */
const nudges: PolicyRevisionActivities = {
  nudgeWl({ wlId }) {
    const tries = (attempts.get(wlId) ?? 0) + 1;
    attempts.set(wlId, tries);
    if (wlId === 'dead' || (wlId === 'late' && tries < 3)) {
      return Promise.reject(new Error('no answer'));
    }
    return Promise.resolve(wlId === 'new' ? 'NO_ENDPOINT' : 'NUDGED');
  },
};

const snapshots: SnapshotActivities = {
  refreshSnapshot({ wlId }) {
    const error = ApplicationFailure.nonRetryable('gone', SNAPSHOT_UNAVAILABLE);
    if (wlId === 'dead') return Promise.reject(error);
    return Promise.resolve({ count: 2, activeOffers: 7, syncedAt: '2026-01-06T00:00:00.000Z' });
  },
};

test(
  'every white label concerned gets its own tries; a dead one is given up after five minutes',
  async () => {
    const started = Date.now();
    const input = { revision: 'policy/a/1', wlIds: ['dead', 'late', 'new', 'well'] };
    const result = await skipTime({ ...input, correlationId: 'c1' });
    expect(result.outcomes).toEqual([
      { wlId: 'dead', outcome: 'UNREACHED' },
      { wlId: 'late', outcome: 'NUDGED' },
      { wlId: 'new', outcome: 'NO_ENDPOINT' },
      { wlId: 'well', outcome: 'NUDGED' },
    ]);
    expect(attempts.get('late')).toBe(3);
    expect(attempts.get('well')).toBe(1);
    // 1, 2, 4, 8, 16, then every 30 s: a handful of tries, far from a flood.
    expect(attempts.get('dead')).toBeGreaterThan(8);
    expect(attempts.get('dead')).toBeLessThan(20);
    expect(Date.now() - started).toBeLessThan(FIVE_MINUTES_MS);
  },
  LONG,
);

test(
  'a revision announced twice is one workflow, named after the revision',
  async () => {
    const announcement = {
      revision: 'relationship/a/b/7',
      wlIds: ['well'],
      correlationId: randomUUID(),
    };
    const triesBefore = attempts.get('well') ?? 0;
    engine.announce(announcement);
    engine.announce(announcement);
    engine.announce({ revision: 'nobody', wlIds: [], correlationId: 'c2' });
    await engine.settle();
    const handle = client.workflow.getHandle(announcement.revision);
    expect(await handle.result()).toEqual({ outcomes: [{ wlId: 'well', outcome: 'NUDGED' }] });
    engine.announce(announcement);
    await engine.settle();
    expect(attempts.get('well')).toBe(triesBefore + 1);
    const unknown = client.workflow.getHandle('nobody').describe();
    await expect(unknown).rejects.toBeInstanceOf(WorkflowNotFoundError);
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

test(
  'an announcement that the engine does not take is given up and logged, never thrown',
  async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const log = createLogger({ name: 'test', level: 'warn', destination });
    const start = () => Promise.reject(new Error('refused'));
    const absent = { workflow: { start } } as unknown as Pick<Client, 'workflow'>;
    const lonely = createEngine({ client: absent, log });
    lonely.announce({ revision: 'policy/a/2', wlIds: ['well'], correlationId: 'c3' });
    await lonely.settle();
    expect(lines.join('')).toContain('policy/a/2');
    const sync = lonely.syncSnapshot({ wlId: 'well', kind: 'ENTITIES', correlationId: 'c4' });
    await expect(sync).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', status: 503 });
  },
  LONG,
);

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

function bundle() {
  const silent = () => undefined;
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/cp.ts', import.meta.url)),
    logger: {
      log: silent,
      trace: silent,
      debug: silent,
      info: silent,
      warn: silent,
      error: silent,
    },
  });
}
