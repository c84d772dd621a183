import { Stack, Text } from '@mantine/core';
import type { BalanceItem } from '../../../../api/cp/reports/balance-schemas.ts';
import { useWlName } from '../../api/queries.ts';
import type { BalanceReport } from '../../api/types.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import type { Paging } from '../../parts/paging.ts';
import { Section } from '../../parts/section.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Money, moneyText } from '../../parts/values.tsx';
import { balanceTexts } from '../../texts/balance.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';

type Total = BalanceReport['consolidated'][number];
type Moved = Pick<BalanceItem, 'exports' | 'imports' | 'net_delta' | 'settlements' | 'currency'> &
  Pick<BalanceItem, 'reserved' | 'exposure'>;

// Names have hyphens, which are no place for a line's end.
const WHOLE = { whiteSpace: 'nowrap' } as const;

interface PairProps {
  readonly rows: readonly BalanceItem[] | undefined;
  readonly error: unknown;
  readonly paging: Paging;
}

export function Pairs({ rows, error, paging }: PairProps) {
  const say = useTexts(balanceTexts);
  const language = useLanguage();
  const nameOf = useWlName();
  const { exposure, moved } = useMovedColumns<BalanceItem>();
  const columns: readonly Column<BalanceItem>[] = [
    {
      key: 'pair',
      label: say('pair'),
      cell: ({ wlId, partner }) => (
        <>
          <span style={WHOLE}>{nameOf(wlId)} →</span> <span style={WHOLE}>{nameOf(partner)}</span>
        </>
      ),
    },
    { key: 'state', label: say('state'), cell: (item) => <PairState item={item} /> },
    exposure,
    {
      key: 'limit',
      label: say('limit'),
      isFigure: true,
      cell: ({ limit, limitMode }) => (
        <>
          <Money amount={limit} /> {limitMode}
        </>
      ),
    },
    {
      key: 'percent',
      label: say('percent'),
      isFigure: true,
      cell: ({ percent }) => (percent === null ? '–' : `${percentText(percent, language)} %`),
    },
    ...moved,
  ];
  return (
    <Section title={say('pairs')}>
      <DataTable
        label={say('pairs')}
        columns={columns}
        rows={rows}
        rowKey={({ wlId, partner }) => `${wlId}/${partner}`}
        error={error}
        paging={paging}
        empty={say('nothing')}
      />
    </Section>
  );
}

export function Consolidated({ rows }: { readonly rows: readonly Total[] }) {
  const say = useTexts(balanceTexts);
  const nameOf = useWlName();
  const { exposure, moved } = useMovedColumns<Total>();
  const columns: readonly Column<Total>[] = [
    {
      key: 'wl',
      label: say('wlName'),
      cell: ({ wlId }) => <span style={WHOLE}>{nameOf(wlId)}</span>,
    },
    { key: 'partners', label: say('partners'), isFigure: true, cell: ({ partners }) => partners },
    exposure,
    ...moved,
  ];
  return (
    <Section title={say('consolidated')}>
      <DataTable
        label={say('consolidated')}
        columns={columns}
        rows={rows}
        rowKey={({ wlId }) => wlId}
      />
    </Section>
  );
}

/** What pairs and white labels have in common, each in the exporter's currency. */
function useMovedColumns<Row extends Moved>() {
  const say = useTexts(balanceTexts);
  const figure = (
    key: 'exports' | 'imports' | 'netDelta' | 'received' | 'paid' | 'reserved' | 'exposure',
    of: (row: Row) => string,
  ): Column<Row> => ({
    key,
    label: say(key),
    isFigure: true,
    cell: (row) => <Money amount={of(row)} currency={key === 'exposure' ? row.currency : null} />,
  });
  const moved = [
    figure('exports', ({ exports }) => exports),
    figure('imports', ({ imports }) => imports),
    figure('netDelta', ({ net_delta: delta }) => delta),
    figure('received', ({ settlements }) => settlements.received),
    figure('paid', ({ settlements }) => settlements.paid),
    figure('reserved', ({ reserved }) => reserved),
  ];
  return { exposure: figure('exposure', ({ exposure }) => exposure), moved };
}

function percentText(percent: string, language: string): string {
  return new Intl.NumberFormat(language).format(percent as Intl.StringNumericLiteral);
}

function PairState({ item }: { readonly item: BalanceItem }) {
  const say = useTexts(balanceTexts);
  const language = useLanguage();
  const { status, disabled, provisional, currency } = item;
  return (
    <Stack gap={2} align="flex-start">
      {status !== null && <StatusBadge status={status} />}
      {disabled && (
        <Text size="xs" c="var(--mantine-color-error)" fw={600}>
          {say('disabled')}
        </Text>
      )}
      {provisional !== null && provisional.trades > 0 && (
        <Text size="xs">
          {say('provisional', {
            count: provisional.trades,
            amount: moneyText(provisional.amount, currency, language),
          })}
        </Text>
      )}
    </Stack>
  );
}
