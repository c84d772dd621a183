import { createApp } from '../api/http/app.ts';
import { listen } from '../api/http/listeners.ts';
import { createRateLimiters } from '../api/http/rate-limit.ts';
import { WL_DOCUMENT, wlRoutes, type WlApiDeps } from '../api/wl/app.ts';
import { readWlConfig, type WlConfig } from '../runtime/config.ts';
import { createHealth } from '../runtime/health.ts';
import { createLogger } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import { installRuntime, readSdkMetrics } from '../runtime/temporal.ts';
import { loadTls } from '../runtime/tls.ts';
import { createTokenVerifier } from '../runtime/tokens.ts';
import { linkEngine } from './engine-link.ts';
import { purchaseWorker } from './purchase-worker.ts';
import { workflowBundle } from './workflow-bundle.ts';
import { openWlNode, type WlNode } from './wl-node.ts';

const NAME = 'wl-gateway';

/**
 * A WL's listeners and its purchase worker in one process: only there can a purchase start eagerly,
 * without a trip through the engine's queues (DESIGN.md 5).
 */
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
    workers: async () => [purchaseWorker(node, bundle)],
  });

  const app = createApp({
    routes: wlRoutes(routeDeps(config, node)),
    log,
    metrics,
    limiters: createRateLimiters(config.rateLimits),
    health,
    document: WL_DOCUMENT,
    checkResponses: config.profile === 'local',
  });
  const { bindHost, tlsPort, httpPort, certificates } = config.listen;
  const listeners = await listen({
    app,
    tls: { port: tlsPort, bindHost, tls: loadTls(certificates) },
    ...(httpPort === undefined ? {} : { plain: { port: httpPort } }),
  });
  shutdown.add('listeners', async () => {
    health.drain();
    await listeners.close();
  });
  log.info({ tlsPort: listeners.tlsPort, httpPort: listeners.plainPort }, 'listening');
}

function routeDeps(config: WlConfig, node: WlNode): WlApiDeps {
  const { database, board, engine, starter, syncs } = node;
  const { purchase, hold, wl } = config;
  const { id: wlId, currency } = wl;
  const { keysFor } = node.keys;
  const clock = (): Date => new Date();
  const verifierFor = (audience: string) =>
    createTokenVerifier({ issuer: config.cpUrl, audience, keysFor, clock });
  return {
    profile: config.profile,
    own: { wlId, currency },
    wlId,
    db: database.db,
    sealer: database.sealer,
    ...{ board, syncs, verifierFor },
    verifier: verifierFor(wlId),
    backofficeKey: config.backofficeKey,
    ...engine,
    ...purchase,
    settings: {
      wlId,
      currency,
      holdTtlSeconds: hold.ttlSeconds,
      approvalTtlSeconds: hold.approvalTtlSeconds,
      holdsPerImporter: hold.perImporter,
      holdsPerBuyer: hold.perBuyer,
    },
    startPurchase: async ({ trade_id: tradeId, exporter, quantity, offer_title: title }) => {
      const summary = `${quantity} × ${title}`;
      await starter.startPurchase({ tradeId, exporter }, { eager: true, summary });
    },
    startReversal: async ({ trade_id: tradeId, exporter }) => {
      await starter.startReversal({ tradeId, exporter });
    },
    work: starter,
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`${NAME} can not start: ${String(error)}\n`);
  process.exit(1);
});
