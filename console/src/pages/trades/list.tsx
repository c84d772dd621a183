import { Badge, Group, Stack, Text } from '@mantine/core';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { useFilters } from '../../parts/filters.ts';
import { Page } from '../../parts/page.tsx';
import { useCursorList } from '../../parts/paging.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Money, Time } from '../../parts/values.tsx';
import { useTexts } from '../../texts/texts.ts';
import { tradeTexts } from '../../texts/trades.ts';
import { FILTERS, TradeFilters } from './filters.tsx';
import { TradeLink } from './trade-link.tsx';
import type { TradeView } from './types.ts';

// Trades are told within a second or two; hidden tabs do not ask.
const REFRESH_MS = 5_000;

export default function TradesPage() {
  const say = useTexts(tradeTexts);
  const { filters, change } = useFilters(FILTERS);
  const { rows, error, paging } = useCursorList<TradeView>('/admin/api/trades', {
    query: filters,
    refreshMs: REFRESH_MS,
  });
  const columns: readonly Column<TradeView>[] = [
    { key: 'startedAt', label: say('startedAt'), cell: ({ startedAt }) => <Time at={startedAt} /> },
    { key: 'offer', label: say('offer'), cell: (trade) => <Subject trade={trade} /> },
    {
      key: 'way',
      label: say('way'),
      cell: ({ exporter, importer }) =>
        `${exporter.name ?? exporter.wlId} → ${importer.name ?? importer.wlId}`,
    },
    { key: 'status', label: say('status'), cell: (trade) => <TradeStatus trade={trade} /> },
    { key: 'buyer', label: say('buyer'), cell: ({ buyerMasked }) => buyerMasked },
    {
      key: 'amount',
      label: say('amount'),
      isFigure: true,
      cell: ({ importedAmount, importedCurrency, amount, currency }) =>
        importedAmount === null ? (
          <Money amount={amount} currency={currency} />
        ) : (
          <Money amount={importedAmount} currency={importedCurrency} />
        ),
    },
  ];
  return (
    <Page title={say('title')} lead={say('lead')}>
      <TradeFilters filters={filters} change={change} />
      <DataTable
        label={say('title')}
        columns={columns}
        rows={rows}
        rowKey={({ tradeId, importer, exporter }) => `${importer.wlId}/${exporter.wlId}/${tradeId}`}
        error={error}
        paging={paging}
        empty={say('nothing')}
      />
    </Page>
  );
}

function Subject({ trade }: { readonly trade: TradeView }) {
  const { tradeId, importer, exporter, offer } = trade;
  return (
    <>
      <TradeLink size="sm" trade={{ tradeId, importer: importer.wlId, exporter: exporter.wlId }}>
        {offer.title === '' ? tradeId : offer.title}
      </TradeLink>
      <Text size="xs" c="dimmed">
        {tradeId}
      </Text>
    </>
  );
}

/** Its state, why, and whatever asks for a second look. */
export function TradeStatus({ trade }: { readonly trade: TradeView }) {
  const say = useTexts(tradeTexts);
  const { status, reason, parked, disagreement, decidedOnStale } = trade;
  return (
    <Stack gap={2} align="flex-start" miw="max-content">
      <Group gap={4}>
        <StatusBadge status={status} />
        {parked && <Mark text={say('parked')} />}
        {disagreement.length > 0 && <Mark text={say('mismatch')} />}
        {decidedOnStale && <Mark text={say('stale')} />}
      </Group>
      {reason !== null && <Text size="xs">{reason}</Text>}
    </Stack>
  );
}

function Mark({ text }: { readonly text: string }) {
  return (
    <Badge color="red" variant="filled">
      {text}
    </Badge>
  );
}
