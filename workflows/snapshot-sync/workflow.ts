import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { SnapshotActivities, SnapshotSyncInput, SnapshotSyncResult } from './contract.ts';

// An operator waits for this in front of a screen; they can press the button again.
const SYNC_LIMIT = '20 seconds';
const ATTEMPT_LIMIT = '8 seconds';

/** Takes the categories or entities of an exporter into the Control Plane's own tables. */
export async function snapshotSync(input: SnapshotSyncInput): Promise<SnapshotSyncResult> {
  const activities = setup(input);
  return run(input, activities);
}

function setup({ wlId, kind }: SnapshotSyncInput): SnapshotActivities {
  setCurrentDetails(`Reading ${kind.toLowerCase()} of ${wlId}`);
  return proxyActivities<SnapshotActivities>({
    startToCloseTimeout: ATTEMPT_LIMIT,
    scheduleToCloseTimeout: SYNC_LIMIT,
    retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2 },
  });
}

async function run(
  input: SnapshotSyncInput,
  activities: SnapshotActivities,
): Promise<SnapshotSyncResult> {
  const result = await activities.refreshSnapshot(input);
  setCurrentDetails(`${result.count} ${input.kind.toLowerCase()}, ${result.activeOffers} offers`);
  return result;
}
