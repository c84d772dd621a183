/** Starts as `snapshotSync` on the Control Plane's queue. */
export const SNAPSHOT_SYNC = 'snapshotSync';

export type SnapshotKind = 'CATEGORIES' | 'ENTITIES';

export interface SnapshotSyncInput {
  readonly wlId: string;
  readonly kind: SnapshotKind;
  /** Of the request that asked for it. */
  readonly correlationId: string;
}

/** Counts only: names stay in the databases. */
export interface SnapshotSyncResult {
  readonly count: number;
  readonly activeOffers: number;
  /** ISO 8601 UTC. */
  readonly syncedAt: string;
}

export interface SnapshotActivities {
  /** Reads one kind from the exporter and replaces the stored snapshot by it. */
  refreshSnapshot(input: SnapshotSyncInput): Promise<SnapshotSyncResult>;
}

/** `type` of the failure when the exporter gave no usable answer in time. */
export const SNAPSHOT_UNAVAILABLE = 'EXPORTER_UNAVAILABLE';

/** `snapshot/<wlId>/<kind>`: one sync at a time; a second request joins the running one. */
export function snapshotWorkflowId({
  wlId,
  kind,
}: Pick<SnapshotSyncInput, 'wlId' | 'kind'>): string {
  return `snapshot/${wlId}/${kind.toLowerCase()}`;
}
