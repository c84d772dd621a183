import { Group, Paper, SimpleGrid, Stack, Text } from '@mantine/core';
import { useWlName } from '../../api/queries.ts';
import { useRole } from '../../api/session.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { useFilters } from '../../parts/filters.ts';
import { PageLink } from '../../parts/page-link.tsx';
import { Page } from '../../parts/page.tsx';
import { useCursorList } from '../../parts/paging.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Money, Time } from '../../parts/values.tsx';
import { StateSelect } from '../../parts/state-select.tsx';
import { WlSelect } from '../../parts/wl-select.tsx';
import { signalTexts } from '../../texts/signals.ts';
import { useTexts } from '../../texts/texts.ts';
import { RedriveSince } from './redrive.tsx';
import { SignalForm } from './signal-form.tsx';
import { TestGateway } from './test-gateway.tsx';
import { SIGNALS, type Signal } from './types.ts';

const REFRESH_MS = 5_000;
const FILTERS = ['state', 'wlId', 'src', 'dst'] as const;
const STATES = ['PENDING', 'SENT', 'ACKED', 'SUPERSEDED', 'CANCELLED'];

/** What was signalled, how far it got, and what can be done when it did not get through. */
export default function SignalsPage() {
  const say = useTexts(signalTexts);
  const mayOperate = useRole('operator', 'risk');
  const { filters, change } = useFilters(FILTERS);
  const { rows, error, paging } = useCursorList<Signal>(SIGNALS, {
    query: filters,
    refreshMs: REFRESH_MS,
  });
  const columns = useColumns();
  return (
    <Page title={say('title')} lead={say('lead')}>
      <Paper withBorder p="sm" component="search">
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
          <StateSelect
            label={say('state')}
            states={STATES}
            value={filters.state}
            change={(state) => change({ state })}
          />
          {(['wlId', 'src', 'dst'] as const).map((key) => (
            <WlSelect
              key={key}
              label={say(key === 'wlId' ? 'wl' : key)}
              value={filters[key]}
              change={(wlId) => change({ [key]: wlId })}
            />
          ))}
        </SimpleGrid>
      </Paper>
      <DataTable
        label={say('title')}
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        error={error}
        paging={paging}
        empty={say('nothing')}
      />
      {mayOperate && (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <SignalForm />
          <RedriveSince />
          <TestGateway />
        </SimpleGrid>
      )}
    </Page>
  );
}

function useColumns(): readonly Column<Signal>[] {
  const say = useTexts(signalTexts);
  const nameOf = useWlName();
  return [
    {
      key: 'createdAt',
      label: say('createdAt'),
      cell: ({ createdAt }) => <Time at={createdAt} />,
    },
    {
      key: 'signal',
      label: say('signal'),
      cell: (signal) => (
        <PageLink to={`/signals/${signal.id}`}>
          {say('one', {
            action: signal.action,
            pair: `${nameOf(signal.src)} → ${nameOf(signal.dst)}`,
          })}
        </PageLink>
      ),
    },
    {
      key: 'origin',
      label: say('origin'),
      cell: ({ origin, reason }) => (
        <>
          {say(origin)}
          <Text size="xs">{reason}</Text>
        </>
      ),
    },
    {
      key: 'exposure',
      label: `${say('exposure')} / ${say('limit')}`,
      isFigure: true,
      cell: ({ exposure, limit, currency }) => (
        <>
          <Money amount={exposure} /> / <Money amount={limit} currency={currency} />
        </>
      ),
    },
    { key: 'state', label: say('state'), cell: ({ state }) => <StatusBadge status={state} /> },
    {
      key: 'deliveries',
      label: say('deliveries'),
      cell: ({ deliveries }) => (
        <Stack gap={2}>
          {deliveries.map(({ wlId, state, attemptCount }) => (
            <Group key={wlId} gap={4} wrap="nowrap">
              <Text size="sm">{nameOf(wlId)}</Text>
              <StatusBadge status={state} />
              <Text size="xs">
                {say('attemptCount')}: {attemptCount}
              </Text>
            </Group>
          ))}
        </Stack>
      ),
    },
  ];
}
