import { Alert } from '@mantine/core';
import type { z } from 'zod';
import type { whatIfView } from '../../../../api/cp/whatif/routes.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Section } from '../../parts/section.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Money, moneyText, Time } from '../../parts/values.tsx';
import { useLanguage, useTexts } from '../../texts/texts.ts';
import { whatIfTexts } from '../../texts/whatif.ts';
import { TradeLink } from '../trades/trade-link.tsx';

export type WhatIf = z.output<typeof whatIfView>;
type Flip = WhatIf['flips'][number];

export function Result({ result }: { readonly result: WhatIf }) {
  const say = useTexts(whatIfTexts);
  const language = useLanguage();
  const { gained, avoided, paid } = result;
  const paidText = (amount: string) => moneyText(amount, paid.currency, language);
  return (
    <Section title={say('result')}>
      {result.truncated && <Alert color="yellow">{say('truncated')}</Alert>}
      <Facts
        facts={[
          { label: say('rerun'), value: result.rerun },
          { label: say('flipped'), value: result.flipped },
          { label: say('gained'), value: <Money {...gained} /> },
          { label: say('avoided'), value: <Money {...avoided} /> },
          {
            label: say('paid'),
            value: say('paidChange', {
              before: paidText(paid.before),
              after: paidText(paid.after),
            }),
          },
          { label: say('unrecorded'), value: result.unrecorded },
          { label: say('undecided'), value: result.undecided },
        ]}
      />
      <Flips result={result} />
    </Section>
  );
}

function Flips({ result: { dst, src, flips, gained } }: { readonly result: WhatIf }) {
  const say = useTexts(whatIfTexts);
  const passes = (code: Flip['before']) =>
    code === null ? say('passes') : <StatusBadge status={code} />;
  const columns: readonly Column<Flip>[] = [
    { key: 'at', label: say('at'), cell: ({ at }) => <Time at={at} /> },
    {
      key: 'trade',
      label: say('trade'),
      cell: ({ tradeId }) => (
        <TradeLink trade={{ tradeId, importer: dst, exporter: src }}>{tradeId}</TradeLink>
      ),
    },
    { key: 'before', label: say('before'), cell: ({ before }) => passes(before) },
    { key: 'after', label: say('after'), cell: ({ after }) => passes(after) },
    {
      key: 'amount',
      label: say('amount'),
      isFigure: true,
      cell: ({ amount }) => <Money amount={amount} currency={gained.currency} />,
    },
  ];
  return (
    <DataTable
      label={say('flips')}
      columns={columns}
      rows={flips}
      rowKey={({ tradeId, at }) => `${tradeId} ${at}`}
      empty={say('nothing')}
    />
  );
}
