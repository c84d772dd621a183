import { Paper, SimpleGrid, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { get, type Query } from '../../api/client.ts';
import { PageLink } from '../../parts/page-link.tsx';
import { overviewTexts } from '../../texts/overview.ts';
import { useTexts } from '../../texts/texts.ts';

// What waits for a person is looked at sooner than what moves by the day.
const REFRESH_MS = 10_000;

interface Attention {
  readonly counts: Readonly<Record<'parked' | 'mismatches' | 'quarantined', number>>;
}

/** How much waits for somebody, each with the page where it is done. */
export function Waiting() {
  const say = useTexts(overviewTexts);
  // Pages are added one by one: a count is linked where its page is there.
  const { routesByPath } = useRouter();
  const attention = useCount<Attention>('/admin/api/attention', {});
  const approvals = useCount<{ readonly total: number }>('/admin/api/approvals', {});
  const changes = useCount<{ readonly total: number }>('/admin/api/changes', { state: 'PENDING' });
  const notices = useCount<{ readonly unread: number }>('/admin/api/notifications', {});
  const tiles = [
    { key: 'parked', to: '/attention', count: attention?.counts.parked },
    { key: 'mismatches', to: '/attention', count: attention?.counts.mismatches },
    { key: 'quarantined', to: '/attention', count: attention?.counts.quarantined },
    { key: 'approvals', to: '/approvals', count: approvals?.total },
    { key: 'changes', to: '/relationships', count: changes?.total },
    { key: 'notifications', to: '/notifications', count: notices?.unread },
  ] as const;
  return (
    <>
      <Title order={2} size="h4">
        {say('waiting')}
      </Title>
      <SimpleGrid cols={{ base: 2, xs: 3, lg: 6 }}>
        {tiles.map(({ key, to, count }) => (
          <Paper key={key} withBorder p="sm">
            <Text fz="h2" fw={700}>
              {count ?? '–'}
            </Text>
            {to in routesByPath ? (
              <PageLink to={to} size="sm">
                {say(key)}
              </PageLink>
            ) : (
              <Text size="sm">{say(key)}</Text>
            )}
          </Paper>
        ))}
      </SimpleGrid>
    </>
  );
}

/** Undefined where the answer is not there: one count that fails hides no other. */
function useCount<T>(path: string, query: Query): T | undefined {
  const { data } = useQuery({
    queryKey: [path, query, 'count'],
    queryFn: ({ signal }) => get<T>(path, { ...query, limit: 1 }, signal),
    refetchInterval: REFRESH_MS,
  });
  return data;
}
