// A process with the workers of one white label, which stands at each point until it is told on:
// it may be stopped and killed there as only a process can.
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { activityInfo } from '@temporalio/activity';
import { ConnectionFailure } from '../../activities/clients/agent.ts';
import { createHoldTidyActivities } from '../../activities/upkeep/hold-tidy.ts';
import { createOrphanSweepActivities } from '../../activities/upkeep/orphan-sweep.ts';
import { readWlConfig } from '../../runtime/config.ts';
import { createHealth } from '../../runtime/health.ts';
import { createLogger } from '../../runtime/log.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { createShutdown } from '../../runtime/shutdown.ts';
import { connectTemporal, installRuntime } from '../../runtime/temporal.ts';
import { purchaseWorker } from '../../workers/compose/purchase-worker.ts';
import { openWlNode } from '../../workers/compose/wl-node.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { labelOf, type CampaignPoint } from '../faults.ts';
import type { Slug } from '../ground.ts';
import { activitiesOf, TYPES } from '../party.ts';
import { realClient } from './client.ts';
import type { FromHost, PointFailure, ToHost } from './messages.ts';

const GRACE_MS = 5_000;
const HISTORIES_CACHED = 100;

/** Calls that may have to be made once more live this long: a seed lasts seconds. */
const SENDS_KEPT_MS = 60_000;

const slug = process.env['WL_SLUG'] as Slug;
const passing = new Map<number, (failure?: PointFailure) => void>();
const sends = new Map<number, () => Promise<unknown>>();
let passed = 0;

/** Where nobody listens any more the end comes with the lost channel. */
const tell = (message: FromHost): void =>
  void process.send?.(message, undefined, undefined, () => undefined);

async function pass(
  point: CampaignPoint,
  label: string,
  send?: () => Promise<unknown>,
): Promise<void> {
  const id = (passed += 1);
  if (send !== undefined) {
    sends.set(id, send);
    setTimeout(() => sends.delete(id), SENDS_KEPT_MS).unref();
  }
  const { promise, resolve } = Promise.withResolvers<PointFailure | undefined>();
  passing.set(id, resolve);
  tell({ kind: 'pass', id, point, label });
  const failure = await promise;
  passing.delete(id);
  if (failure === undefined) return;
  const { message, phase } = failure;
  throw phase === undefined ? new Error(message) : new ConnectionFailure(phase, message);
}

type Activity = (input: never) => Promise<unknown>;

/** A local step's end is told with its task, which is a point of the wire to the engine. */
function throughPoints(activities: object): Record<string, Activity> {
  const entries = Object.entries(activities as Record<string, Activity>);
  return Object.fromEntries(
    entries.map(([name, activity]) => [
      name,
      async (input: never) => {
        if (activityInfo().isLocal) {
          await pass('task.local', `${slug} ${name}`);
          return activity(input);
        }
        await pass('activity.start', `${slug} ${name}`);
        const answer = await activity(input);
        await pass('activity.recorded', `${slug} ${name}`);
        return answer;
      },
    ]),
  );
}

async function main(): Promise<void> {
  const config = readWlConfig(process.env);
  const log = createLogger({ name: slug, level: config.logLevel });
  installRuntime(log);
  const begin = new Promise<void>((resolve) => {
    process.on('message', (message: ToHost) => {
      if (message.kind === 'begin') resolve();
      else if (message.kind === 'on') passing.get(message.id)?.(message.failure);
      // Nobody is there to hear that it failed.
      else
        sends
          .get(message.id)?.()
          .catch((error: unknown) => log.info({ err: error }, 'late'));
    });
  });
  // Whoever started it is gone: nothing is left behind.
  process.on('disconnect', () => process.exit(0));
  tell({ kind: 'loaded' });
  await begin;
  const temporal = await connectTemporal({ ...config.temporal, log });
  const client = realClient(temporal.client, {
    types: TYPES,
    pass: (point, label) => pass(point, `${slug} ${label}`),
    onOther: async () => tell({ kind: 'pull' }),
  });
  const node = await openWlNode(config, {
    ...{ name: slug, log },
    health: createHealth({ log }),
    metrics: createMetrics({ process: slug, nodeFigures: false }),
    shutdown: createShutdown({ log, graceMs: GRACE_MS }),
    client: () => client as never,
    points: (point, facts) => pass(point, labelOf(slug, point, facts), facts.send),
  });
  const bundle = { codePath: config.workflowBundle ?? '' };
  const purchases = purchaseWorker(node, bundle);
  const { db } = node.database;
  const background: WorkerOptions = {
    taskQueue: BACKGROUND_QUEUE,
    workflowBundle: bundle,
    maxCachedWorkflows: HISTORIES_CACHED,
    activities: throughPoints({
      ...activitiesOf(node, log),
      ...createHoldTidyActivities(db),
      ...createOrphanSweepActivities({
        ...{ db, log, starter: node.starter },
        startRelay: async () => false,
      }),
    }),
  };
  const workers = await Promise.all(
    [
      { ...purchases, activities: throughPoints(purchases.activities ?? {}) },
      // An exporter has no purchases of its own, and an importer no approvals to decide.
      background,
    ]
      .slice(slug === 'importer' ? 0 : 1)
      .map((options) => {
        const { connection, namespace } = temporal;
        return Worker.create({ connection, namespace, ...options });
      }),
  );
  const running = workers.map((worker) => worker.run());
  process.on('SIGTERM', () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  });
  tell({ kind: 'polling' });
  await Promise.all(running);
  process.exit(0);
}

await main();
