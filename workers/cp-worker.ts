import { createAgent } from '../activities/clients/agent.ts';
import { createPolicyRevisionActivities } from '../activities/policy-revision/activities.ts';
import { createSnapshotActivities } from '../activities/snapshot/activities.ts';
import { createApp } from '../api/http/app.ts';
import { listen } from '../api/http/listeners.ts';
import { createRateLimiters } from '../api/http/rate-limit.ts';
import { CP_MIGRATIONS } from '../db/cp/migrations.ts';
import type { CpSchema } from '../db/cp/schema.ts';
import { replaceSnapshot } from '../db/cp/snapshot.ts';
import { readWl } from '../db/cp/wl.ts';
import { readCpConfig } from '../runtime/config.ts';
import { createHealth } from '../runtime/health.ts';
import { createLogger } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import { installRuntime, readSdkMetrics } from '../runtime/temporal.ts';
import { loadTls } from '../runtime/tls.ts';
import { CP_TASK_QUEUE } from '../workflows/policy-revision/contract.ts';
import { linkEngine } from './engine-link.ts';
import { openPartyDatabase, type PartyDatabase } from './party-database.ts';
import { workflowBundle } from './workflow-bundle.ts';

const NAME = 'cp-worker';
// Nudges to one WL are rare and short; a burst after a mass change queues for a moment.
const CONNECTIONS_PER_WL = 4;

/** Runs the Control Plane's workflows; its listener serves only /metrics, /readyz and /healthz. */
async function main(): Promise<void> {
  const config = readCpConfig(process.env);
  const log = createLogger({ name: NAME, level: config.logLevel });
  const shutdown = createShutdown({ log, graceMs: config.shutdownGraceMs });
  const health = createHealth({ log });
  const metrics = createMetrics({ process: NAME });
  const { metricsPort } = config.temporal;
  installRuntime(log, { metricsPort });
  if (metricsPort !== undefined) metrics.addSource(() => readSdkMetrics(metricsPort));

  const database = await openPartyDatabase<CpSchema>(config, {
    name: NAME,
    log,
    health,
    migrations: CP_MIGRATIONS,
  });
  shutdown.add('database', database.close);
  const agent = createAgent({
    tls: loadTls(config.listen.certificates),
    connections: CONNECTIONS_PER_WL,
  });
  shutdown.add('agent', () => agent.close());
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
  const activities = cpActivities(database, agent);
  linkEngine(config, {
    log,
    health,
    shutdown,
    workers: async () => {
      const bundle = await workflowBundle('cp', config.workflowBundle, log);
      return [{ taskQueue: CP_TASK_QUEUE, workflowBundle: bundle, activities }];
    },
  });
  shutdown.add('readiness', () => health.drain());
  log.info({ httpPort: listeners.plainPort }, 'listening');
}

type Agent = ReturnType<typeof createAgent>;

function cpActivities({ db, sealer }: PartyDatabase<CpSchema>, agent: Agent) {
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

main().catch((error: unknown) => {
  process.stderr.write(`${NAME} can not start: ${String(error)}\n`);
  process.exit(1);
});
