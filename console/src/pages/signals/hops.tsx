import { BarChart } from '@mantine/charts';
import { Paper, Stack } from '@mantine/core';
import { useWlName } from '../../api/queries.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { Section } from '../../parts/section.tsx';
import { durationText } from '../../parts/values.tsx';
import { signalTexts } from '../../texts/signals.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';
import type { SignalDetails } from './types.ts';

const CHART_HEIGHT = 220;

const HOPS = [
  { key: 'created', color: 'gray.6' },
  { key: 'sent', color: 'blue.6' },
  { key: 'applied', color: 'green.7' },
  { key: 'acked', color: 'grape.6' },
] as const;
type Hop = (typeof HOPS)[number]['key'];

type Row = { readonly wlId: string } & Readonly<Record<Hop, number | null>>;

/** From cause to the last offer, by white label: where the time went. */
export function Hops({ signal }: { readonly signal: SignalDetails }) {
  const say = useTexts(signalTexts);
  const language = useLanguage();
  const nameOf = useWlName();
  const rows = rowsOf(signal);
  const columns: readonly Column<Row>[] = [
    { key: 'wl', label: say('wl'), cell: ({ wlId }) => nameOf(wlId) },
    ...HOPS.map(({ key }) => ({
      key,
      label: say(key),
      isFigure: true,
      cell: (row: Row) => durationText(row[key], language),
    })),
  ];
  return (
    <Section title={say('hops')}>
      <Stack>
        <Paper role="img" aria-label={say('hopsAlt')}>
          <BarChart
            h={CHART_HEIGHT}
            data={rows.map((row) => ({ ...row, wl: nameOf(row.wlId) }))}
            dataKey="wl"
            unit=" ms"
            yAxisProps={{ width: 80 }}
            withLegend
            series={HOPS.map(({ key, color }) => ({ name: key, label: say(key), color }))}
            // Pictures hold nothing to focus; a reader's keyboard has the table.
            barChartProps={{ accessibilityLayer: false }}
          />
        </Paper>
        <DataTable label={say('hops')} columns={columns} rows={rows} rowKey={({ wlId }) => wlId} />
      </Stack>
    </Section>
  );
}

/** Each step in milliseconds since the signal was created; its creation since its cause. */
function rowsOf({ causedAt, createdAt, deliveries }: SignalDetails): readonly Row[] {
  const since = (from: string, at: string | null) =>
    at === null ? null : Math.max(0, Date.parse(at) - Date.parse(from));
  return deliveries.map(({ wlId, firstSentAt, ackedAt, appliedAt }) => ({
    wlId,
    created: since(causedAt, createdAt),
    sent: since(createdAt, firstSentAt),
    applied: since(createdAt, appliedAt),
    acked: since(createdAt, ackedAt),
  }));
}
