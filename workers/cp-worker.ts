import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker, type WorkerOptions } from '@temporalio/worker';
import { createAgent } from '../activities/clients/agent.ts';
import { createPolicyRevisionActivities } from '../activities/policy-revision/activities.ts';
import { createSnapshotActivities } from '../activities/snapshot/activities.ts';
import { createApp } from '../api/http/app.ts';
import { listen } from '../api/http/listeners.ts';
import { createRateLimiters } from '../api/http/rate-limit.ts';
import { replaceSnapshot } from '../db/cp/snapshot.ts';
import { readWl } from '../db/cp/wl.ts';
import { readCpConfig } from '../runtime/config.ts';
import { createHealth } from '../runtime/health.ts';
import { createLogger, type Logger } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import { connectTemporal, installRuntime, readSdkMetrics } from '../runtime/temporal.ts';
import { loadTls } from '../runtime/tls.ts';
import { CP_TASK_QUEUE } from '../workflows/policy-revision/contract.ts';
import { openCpDatabase, type CpDatabase } from './cp-database.ts';

const NAME = 'cp-worker';
const WORKFLOWS = fileURLToPath(new URL('../workflows/cp.ts', import.meta.url));
// Nudges to one WL are rare and short; a burst after a mass change queues for a moment.
const CONNECTIONS_PER_WL = 4;
// An activity in flight ends by its own time-out; a nudge that is cut off is tried again.
const ACTIVITY_GRACE = '4s';

/** Runs the Control Plane's workflows; its listener serves only /metrics, /readyz and /healthz. */
async function main(): Promise<void> {
  const config = readCpConfig(process.env);
  const log = createLogger({ name: NAME, level: config.logLevel });
  const shutdown = createShutdown({ log, graceMs: config.shutdownGraceMs });
  const health = createHealth({ log });
  const metrics = createMetrics({ process: NAME });
  const { metricsPort, address, namespace } = config.temporal;
  installRuntime(log, { metricsPort });
  if (metricsPort !== undefined) metrics.addSource(() => readSdkMetrics(metricsPort));

  const database = await openCpDatabase(config, { name: NAME, log, health });
  shutdown.add('database', database.close);
  const listeners = await listen({
    app: createApp({
      routes: [],
      log,
      metrics,
      limiters: createRateLimiters(config.rateLimits),
      health,
      document: { title: NAME, version: '1.0.0', description: 'Health and metrics.' },
    }),
    plain: {
      port: config.listen.workerHttpPort,
      bindHost: config.listen.bindHost,
      variable: 'WORKER_HTTP_PORT',
    },
  });
  shutdown.add('listener', () => listeners.close());

  const temporal = await connectTemporal({ address, namespace, log });
  shutdown.add('temporal', () => temporal.connection.close());
  const agent = createAgent({
    tls: loadTls(config.listen.certificates),
    connections: CONNECTIONS_PER_WL,
  });
  shutdown.add('agent', () => agent.close());
  const worker = await Worker.create({
    connection: temporal.connection,
    namespace,
    taskQueue: CP_TASK_QUEUE,
    workflowBundle: await workflowBundle(config.workflowBundle, log),
    activities: cpActivities(database, agent),
    shutdownGraceTime: ACTIVITY_GRACE,
  });
  health.add('worker', () => {
    if (worker.getState() !== 'RUNNING') throw new Error(`the worker is ${worker.getState()}`);
  });
  const running = worker.run();
  running.catch((err: unknown) => {
    log.fatal({ err }, 'the worker failed');
    void shutdown.run('worker failed').then(() => process.exit(1));
  });
  shutdown.add('worker', async () => {
    health.drain();
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  });
  log.info({ taskQueue: CP_TASK_QUEUE, httpPort: listeners.plainPort }, 'polling');
}

type Agent = ReturnType<typeof createAgent>;

function cpActivities({ db, sealer }: CpDatabase, agent: Agent) {
  const peerUrlOf = async (wlId: string): Promise<string | undefined> =>
    (await readWl(db, sealer, wlId))?.peerUrl ?? undefined;
  return {
    ...createPolicyRevisionActivities({ agent, peerUrlOf }),
    ...createSnapshotActivities({
      agent,
      peerUrlOf,
      store: (request) => replaceSnapshot(db, request),
    }),
  };
}

async function workflowBundle(
  codePath: string | undefined,
  log: Logger,
): Promise<NonNullable<WorkerOptions['workflowBundle']>> {
  if (codePath !== undefined) return { codePath };
  const child = log.child({ component: 'bundle' });
  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    logger: {
      log: (level, message) => child.debug({ level }, message),
      trace: (message) => child.trace(message),
      debug: (message) => child.debug(message),
      info: (message) => child.debug(message),
      warn: (message) => child.warn(message),
      error: (message) => child.error(message),
    },
  });
  return { code };
}

main().catch((error: unknown) => {
  process.stderr.write(`${NAME} can not start: ${String(error)}\n`);
  process.exit(1);
});
