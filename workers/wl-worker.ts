import type { Client } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import { beating } from '../activities/beating.ts';
import { createApprovalActivities } from '../activities/approval/activities.ts';
import { createImporterClient } from '../activities/approval/importer.ts';
import { createCertificateRenewalActivities } from '../activities/certificate-renewal/activities.ts';
import { createExporterOffersClient } from '../activities/clients/exporter-offers.ts';
import { createGovernanceActivities } from '../activities/governance/activities.ts';
import { createOfferActivities } from '../activities/offers/activities.ts';
import { createReversalActivities } from '../activities/reversal/activities.ts';
import { createSignalApplyActivities } from '../activities/signal-apply/activities.ts';
import { sweepSignals } from '../activities/signal-apply/starter.ts';
import { startRelay } from '../activities/telemetry/relay-starter.ts';
import { createHoldTidyActivities } from '../activities/upkeep/hold-tidy.ts';
import { createOrphanSweepActivities } from '../activities/upkeep/orphan-sweep.ts';
import { ensureSchedules, type UpkeepSchedule } from '../activities/upkeep/schedules.ts';
import { readWlConfig, type WlConfig } from '../runtime/config.ts';
import { CERTIFICATE_RENEWAL } from '../workflows/certificate-renewal/contract.ts';
import { HOLD_TIDY } from '../workflows/hold-tidy/contract.ts';
import { OFFER_SYNC } from '../workflows/offer-sync/contract.ts';
import { ORPHAN_SWEEP } from '../workflows/orphan-sweep/contract.ts';
import { POLICY_SYNC } from '../workflows/policy-sync/contract.ts';
import { BACKGROUND_QUEUE } from '../workflows/shared/background.ts';
import { linkEngine } from './compose/engine-link.ts';
import { createWorkerParts, run, serveHealth, type ProcessParts } from './compose/process.ts';
import { purchaseWorker } from './compose/purchase-worker.ts';
import { tellOfRefusedHeads } from './compose/refused-heads.ts';
import { telemetryRelayActivities } from './compose/telemetry-relay.ts';
import { watchBooks } from './compose/trade-figures.ts';
import { startUnstartedWatch } from './compose/unstarted-watch.ts';
import { workflowBundle } from './compose/workflow-bundle.ts';
import { openWlNode, type WlNode } from './compose/wl-node.ts';

const NAME = 'wl-worker';

/** Everything of a WL that no buyer waits for, and the standby of the purchase worker. */
async function main(): Promise<void> {
  const config = readWlConfig(process.env);
  const parts = await createWorkerParts(NAME, config);
  const node = await openWlNode(config, { ...parts, client: () => link.client() });
  watchBooks(parts.metrics, node.database.db);
  const bundle = await workflowBundle('wl', config.workflowBundle, parts.log);
  const stopping = new AbortController();
  const relay = telemetryRelayActivities(config, node, { ...parts, stopping: stopping.signal });
  const link = linkEngine(config, {
    ...parts,
    workers: async () => [
      purchaseWorker(node, bundle),
      {
        taskQueue: BACKGROUND_QUEUE,
        workflowBundle: bundle,
        activities: {
          ...backgroundActivities(config, node, { ...parts, client: () => link.client() }),
          ...relay,
        },
      } satisfies WorkerOptions,
    ],
    async onConnected(client) {
      await ensureSchedules(client, schedulesOf(config));
      await startRelay(client);
    },
  });
  // Added after the workers, so stopped before them: they wait for the run to end.
  startUnstartedWatch(node, parts);
  parts.shutdown.add('telemetry relay', () => stopping.abort());
  // Tokens are bound to the certificate: a replaced one needs new ones at once.
  node.tls.onChange(() => {
    node.syncs.startPolicySync().catch((err: unknown) => {
      parts.log.warn({ err }, 'the tokens of a new certificate wait for the next sync');
    });
  });
  await serveHealth(config, parts);
}

type Parts = ProcessParts & { readonly client: () => Client };

function backgroundActivities(config: WlConfig, node: WlNode, parts: Parts) {
  const { log, client } = parts;
  const { database, agent, controlPlane, keys, tokens, exporter, board, starter, peerUrl } = node;
  const { db, sealer } = database;
  const own = { wlId: config.wl.id, currency: config.wl.currency };
  const { tlsHost, tlsPort } = config.listen;
  const sweepStarts = async (): Promise<boolean> => {
    await sweepSignals(client(), db);
    return startRelay(client());
  };
  return {
    ...beating({
      ...createGovernanceActivities({
        ...{ db, sealer, controlPlane, keys, own, log },
        peerUrl: `https://${tlsHost}:${tlsPort}`,
        cpUrl: config.cpUrl,
        thumbprint: node.thumbprint,
        clock: () => new Date(),
        onHeadRefused: tellOfRefusedHeads(parts),
      }),
      ...createOfferActivities({
        ...{ db, own, tokens },
        exporterOffers: createExporterOffersClient(agent),
      }),
    }),
    ...createApprovalActivities({
      ...{ db, log },
      importers: createImporterClient({ agent, peerUrl }),
    }),
    ...createReversalActivities({ db, exporter, log, announce: (row) => board.announce(row) }),
    ...createSignalApplyActivities({ db, sealer, own, controlPlane }),
    ...createCertificateRenewalActivities({
      ...{ db, wlId: own.wlId, controlPlane, host: tlsHost, clock: () => new Date() },
      files: config.listen.certificates,
    }),
    ...createHoldTidyActivities(db),
    ...createOrphanSweepActivities({ db, starter, log, startRelay: sweepStarts }),
  };
}

/** A workflow that a committed row calls for and that a crash left unstarted is started by these. */
function schedulesOf({ schedules }: WlConfig): UpkeepSchedule[] {
  const { policyPullSeconds, offerSyncSeconds, holdTidySeconds, orphanSweepSeconds } = schedules;
  const { certificateCheckSeconds: everySeconds } = schedules;
  return [
    { id: 'policy-sync', workflow: POLICY_SYNC, everySeconds: policyPullSeconds },
    { id: 'offer-sync', workflow: OFFER_SYNC, everySeconds: offerSyncSeconds },
    { id: 'hold-tidy', workflow: HOLD_TIDY, everySeconds: holdTidySeconds },
    { id: 'orphan-sweep', workflow: ORPHAN_SWEEP, everySeconds: orphanSweepSeconds },
    { id: 'certificate-renewal', workflow: CERTIFICATE_RENEWAL, everySeconds },
  ].map((schedule) => ({ ...schedule, taskQueue: BACKGROUND_QUEUE }));
}

run(NAME, main);
