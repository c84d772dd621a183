import { useQuery } from '@tanstack/react-query';
import { get } from './client.ts';

export const NOTIFICATIONS = '/admin/api/notifications';

// A badge that lags behind what was read confuses.
const COUNT_MS = 5_000;

/** How many nobody has read; one row is the least that can be asked for. */
export function useUnreadCount(): number | undefined {
  const { data } = useQuery({
    queryKey: [NOTIFICATIONS, 'count'],
    queryFn: ({ signal }) => get<{ readonly unread: number }>(NOTIFICATIONS, { limit: 1 }, signal),
    refetchInterval: COUNT_MS,
  });
  return data?.unread;
}
