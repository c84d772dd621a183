import { Paper, SimpleGrid, Text } from '@mantine/core';
import type { Page as Rows } from '../../api/types.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { Facts } from '../../parts/facts.tsx';
import { CsvButton } from '../../parts/csv-button.tsx';
import { useFilters } from '../../parts/filters.ts';
import { Instant } from '../../parts/instant.tsx';
import { Page } from '../../parts/page.tsx';
import { useCursorList, type Paging } from '../../parts/paging.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Money, Time } from '../../parts/values.tsx';
import { WlSelect } from '../../parts/wl-select.tsx';
import { statementTexts } from '../../texts/settlements.ts';
import { useTexts } from '../../texts/texts.ts';
import { SETTLEMENTS, type Statement } from './types.ts';

const PATH = `${SETTLEMENTS}/statement`;
const FIELDS = ['src', 'dst', 'from', 'to'] as const;
type Line = Statement['items'][number];

/** A pair's opening, lines and closing of a period, as the CSV says them. */
export default function StatementPage() {
  const say = useTexts(statementTexts);
  const { filters, change } = useFilters(FIELDS);
  const isAsked = FIELDS.every((field) => filters[field] !== undefined);
  const { data, error, paging } = useCursorList<Line, Statement & Rows<Line>>(PATH, {
    query: filters,
    enabled: isAsked,
  });
  return (
    <Page
      title={say('title')}
      lead={say('lead')}
      actions={
        data !== undefined && (
          <CsvButton label={say('csv')} path={PATH} name="statement.csv" query={filters} />
        )
      }
    >
      <Paper withBorder p="sm" component="search">
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
          <WlSelect label={say('src')} value={filters.src} change={(src) => change({ src })} />
          <WlSelect label={say('dst')} value={filters.dst} change={(dst) => change({ dst })} />
          <Instant label={say('from')} value={filters.from} change={(from) => change({ from })} />
          <Instant label={say('to')} value={filters.to} change={(to) => change({ to })} />
        </SimpleGrid>
      </Paper>
      {!isAsked && <Text c="dimmed">{say('choose')}</Text>}
      <ProblemAlert error={error} />
      {isAsked && data !== undefined && <Lines statement={data} paging={paging} />}
    </Page>
  );
}

interface LinesProps {
  readonly statement: Statement;
  readonly paging: Paging;
}

function Lines({ statement, paging }: LinesProps) {
  const say = useTexts(statementTexts);
  const { opening, closing, currency, items } = statement;
  const columns: readonly Column<Line>[] = [
    { key: 'at', label: say('at'), cell: ({ at }) => <Time at={at} /> },
    { key: 'kind', label: say('kind'), cell: ({ kind }) => say(kind) },
    { key: 'reference', label: say('reference'), cell: ({ reference }) => reference },
    ...(['amount', 'balance'] as const).map((key) => ({
      key,
      label: say(key),
      isFigure: true,
      cell: (line: Line) => <Money amount={line[key]} currency={currency} />,
    })),
  ];
  return (
    <>
      <Facts
        facts={[
          { label: say('opening'), value: <Money amount={opening} currency={currency} /> },
          { label: say('closing'), value: <Money amount={closing} currency={currency} /> },
        ]}
      />
      <DataTable
        label={say('title')}
        columns={columns}
        rows={items}
        paging={paging}
        rowKey={({ at, kind, reference }) => `${at}/${kind}/${reference}`}
        empty={say('noLine')}
      />
    </>
  );
}
