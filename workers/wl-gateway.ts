import { hostname } from 'node:os';
import { warmUpPurchases } from '../activities/upkeep/warm-up.ts';
import { WL_DOCUMENT, wlRoutes } from '../api/wl/app.ts';
import { readWlConfig } from '../runtime/config.ts';
import { linkEngine } from './compose/engine-link.ts';
import { createWorkerParts, run, serveParty } from './compose/process.ts';
import { purchaseWorker } from './compose/purchase-worker.ts';
import { startUnstartedWatch } from './compose/unstarted-watch.ts';
import { wlApiDeps } from './compose/wl-api.ts';
import { openWlNode } from './compose/wl-node.ts';
import { workflowBundle } from './compose/workflow-bundle.ts';

const NAME = 'wl-gateway';

/**
 * A WL's listeners and its purchase worker in one process: only there can a purchase start eagerly,
 * without a trip through the engine's queues (DESIGN.md 5).
 */
async function main(): Promise<void> {
  const config = readWlConfig(process.env);
  const parts = await createWorkerParts(NAME, config);
  const node = await openWlNode(config, { ...parts, client: () => link.client() });
  const api = wlApiDeps(config, node, parts.metrics);
  // Cold, it is slow: what an earlier process left unfinished comes first, and buyers wait.
  api.admission.close();
  const processId = `${hostname()}-${process.pid}`;
  const bundle = await workflowBundle('wl', config.workflowBundle, parts.log);
  const link = linkEngine(config, {
    ...parts,
    workers: async () => [purchaseWorker(node, bundle)],
    onPolling: (client) => warmUpPurchases(client, processId).finally(() => api.admission.open()),
  });
  startUnstartedWatch(node, parts);
  await serveParty(config, parts, {
    routes: wlRoutes(api),
    document: WL_DOCUMENT,
    tls: node.tls,
    isRevoked: (facts) => node.revocations.isRevoked(facts),
  });
}

run(NAME, main);
