import { useQuery } from '@tanstack/react-query';
import { get, post } from '../../api/client.ts';
import type { Page } from '../../api/types.ts';
import { useAction } from '../../parts/saving.ts';

export interface SnapshotItem {
  readonly id: string;
  readonly name: string;
  readonly activeOffers: number;
}

interface Snapshot extends Page<SnapshotItem> {
  readonly syncedAt: string | null;
}

export type SnapshotKind = 'offer-categories' | 'entities';

// The most that one page of the API holds; exporters have some dozens of either.
const LIMIT = 200;

/** Categories or entities of an exporter, as last read. */
export function useSnapshot(wlId: string, kind: SnapshotKind) {
  const path = `/admin/api/wls/${wlId}/${kind}`;
  return useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => get<Snapshot>(path, { limit: LIMIT, offset: 0 }, signal),
  });
}

/** Reads both from the exporter now. */
export function useSnapshotSync(wlId: string) {
  return useAction(() =>
    Promise.all([
      post(`/admin/api/wls/${wlId}/offer-categories/sync`),
      post(`/admin/api/wls/${wlId}/entities/sync`),
    ]),
  );
}
