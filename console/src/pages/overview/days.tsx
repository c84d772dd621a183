import { BarChart } from '@mantine/charts';
import { Paper, SimpleGrid } from '@mantine/core';
import type { MetricsReport } from '../../api/types.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { Section } from '../../parts/section.tsx';
import { overviewTexts } from '../../texts/overview.ts';
import { useTexts } from '../../texts/texts.ts';

const CHART_HEIGHT = 260;

const STATUSES = [
  { key: 'confirmed', status: 'CONFIRMED', color: 'green.7' },
  { key: 'rejected', status: 'REJECTED', color: 'red.7' },
  { key: 'pending', status: 'PENDING', color: 'blue.6' },
  { key: 'provisional', status: 'PROVISIONAL', color: 'yellow.6' },
  { key: 'reversed', status: 'REVERSED', color: 'grape.6' },
] as const;

type Row = (typeof STATUSES)[number];

/** How purchases went, day by day; the table says the sums to who can not see the bars. */
export function Days({ days, totals }: Pick<MetricsReport, 'days' | 'totals'>) {
  const say = useTexts(overviewTexts);
  const columns: readonly Column<Row>[] = [
    { key: 'status', label: say('status'), cell: ({ key }) => say(key) },
    { key: 'trades', label: say('trades'), isFigure: true, cell: ({ key }) => totals[key] },
  ];
  return (
    <Section title={say('days')}>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Paper role="img" aria-label={say('daysAlt')}>
          <BarChart
            h={CHART_HEIGHT}
            type="stacked"
            data={chartOf(days)}
            dataKey="day"
            withLegend
            series={STATUSES.map(({ key, status, color }) => ({
              name: status,
              label: say(key),
              color,
            }))}
            // The pages of a reader's keyboard are the table's, and pictures hold nothing to focus.
            barChartProps={{ accessibilityLayer: false }}
          />
        </Paper>
        <DataTable
          label={say('totals')}
          columns={columns}
          rows={STATUSES}
          rowKey={({ key }) => key}
          isSlim
        />
      </SimpleGrid>
    </Section>
  );
}

/** One row a day with a number for each status, the oldest first. */
function chartOf(days: MetricsReport['days']): Record<string, string | number>[] {
  const byDay = Map.groupBy(days, ({ day }) => day);
  return [...byDay]
    .map(([day, rows]) => ({
      day,
      ...Object.fromEntries(rows.map(({ status, trades }) => [status, trades])),
    }))
    .reverse();
}
