import { hostname } from 'node:os';
import { warmUpPurchases } from '../activities/upkeep/warm-up.ts';
import { WL_DOCUMENT, wlRoutes, type WlApiDeps } from '../api/wl/app.ts';
import { readWlConfig, type WlConfig } from '../runtime/config.ts';
import { createTokenVerifier } from '../runtime/tokens.ts';
import { linkEngine } from './compose/engine-link.ts';
import { createWorkerParts, run, serveParty } from './compose/process.ts';
import { purchaseWorker } from './compose/purchase-worker.ts';
import { openWlNode, type WlNode } from './compose/wl-node.ts';
import { workflowBundle } from './compose/workflow-bundle.ts';

const NAME = 'wl-gateway';

/**
 * A WL's listeners and its purchase worker in one process: only there can a purchase start eagerly,
 * without a trip through the engine's queues (DESIGN.md 5).
 */
async function main(): Promise<void> {
  const config = readWlConfig(process.env);
  const parts = createWorkerParts(NAME, config);
  const node = await openWlNode(config, { ...parts, client: () => link.client() });
  const bundle = await workflowBundle('wl', config.workflowBundle, parts.log);
  const link = linkEngine(config, {
    ...parts,
    workers: async () => [purchaseWorker(node, bundle)],
    onPolling: (client) => warmUpPurchases(client, `${hostname()}-${process.pid}`),
  });
  await serveParty(config, parts, {
    routes: wlRoutes(routeDeps(config, node)),
    document: WL_DOCUMENT,
  });
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

run(NAME, main);
