import { useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type { attentionList } from '../../../api/cp/desk/attention.ts';
import { get } from './client.ts';

export const ATTENTION = '/admin/api/attention';
export const APPROVALS = '/admin/api/approvals';

// As often as a list is asked for again: a count that lags behind its list confuses.
const COUNT_MS = 5_000;

/** One row is the least that can be asked for; only the number counts. */
function useFirstPage<T>(path: string): T | undefined {
  const { data } = useQuery({
    queryKey: [path, 'count'],
    queryFn: ({ signal }) => get<T>(path, { limit: 1 }, signal),
    refetchInterval: COUNT_MS,
  });
  return data;
}

export function useAttentionCounts(): z.output<typeof attentionList>['counts'] | undefined {
  return useFirstPage<z.output<typeof attentionList>>(ATTENTION)?.counts;
}

/** Parked purchases and mismatches; refused events are told on the page itself. */
export function useAttentionCount(): number | undefined {
  const counts = useAttentionCounts();
  return counts === undefined ? undefined : counts.parked + counts.mismatches;
}

/** Purchases that wait for a person's word. */
export function useApprovalCount(): number | undefined {
  return useFirstPage<{ readonly total: number }>(APPROVALS)?.total;
}
