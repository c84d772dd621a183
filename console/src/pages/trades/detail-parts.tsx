import type { ReactNode } from 'react';
import { CopyId } from '../../parts/correlation.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Section } from '../../parts/section.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { durationText, Money, Time } from '../../parts/values.tsx';
import { WorkflowLink } from '../../parts/workflow-link.tsx';
import { useLanguage, useTexts } from '../../texts/texts.ts';
import { tradeTexts } from '../../texts/trades.ts';
import { TradeStatus } from './list.tsx';
import type { TradeDetails } from './types.ts';

interface Props {
  readonly trade: TradeDetails;
}
type Side = NonNullable<TradeDetails['sides']['importer']>;

export function TradeFacts({ trade }: Props) {
  const say = useTexts(tradeTexts);
  const { currency, importedCurrency } = trade;
  const facts = [
    { label: say('status'), value: <TradeStatus trade={trade} /> },
    { label: say('exporter'), value: trade.exporter.name ?? trade.exporter.wlId },
    { label: say('importer'), value: trade.importer.name ?? trade.importer.wlId },
    { label: say('offer'), value: `${trade.offer.title} (${trade.offer.id})` },
    { label: say('category'), value: trade.offer.category },
    { label: say('seller'), value: trade.seller },
    { label: say('buyer'), value: trade.buyerMasked },
    { label: say('quantity'), value: trade.quantity },
    { label: say('unitPrice'), value: <Money amount={trade.unitPrice} currency={currency} /> },
    { label: say('originAmount'), value: <Money amount={trade.amount} currency={currency} /> },
    { label: say('fxRate'), value: trade.fxRate },
    {
      label: say('importedUnitPrice'),
      value: <Money amount={trade.importedUnitPrice} currency={importedCurrency} />,
    },
    {
      label: say('importedAmount'),
      value: <Money amount={trade.importedAmount} currency={importedCurrency} />,
    },
    { label: say('startedAt'), value: <Time at={trade.startedAt} /> },
    { label: say('confirmedAt'), value: <Time at={trade.confirmedAt} /> },
    { label: say('updatedAt'), value: <Time at={trade.updatedAt} /> },
    {
      label: say('workflow'),
      value: <WorkflowLink party={trade.importer.wlId} workflowId={trade.workflowId} />,
    },
  ];
  return (
    <Section title={say('facts')}>
      <Facts facts={facts} />
    </Section>
  );
}

interface SideRow {
  readonly key: string;
  readonly label: string;
  readonly cell: (side: Side, wlId: string) => ReactNode;
}

/** Both sides' own words, line by line. */
export function Sides({ trade }: Props) {
  const say = useTexts(tradeTexts);
  const language = useLanguage();
  const rows: readonly SideRow[] = [
    { key: 'status', label: say('status'), cell: ({ status }) => <StatusBadge status={status} /> },
    { key: 'reason', label: say('reason'), cell: ({ reason }) => reason ?? '–' },
    { key: 'version', label: say('version'), cell: ({ version }) => version },
    { key: 'quantity', label: say('quantity'), cell: ({ quantity }) => quantity },
    {
      key: 'amount',
      label: say('originAmount'),
      cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
    },
    { key: 'fxRate', label: say('fxRate'), cell: ({ fxRate }) => (fxRate === '' ? '–' : fxRate) },
    {
      key: 'holdId',
      label: say('holdId'),
      cell: ({ holdId }) => (holdId === null ? '–' : <CopyId id={holdId} label={say('holdId')} />),
    },
    { key: 'policy', label: say('policyRevision'), cell: ({ policyRevision: of }) => of },
    {
      key: 'relationship',
      label: say('relationshipRevision'),
      cell: ({ relationshipRevision: of }) => of,
    },
    {
      key: 'latency',
      label: say('latency'),
      cell: ({ latencyMs }) => durationText(latencyMs, language),
    },
    { key: 'at', label: say('occurredAt'), cell: ({ occurredAt }) => <Time at={occurredAt} /> },
    {
      key: 'workflow',
      label: say('workflow'),
      // A purchase runs at its importer, whoever names it.
      cell: ({ workflowId }, wlId) => (
        <WorkflowLink
          party={workflowId.startsWith('purchase/') ? trade.importer.wlId : wlId}
          workflowId={workflowId}
        />
      ),
    },
  ];
  const columnOf = (role: 'importer' | 'exporter'): Column<SideRow> => ({
    key: role,
    label: `${say(role)}: ${trade[role].name ?? trade[role].wlId}`,
    cell: (row) => {
      const side = trade.sides[role];
      if (side === null) return row.key === 'status' ? say('silent') : '–';
      return row.cell(side, trade[role].wlId);
    },
  });
  return (
    <Section title={say('sides')}>
      <DataTable
        label={say('sides')}
        columns={[
          { key: 'field', label: say('field'), cell: ({ label }) => label },
          columnOf('importer'),
          columnOf('exporter'),
        ]}
        rows={rows}
        rowKey={({ key }) => key}
      />
    </Section>
  );
}

export function Counted({ trade }: Props) {
  const say = useTexts(tradeTexts);
  const { counted, currency, importedCurrency } = trade;
  return (
    <Section title={say('counted')}>
      <Facts
        facts={[
          { label: say('exports'), value: <Money amount={counted.exports} currency={currency} /> },
          {
            label: say('reserved'),
            value: <Money amount={counted.reserved} currency={currency} />,
          },
          {
            label: say('imports'),
            value: <Money amount={counted.imports} currency={importedCurrency} />,
          },
        ]}
      />
    </Section>
  );
}

export function Mismatches({ trade }: Props) {
  const say = useTexts(tradeTexts);
  if (trade.mismatches.length === 0) return null;
  return (
    <Section title={say('mismatches')}>
      <DataTable
        label={say('mismatches')}
        columns={[
          {
            key: 'fields',
            label: say('field'),
            cell: ({ disagreement }) => disagreement.join(', '),
          },
          { key: 'since', label: say('since'), cell: ({ since }) => <Time at={since} /> },
          {
            key: 'resolved',
            label: say('resolvedAt'),
            cell: ({ resolvedAt }) => <Time at={resolvedAt} />,
          },
        ]}
        rows={trade.mismatches}
        rowKey={({ since }) => since}
      />
    </Section>
  );
}
