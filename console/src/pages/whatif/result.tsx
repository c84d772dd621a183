import { Alert, Stack } from '@mantine/core';
import type { z } from 'zod';
import type { whatIfView } from '../../../../api/cp/whatif/schemas.ts';
import { useWlName } from '../../api/queries.ts';
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
type PairSums = WhatIf['pairs'][number];

export function Result({ result }: { readonly result: WhatIf }) {
  const say = useTexts(whatIfTexts);
  const { pairs, pairsLeftOut, truncated } = result;
  return (
    <Section title={say('result')}>
      {pairsLeftOut && <Alert color="yellow">{say('pairsLeftOut')}</Alert>}
      {truncated && !pairsLeftOut && (
        <Alert color="yellow">
          {say('truncated')} <DecidedFrom pairs={pairs} />
        </Alert>
      )}
      <Sums result={result} />
      <Flips result={result} />
      {pairs.length > 1 && <Pairs pairs={pairs} />}
    </Section>
  );
}

/** Of several pairs each begins somewhere else. */
function DecidedFrom({ pairs }: { readonly pairs: readonly PairSums[] }) {
  const say = useTexts(whatIfTexts);
  const from = pairs.length === 1 ? pairs[0]?.from : null;
  if (from === null || from === undefined) return null;
  return (
    <>
      {say('decidedFrom')} <Time at={from} />
    </>
  );
}

function Sums({ result }: { readonly result: WhatIf }) {
  const say = useTexts(whatIfTexts);
  const language = useLanguage();
  const changes = result.paid.map(({ before, after, currency }) =>
    say('paidChange', {
      before: moneyText(before, currency, language),
      after: moneyText(after, currency, language),
    }),
  );
  return (
    <Facts
      facts={[
        { label: say('rerun'), value: result.rerun },
        { label: say('flipped'), value: result.flipped },
        { label: say('gained'), value: <Amounts amounts={result.gained} /> },
        { label: say('avoided'), value: <Amounts amounts={result.avoided} /> },
        { label: say('paid'), value: changes.length === 0 ? '–' : changes.join('; ') },
        { label: say('unrecorded'), value: result.unrecorded },
        { label: say('undecided'), value: result.undecided },
      ]}
    />
  );
}

/** One line a currency. */
function Amounts({ amounts }: { readonly amounts: WhatIf['gained'] }) {
  if (amounts.length === 0) return '–';
  return (
    <Stack gap={0}>
      {amounts.map((one) => (
        <Money key={one.currency} {...one} />
      ))}
    </Stack>
  );
}

function Flips({ result: { flips, pairs } }: { readonly result: WhatIf }) {
  const say = useTexts(whatIfTexts);
  const nameOf = useWlName();
  const passes = (code: Flip['before']) =>
    code === null ? say('passes') : <StatusBadge status={code} />;
  const pair: Column<Flip> = {
    key: 'pair',
    label: say('pair'),
    cell: ({ src, dst }) => `${nameOf(src)} → ${nameOf(dst)}`,
  };
  const columns: readonly Column<Flip>[] = [
    { key: 'at', label: say('at'), cell: ({ at }) => <Time at={at} /> },
    ...(pairs.length > 1 ? [pair] : []),
    {
      key: 'trade',
      label: say('trade'),
      cell: ({ tradeId, src, dst }) => (
        <TradeLink trade={{ tradeId, importer: dst, exporter: src }}>{tradeId}</TradeLink>
      ),
    },
    { key: 'before', label: say('before'), cell: ({ before }) => passes(before) },
    { key: 'after', label: say('after'), cell: ({ after }) => passes(after) },
    {
      key: 'amount',
      label: say('amount'),
      isFigure: true,
      cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
    },
  ];
  return (
    <DataTable
      label={say('flips')}
      columns={columns}
      rows={flips}
      rowKey={({ src, dst, tradeId, at }) => `${src} ${dst} ${tradeId} ${at}`}
      empty={say('nothing')}
    />
  );
}

function Pairs({ pairs }: { readonly pairs: readonly PairSums[] }) {
  const say = useTexts(whatIfTexts);
  const nameOf = useWlName();
  const columns: readonly Column<PairSums>[] = [
    {
      key: 'pair',
      label: say('pair'),
      cell: ({ src, dst }) => `${nameOf(src)} → ${nameOf(dst)}`,
    },
    {
      key: 'rerun',
      label: say('rerun'),
      isFigure: true,
      cell: ({ rerun, unanswered }) => (unanswered ? say('unanswered') : rerun),
    },
    { key: 'flipped', label: say('flipped'), isFigure: true, cell: ({ flipped }) => flipped },
    {
      key: 'gained',
      label: say('gainedShort'),
      isFigure: true,
      cell: ({ gained }) => <Money {...gained} />,
    },
    {
      key: 'avoided',
      label: say('avoidedShort'),
      isFigure: true,
      cell: ({ avoided }) => <Money {...avoided} />,
    },
  ];
  return (
    <DataTable
      label={say('pairs')}
      columns={columns}
      rows={pairs}
      rowKey={({ src, dst }) => `${src} ${dst}`}
    />
  );
}
