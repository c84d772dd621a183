import { Badge, Select } from '@mantine/core';
import { APPROVALS, useApprovalCount } from '../../api/counts.ts';
import { usePersonName } from '../../api/people.ts';
import { useWlName, useWls } from '../../api/queries.ts';
import { useRole, useSession } from '../../api/session.ts';
import { leftUntil, useNow } from '../../parts/countdown.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { useFilters } from '../../parts/filters.ts';
import { Page } from '../../parts/page.tsx';
import { useCursorList } from '../../parts/paging.ts';
import { Money, Time } from '../../parts/values.tsx';
import { approvalTexts } from '../../texts/approvals.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';
import { TradeLink } from '../trades/trade-link.tsx';
import { DecisionOutcome, Decide, useDecision, type Waiting } from './decide.tsx';

const REFRESH_MS = 3_000;

/** What waits for a person's word at an exporter, and that word. */
export default function ApprovalsPage() {
  const say = useTexts(approvalTexts);
  const { data: wls } = useWls();
  const count = useApprovalCount();
  const { filters, change } = useFilters(['exporter']);
  const { rows, error, paging } = useCursorList<Waiting>(APPROVALS, {
    query: filters,
    refreshMs: REFRESH_MS,
  });
  const work = useDecision();
  const columns = useColumns(work);
  return (
    <Page
      title={say('title')}
      lead={say('lead')}
      actions={
        <Badge size="lg" variant="outline" role="status" tt="none">
          {say('pending', { count: count ?? 0 })}
        </Badge>
      }
    >
      <Select
        label={say('exporter')}
        placeholder={say('every')}
        w={{ base: '100%', xs: 320 }}
        clearable
        data={wls?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
        value={filters.exporter ?? null}
        onChange={(exporter) => change({ exporter: exporter ?? '' })}
      />
      <DecisionOutcome work={work} />
      <DataTable
        label={say('title')}
        columns={columns}
        rows={rows}
        rowKey={({ tradeId, importer, exporter }) => `${importer}/${exporter}/${tradeId}`}
        error={error}
        paging={paging}
        empty={say('nothing')}
      />
    </Page>
  );
}

function useColumns(work: ReturnType<typeof useDecision>): readonly Column<Waiting>[] {
  const say = useTexts(approvalTexts);
  const mayDecide = useRole('operator');
  const nameOf = useWlName();
  return [
    {
      key: 'offer',
      label: say('offer'),
      cell: (row) => (
        <TradeLink size="sm" trade={row}>
          {row.quantity} × {row.offer.title}
        </TradeLink>
      ),
    },
    {
      key: 'way',
      label: say('way'),
      cell: ({ exporter, importer }) => `${nameOf(exporter)} → ${nameOf(importer)}`,
    },
    { key: 'buyer', label: say('buyer'), cell: ({ buyerMasked }) => buyerMasked },
    {
      key: 'amount',
      label: say('amount'),
      isFigure: true,
      cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
    },
    {
      key: 'since',
      label: say('since'),
      cell: ({ waitingSince }) => <Time at={waitingSince} />,
    },
    { key: 'deadline', label: say('deadline'), cell: (row) => <Deadline at={row.deadline} /> },
    {
      key: 'decision',
      label: say('decision'),
      cell: (row) =>
        row.decision !== null ? (
          <OnItsWay decision={row.decision} />
        ) : (
          mayDecide && <Decide waiting={row} work={work} />
        ),
    },
  ];
}

function Deadline({ at }: { readonly at: string | null }) {
  const say = useTexts(approvalTexts);
  const language = useLanguage();
  const now = useNow();
  if (at === null) return say('noDeadline');
  const time = leftUntil(at, now, language);
  return (
    <time dateTime={at} title={at} style={{ fontVariantNumeric: 'tabular-nums' }}>
      {time === undefined ? say('over') : say('left', { time })}
    </time>
  );
}

function OnItsWay({ decision }: { readonly decision: NonNullable<Waiting['decision']> }) {
  const say = useTexts(approvalTexts);
  const session = useSession();
  const nameOf = usePersonName();
  const isOwn = decision.decidedBy === session?.user.id;
  const person = isOwn ? say('you') : nameOf(decision.decidedBy);
  return <>{say('carried', { decision: say(decision.decision), person })}</>;
}
