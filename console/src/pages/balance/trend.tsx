import { LineChart } from '@mantine/charts';
import { Paper, Select } from '@mantine/core';
import { useState } from 'react';
import type { BalanceItem } from '../../../../api/cp/reports/balance-schemas.ts';
import { useWlName } from '../../api/queries.ts';
import type { BalanceReport } from '../../api/types.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { Section } from '../../parts/section.tsx';
import { Money } from '../../parts/values.tsx';
import { balanceTexts } from '../../texts/balance.ts';
import { useLanguage, useTexts, type Language } from '../../texts/texts.ts';

const CHART_HEIGHT = 260;
const AXIS_WIDTH = 90;

type Bucket = BalanceReport['bucket'];
type Point = BalanceItem['trend'][number];

interface Props {
  readonly items: readonly BalanceItem[];
  readonly bucket: Bucket;
}

/** One pair's way to where it stands; the table says the same to who can not see the lines. */
export function Trend({ items, bucket }: Props) {
  const say = useTexts(balanceTexts);
  const language = useLanguage();
  const nameOf = useWlName();
  const [chosen, setChosen] = useState('');
  const named = items.map((item) => ({
    item,
    value: `${item.wlId}/${item.partner}`,
    label: `${nameOf(item.wlId)} → ${nameOf(item.partner)}`,
  }));
  const shown = named.find(({ value }) => value === chosen) ?? nearest(named);
  if (shown === undefined) return null;
  const { item, label } = shown;
  return (
    <Section title={say('trend')}>
      <Select
        label={say('pair')}
        maw={360}
        allowDeselect={false}
        data={named.map(({ value, label: text }) => ({ value, label: text }))}
        value={shown.value}
        onChange={(value) => setChosen(value ?? '')}
      />
      <Paper role="img" aria-label={say('trendAlt', { pair: label })}>
        <LineChart
          h={CHART_HEIGHT}
          data={chartOf(item, bucket, language)}
          dataKey="from"
          withLegend
          curveType="linear"
          withDots={false}
          valueFormatter={(value) => new Intl.NumberFormat(language).format(value)}
          yAxisProps={{ width: AXIS_WIDTH }}
          series={[
            { name: 'exposure', label: say('exposure'), color: 'blue.7' },
            { name: 'limit', label: say('limit'), color: 'red.7', strokeDasharray: '6 4' },
          ]}
          // Pictures hold nothing to focus; a reader's keyboard has the table.
          lineChartProps={{ accessibilityLayer: false }}
        />
      </Paper>
      <details>
        <summary>{say('figures')}</summary>
        <Figures item={item} bucket={bucket} />
      </details>
    </Section>
  );
}

/** The pair that has least left of its limit is what one comes for. */
function nearest<T extends { readonly item: BalanceItem }>(named: readonly T[]): T | undefined {
  const used = ({ item }: T): number => Number(item.percent ?? '0');
  return named.toSorted((a, b) => used(b) - used(a))[0];
}

function Figures({ item, bucket }: { readonly item: BalanceItem; readonly bucket: Bucket }) {
  const say = useTexts(balanceTexts);
  const language = useLanguage();
  const figure = (key: 'exports' | 'imports' | 'exposure'): Column<Point> => ({
    key,
    label: say(key),
    isFigure: true,
    cell: (point) => <Money amount={point[key]} />,
  });
  const columns: readonly Column<Point>[] = [
    {
      key: 'when',
      label: say('when'),
      cell: ({ from }) => <time dateTime={from}>{whenText(from, bucket, language)}</time>,
    },
    figure('exports'),
    figure('imports'),
    figure('exposure'),
  ];
  return (
    <DataTable
      label={say('figures')}
      columns={columns}
      rows={item.trend.toReversed()}
      rowKey={({ from }) => from}
    />
  );
}

/** Figures of a picture: a pixel is coarser than what a number loses of a decimal. */
function chartOf({ trend, limit }: BalanceItem, bucket: Bucket, language: Language) {
  return trend.map(({ from, exposure }) => ({
    from: whenText(from, bucket, language),
    exposure: Number(exposure),
    ...(limit !== null && { limit: Number(limit) }),
  }));
}

const DAY = { day: '2-digit', month: '2-digit' } as const;
const PARTS: Readonly<Record<Bucket, Intl.DateTimeFormatOptions>> = {
  hour: { ...DAY, hour: '2-digit', minute: '2-digit' },
  day: DAY,
  month: { month: '2-digit', year: 'numeric' },
};

/** Buckets are those of UTC. */
function whenText(from: string, bucket: Bucket, language: Language): string {
  const format = new Intl.DateTimeFormat(language, { ...PARTS[bucket], timeZone: 'UTC' });
  return format.format(new Date(from));
}
