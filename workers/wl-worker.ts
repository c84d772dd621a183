import type { WorkerOptions } from '@temporalio/worker';
import { createApprovalActivities } from '../activities/approval/activities.ts';
import { createImporterClient } from '../activities/approval/importer.ts';
import { createExporterOffersClient } from '../activities/clients/exporter-offers.ts';
import { createGovernanceActivities } from '../activities/governance/activities.ts';
import { createOfferActivities } from '../activities/offers/activities.ts';
import { createReversalActivities } from '../activities/reversal/activities.ts';
import { createHoldTidyActivities } from '../activities/upkeep/hold-tidy.ts';
import { createOrphanSweepActivities } from '../activities/upkeep/orphan-sweep.ts';
import { ensureSchedules, type UpkeepSchedule } from '../activities/upkeep/schedules.ts';
import { createApp } from '../api/http/app.ts';
import { listen } from '../api/http/listeners.ts';
import { createRateLimiters } from '../api/http/rate-limit.ts';
import { readWlConfig, type WlConfig } from '../runtime/config.ts';
import { createHealth } from '../runtime/health.ts';
import { createLogger, type Logger } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import { installRuntime, readSdkMetrics } from '../runtime/temporal.ts';
import { HOLD_TIDY } from '../workflows/hold-tidy/contract.ts';
import { OFFER_SYNC } from '../workflows/offer-sync/contract.ts';
import { ORPHAN_SWEEP } from '../workflows/orphan-sweep/contract.ts';
import { POLICY_SYNC } from '../workflows/policy-sync/contract.ts';
import { BACKGROUND_QUEUE } from '../workflows/shared/background.ts';
import { linkEngine } from './engine-link.ts';
import { purchaseWorker } from './purchase-worker.ts';
import { workflowBundle } from './workflow-bundle.ts';
import { openWlNode, type WlNode } from './wl-node.ts';

const NAME = 'wl-worker';

/** Everything of a WL that no buyer waits for, and the standby of the purchase worker. */
async function main(): Promise<void> {
  const config = readWlConfig(process.env);
  const log = createLogger({ name: NAME, level: config.logLevel });
  const shutdown = createShutdown({ log, graceMs: config.shutdownGraceMs });
  const health = createHealth({ log });
  const metrics = createMetrics({ process: NAME });
  const { metricsPort } = config.temporal;
  installRuntime(log, { metricsPort });
  if (metricsPort !== undefined) metrics.addSource(() => readSdkMetrics(metricsPort));

  const node = await openWlNode(config, {
    ...{ name: NAME, log, health, metrics, shutdown },
    client: () => link.client(),
  });
  const bundle = await workflowBundle('wl', config.workflowBundle, log);
  const link = linkEngine(config, {
    ...{ log, health, shutdown },
    workers: async () => [
      purchaseWorker(node, bundle),
      {
        taskQueue: BACKGROUND_QUEUE,
        workflowBundle: bundle,
        activities: backgroundActivities(config, node, log),
      } satisfies WorkerOptions,
    ],
    onConnected: (client) => ensureSchedules(client, schedulesOf(config)),
  });

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
  shutdown.add('listener', async () => {
    health.drain();
    await listeners.close();
  });
  log.info({ httpPort: listeners.plainPort }, 'listening');
}

function backgroundActivities(config: WlConfig, node: WlNode, log: Logger) {
  const { database, agent, controlPlane, keys, tokens, exporter, board, starter, peerUrl } = node;
  const { db, sealer } = database;
  const own = { wlId: config.wl.id, currency: config.wl.currency };
  const { tlsHost, tlsPort } = config.listen;
  return {
    ...createGovernanceActivities({
      ...{ db, sealer, controlPlane, keys, own },
      peerUrl: `https://${tlsHost}:${tlsPort}`,
      cpUrl: config.cpUrl,
      clock: () => new Date(),
    }),
    ...createOfferActivities({
      ...{ db, own, tokens },
      exporterOffers: createExporterOffersClient(agent),
    }),
    ...createApprovalActivities({
      ...{ db, log },
      importers: createImporterClient({
        ...{ agent, peerUrl },
        peerToken: (wlId) => tokens.peerToken(wlId),
      }),
    }),
    ...createReversalActivities({ db, exporter, log, announce: (row) => board.announce(row) }),
    ...createHoldTidyActivities(db),
    ...createOrphanSweepActivities({ db, starter, log }),
  };
}

/** A workflow that a committed row calls for and that a crash left unstarted is started by these. */
function schedulesOf({ schedules }: WlConfig): UpkeepSchedule[] {
  const { policyPullSeconds, offerSyncSeconds, holdTidySeconds, orphanSweepSeconds } = schedules;
  return [
    { id: 'policy-sync', workflow: POLICY_SYNC, everySeconds: policyPullSeconds },
    { id: 'offer-sync', workflow: OFFER_SYNC, everySeconds: offerSyncSeconds },
    { id: 'hold-tidy', workflow: HOLD_TIDY, everySeconds: holdTidySeconds },
    { id: 'orphan-sweep', workflow: ORPHAN_SWEEP, everySeconds: orphanSweepSeconds },
  ].map((schedule) => ({ ...schedule, taskQueue: BACKGROUND_QUEUE }));
}

main().catch((error: unknown) => {
  process.stderr.write(`${NAME} can not start: ${String(error)}\n`);
  process.exit(1);
});
