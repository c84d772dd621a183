import { Button, Paper, SimpleGrid } from '@mantine/core';
import type { BalanceItem } from '../../../../api/cp/reports/balance-schemas.ts';
import type { BalanceReport, Page as Listed } from '../../api/types.ts';
import { CsvButton } from '../../parts/csv-button.tsx';
import { useFilters, type Filters } from '../../parts/filters.ts';
import { Instant } from '../../parts/instant.tsx';
import { Page } from '../../parts/page.tsx';
import { useCursorList } from '../../parts/paging.ts';
import { timeText } from '../../parts/values.tsx';
import { WlSelect } from '../../parts/wl-select.tsx';
import { balanceTexts } from '../../texts/balance.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';
import { Consolidated, Pairs } from './tables.tsx';
import { Trend } from './trend.tsx';

const PATH = '/reports/trade-balance';
// A purchase is in the report within seconds.
const REFRESH_MS = 10_000;
const FILTERS = ['wlId', 'partner', 'from', 'to', 'asOf'] as const;
type Filter = (typeof FILTERS)[number];
const NO_FILTER: Filters<Filter> = Object.fromEntries(FILTERS.map((key) => [key, '']));

type Report = Listed<BalanceItem> & Pick<BalanceReport, 'asOf' | 'bucket' | 'consolidated'>;

/** What pairs and white labels owe, as the report tells it. */
export default function BalancePage() {
  const say = useTexts(balanceTexts);
  const language = useLanguage();
  const { filters, change } = useFilters(FILTERS);
  const { data, rows, error, paging } = useCursorList<BalanceItem, Report>(PATH, {
    query: filters,
    refreshMs: REFRESH_MS,
  });
  return (
    <Page
      title={say('title')}
      lead={data === undefined ? say('lead') : say('asOf', { at: timeText(data.asOf, language) })}
      actions={
        <CsvButton label={say('csv')} path={PATH} name="trade-balance.csv" query={filters} />
      }
    >
      <BalanceFilters filters={filters} change={change} />
      <Pairs rows={rows} error={error} paging={paging} />
      {data !== undefined && data.items.length > 0 && (
        <>
          <Trend items={data.items} bucket={data.bucket} />
          <Consolidated rows={data.consolidated} />
        </>
      )}
    </Page>
  );
}

interface FilterProps {
  readonly filters: Filters<Filter>;
  readonly change: (patch: Filters<Filter>) => void;
}

function BalanceFilters({ filters, change }: FilterProps) {
  const say = useTexts(balanceTexts);
  const { wlId, partner, from, to, asOf } = filters;
  return (
    <Paper withBorder p="sm" component="search">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm">
        <WlSelect label={say('wl')} value={wlId} change={(next) => change({ wlId: next })} />
        <WlSelect
          label={say('partner')}
          value={partner}
          change={(next) => change({ partner: next })}
        />
        <Instant label={say('asOfField')} value={asOf} change={(next) => change({ asOf: next })} />
        <Instant label={say('from')} value={from} change={(next) => change({ from: next })} />
        <Instant label={say('to')} value={to} change={(next) => change({ to: next })} />
      </SimpleGrid>
      <Button variant="default" size="xs" mt="sm" onClick={() => change(NO_FILTER)}>
        {say('clear')}
      </Button>
    </Paper>
  );
}
