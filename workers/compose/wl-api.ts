import type { WlApiDeps } from '../../api/wl/app.ts';
import type { WlConfig } from '../../runtime/config.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { createAdmission } from '../../runtime/admission.ts';
import { createTokenVerifier } from '../../runtime/tokens.ts';
import { PURCHASES_AT_ONCE } from './purchase-worker.ts';
import { measureLine, measureTraderAnswers } from './trade-figures.ts';
import type { WlNode } from './wl-node.ts';

/** What the routes of a WL need, out of its configuration and its parts. */
export function wlApiDeps(config: WlConfig, node: WlNode, metrics: Metrics): WlApiDeps {
  const { database, board, engine, starter, syncs } = node;
  const { purchase, hold, wl } = config;
  const { id: wlId, currency } = wl;
  const { keysFor } = node.keys;
  const clock = (): Date => new Date();
  const admission = createAdmission(PURCHASES_AT_ONCE);
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
    admission,
    onTurnedAway: measureLine(metrics, admission),
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
    onAnswer: (trade, seconds) => node.figures.answered(trade, seconds),
    onTraderAnswer: measureTraderAnswers(metrics),
  };
}
