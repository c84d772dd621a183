import { ActivityFailure, log, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ExporterSync, OfferSyncActivities, OfferSyncResult } from './contract.ts';

// Many pages of 200 offers each; the next sync comes in a minute.
const EXPORTER_LIMIT = '50 seconds';
const PLAN_LIMIT = '5 seconds';
const ATTEMPTS = 2;
// A worker that is killed must not hold the next sync for the whole step.
const HEARTBEAT = '10 seconds';

const { readImportPlan } = proxyActivities<OfferSyncActivities>({
  startToCloseTimeout: PLAN_LIMIT,
  retry: { initialInterval: '1 second', maximumAttempts: ATTEMPTS },
});
const { syncExporterOffers } = proxyActivities<OfferSyncActivities>({
  startToCloseTimeout: EXPORTER_LIMIT,
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1 second', maximumAttempts: ATTEMPTS },
});

/** One sync of all exporters side by side: one that is down stops no other. */
export async function syncOffers(): Promise<OfferSyncResult> {
  const { importEnabled, exporters } = await readImportPlan();
  // Applying the policy has already closed every imported offer.
  if (!importEnabled)
    return { imported: 0, updated: 0, disabled: 0, warnings: ['import.disabled'] };
  setCurrentDetails(`Syncing the offers of ${exporters.length} exporter(s)`);
  const syncs = await Promise.all(exporters.map(syncExporter));
  setCurrentDetails(syncs.map(describe).join('\n'));
  const sum = (pick: (sync: ExporterSync) => number): number =>
    syncs.reduce((total, sync) => total + pick(sync), 0);
  return {
    imported: sum(({ imported }) => imported),
    updated: sum(({ updated }) => updated),
    disabled: sum(({ disabled }) => disabled),
    warnings: syncs.flatMap(({ exporter, warning }) =>
      warning === undefined ? [] : [`${warning}:${exporter}` as const],
    ),
  };
}

async function syncExporter(exporter: string): Promise<ExporterSync> {
  try {
    return await syncExporterOffers({ exporter });
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('the offers of an exporter could not be synced', { exporter });
    return { exporter, imported: 0, updated: 0, disabled: 0, warning: 'exporter.unreachable' };
  }
}

function describe({ exporter, imported, updated, disabled, warning }: ExporterSync): string {
  const figures = `${imported} new, ${updated} changed, ${disabled} closed`;
  return `- ${exporter}: ${warning ?? figures}`;
}
