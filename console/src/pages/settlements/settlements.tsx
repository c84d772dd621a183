import { Paper, SimpleGrid, Stack, Text } from '@mantine/core';
import { useWlName } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { useFilters } from '../../parts/filters.ts';
import { Page } from '../../parts/page.tsx';
import { PersonName } from '../../parts/person.tsx';
import { useCursorList } from '../../parts/paging.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Money, Time, timeText } from '../../parts/values.tsx';
import { StateSelect } from '../../parts/state-select.tsx';
import { WlSelect } from '../../parts/wl-select.tsx';
import { settlementTexts } from '../../texts/settlements.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';
import { Decide, DecisionProblem, useDecision } from './decide.tsx';
import { RecordForm } from './record-form.tsx';
import { SETTLEMENTS, type Settlement } from './types.ts';

const REFRESH_MS = 5_000;
const FILTERS = ['state', 'src', 'dst', 'planId'] as const;
const STATES = ['PENDING', 'CONFIRMED', 'WITHDRAWN'];

/** What was paid outside of the trades: one records it, another confirms it. */
export default function SettlementsPage() {
  const say = useTexts(settlementTexts);
  const { filters, change } = useFilters(FILTERS);
  const { rows, error, paging } = useCursorList<Settlement>(SETTLEMENTS, {
    query: filters,
    refreshMs: REFRESH_MS,
  });
  const work = useDecision();
  const columns = useColumns(work);
  return (
    <Page title={say('title')} lead={say('lead')}>
      <RecordForm src={filters.src} dst={filters.dst} />
      <Paper withBorder p="sm" component="search">
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <StateSelect
            label={say('state')}
            states={STATES}
            value={filters.state}
            change={(state) => change({ state })}
          />
          <WlSelect label={say('src')} value={filters.src} change={(src) => change({ src })} />
          <WlSelect label={say('dst')} value={filters.dst} change={(dst) => change({ dst })} />
        </SimpleGrid>
      </Paper>
      <DecisionProblem error={work.error} />
      <DataTable
        label={say('title')}
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        error={error}
        paging={paging}
        empty={say('nothing')}
      />
    </Page>
  );
}

function useColumns(work: ReturnType<typeof useDecision>): readonly Column<Settlement>[] {
  const say = useTexts(settlementTexts);
  const nameOf = useWlName();
  return [
    {
      key: 'pair',
      label: say('pair'),
      cell: ({ src, dst, note }) => (
        <>
          {nameOf(src)} → {nameOf(dst)}
          <Text size="xs" c="dimmed">
            {note}
          </Text>
        </>
      ),
    },
    {
      key: 'amount',
      label: say('amount'),
      isFigure: true,
      cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
    },
    {
      key: 'payerAmount',
      label: say('payerAmount'),
      isFigure: true,
      cell: ({ payerAmount, payerCurrency }) => (
        <Money amount={payerAmount} currency={payerCurrency} />
      ),
    },
    { key: 'state', label: say('state'), cell: ({ state }) => <StatusBadge status={state} /> },
    {
      key: 'maker',
      label: say('maker'),
      cell: ({ maker, madeAt }) => <Who id={maker} at={madeAt} />,
    },
    {
      key: 'decided',
      label: say('decided'),
      cell: ({ decidedBy, decidedAt }) =>
        decidedBy === null ? '–' : <Who id={decidedBy} at={decidedAt} />,
    },
    { key: 'sides', label: say('sides'), cell: ({ sides }) => <Sides sides={sides} /> },
    {
      key: 'what',
      label: say('what'),
      cell: (settlement) => <Decide settlement={settlement} work={work} />,
    },
  ];
}

function Who({ id, at }: { readonly id: string; readonly at: string | null }) {
  const say = useTexts(settlementTexts);
  const session = useSession();
  return (
    <>
      <Text size="sm">{id === session?.user.id ? say('you') : <PersonName id={id} />}</Text>
      <Text size="xs" component="div">
        <Time at={at} />
      </Text>
    </>
  );
}

function Sides({ sides }: Pick<Settlement, 'sides'>) {
  const say = useTexts(settlementTexts);
  const language = useLanguage();
  const nameOf = useWlName();
  return (
    <Stack gap={2}>
      {sides.map(({ wlId, role, appliedAt }) => {
        const words = { wl: nameOf(wlId), role: say(role) };
        return (
          <Text key={wlId} size="xs">
            {appliedAt === null
              ? say('notApplied', words)
              : say('appliedAt', { ...words, at: timeText(appliedAt, language) })}
          </Text>
        );
      })}
    </Stack>
  );
}
