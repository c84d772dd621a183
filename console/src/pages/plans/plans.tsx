import { Button, Group, Loader, Paper, SimpleGrid, Stack, Text } from '@mantine/core';
import type { z } from 'zod';
import type { planView } from '../../../../api/cp/plans/routes.ts';
import { post } from '../../api/client.ts';
import { useWlName } from '../../api/queries.ts';
import { confirm } from '../../parts/confirm.tsx';
import { leftUntil, useNow } from '../../parts/countdown.tsx';
import { DataTable, PagingBar, type Column } from '../../parts/data-table.tsx';
import { Facts } from '../../parts/facts.tsx';
import { useFilters } from '../../parts/filters.ts';
import { PageLink } from '../../parts/page-link.tsx';
import { PersonName } from '../../parts/person.tsx';
import { Page } from '../../parts/page.tsx';
import { useCursorList } from '../../parts/paging.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAction } from '../../parts/saving.ts';
import { Section } from '../../parts/section.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Money, Time } from '../../parts/values.tsx';
import { StateSelect } from '../../parts/state-select.tsx';
import { WlSelect } from '../../parts/wl-select.tsx';
import { WorkflowLink } from '../../parts/workflow-link.tsx';
import { planTexts } from '../../texts/plans.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';

const PATH = '/admin/api/plans';
const REFRESH_MS = 5_000;
const FILTERS = ['state', 'src', 'dst'] as const;
const STATES = ['OPEN', 'CLOSED', 'CANCELLED'];
// Each is a section of its own.
const PLANS = 10;

type Plan = z.output<typeof planView>;
type Step = Plan['steps'][number];

/** How pairs that were disabled come back to trade, step by step. */
export default function PlansPage() {
  const say = useTexts(planTexts);
  const shared = useTexts(sharedTexts);
  const { filters, change } = useFilters(FILTERS);
  const { rows, error, paging } = useCursorList<Plan>(PATH, {
    query: filters,
    limit: PLANS,
    refreshMs: REFRESH_MS,
  });
  return (
    <Page title={say('title')} lead={say('lead')}>
      <Paper withBorder p="sm" component="search">
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <StateSelect
            label={say('state')}
            states={STATES}
            value={filters.state}
            change={(state) => change({ state })}
          />
          <WlSelect label={say('src')} value={filters.src} change={(src) => change({ src })} />
          <WlSelect label={say('dst')} value={filters.dst} change={(dst) => change({ dst })} />
        </SimpleGrid>
      </Paper>
      <ProblemAlert error={error} />
      {rows === undefined && error === null && <Loader aria-label={shared('loading')} />}
      {rows?.length === 0 && <Text c="dimmed">{say('nothing')}</Text>}
      {rows?.map((plan) => (
        <OnePlan key={plan.id} plan={plan} />
      ))}
      <PagingBar label={say('title')} paging={paging} />
    </Page>
  );
}

function OnePlan({ plan }: { readonly plan: Plan }) {
  const say = useTexts(planTexts);
  const nameOf = useWlName();
  const { id, n, src, dst, state } = plan;
  const pair = `${nameOf(src)} → ${nameOf(dst)}`;
  const cancel = useAction((reason: string) => post(`${PATH}/${id}/cancel`, { reason }));
  const ask = async (): Promise<void> => {
    const answer = await confirm({
      title: say('cancelTitle'),
      does: say('cancelDoes', { pair }),
      button: say('cancel'),
      isDangerous: true,
      asksReason: true,
    });
    if (answer !== undefined) cancel.mutate(answer.reason);
  };
  return (
    <Section
      title={say('plan', { n, pair })}
      actions={
        state === 'OPEN' && (
          <>
            <PageLink to="/settlements" search={{ src, dst }}>
              {say('record')}
            </PageLink>
            <Button
              color="red"
              size="compact-md"
              loading={cancel.isPending}
              onClick={() => void ask()}
            >
              {say('cancel')}
            </Button>
          </>
        )
      }
    >
      <ProblemAlert error={cancel.error} />
      <PlanFacts plan={plan} />
      <Steps plan={plan} />
      <PlanSettlements plan={plan} />
    </Section>
  );
}

function PlanFacts({ plan }: { readonly plan: Plan }) {
  const say = useTexts(planTexts);
  const { currency, closedAt, closedBy, closeReason } = plan;
  const amounts = [
    ...(['exposureAtOpening', 'limitAtOpening', 'exposure', 'target', 'needed'] as const),
    'compensated' as const,
  ];
  return (
    <Facts
      facts={[
        { label: say('state'), value: <StatusBadge status={plan.state} /> },
        { label: say('openedAt'), value: <Time at={plan.openedAt} /> },
        ...amounts.map((key) => ({
          label: say(key),
          value: <Money amount={plan[key]} currency={currency} />,
        })),
        {
          label: say('signal'),
          value: <PageLink to={`/signals/${plan.signalId}`}>{say('openSignal')}</PageLink>,
        },
        {
          label: say('workflow'),
          value: <WorkflowLink party="cp" workflowId={plan.workflowId} />,
        },
        ...(closedAt === null
          ? []
          : [
              { label: say('closedAt'), value: <Time at={closedAt} /> },
              {
                label: say('closedBy'),
                value: closedBy === null ? '–' : <PersonName id={closedBy} />,
              },
              { label: say('closeReason'), value: closeReason ?? '–' },
            ]),
      ]}
    />
  );
}

function Steps({ plan }: { readonly plan: Plan }) {
  const say = useTexts(planTexts);
  const { n, steps, currency, state } = plan;
  const columns: readonly Column<Step>[] = [
    { key: 'step', label: say('step'), cell: ({ step }) => step },
    { key: 'part', label: say('part'), isFigure: true, cell: ({ percent }) => `${percent} %` },
    {
      key: 'amount',
      label: say('amount'),
      isFigure: true,
      cell: ({ amount }) => <Money amount={amount} currency={currency} />,
    },
    {
      key: 'deadline',
      label: say('deadline'),
      cell: (step) => (
        <Stack gap={0}>
          <Time at={step.dueAt} />
          {state === 'OPEN' && step.outcome === null && <Left until={step.dueAt} />}
        </Stack>
      ),
    },
    {
      key: 'outcome',
      label: say('outcome'),
      cell: ({ outcome, compensated }) => (
        <Group gap="xs">
          {outcome === null ? say('open') : <StatusBadge status={outcome} />}
          {compensated !== null && <Money amount={compensated} currency={currency} />}
        </Group>
      ),
    },
  ];
  return (
    <DataTable
      label={say('steps', { n })}
      columns={columns}
      rows={steps}
      rowKey={({ step }) => String(step)}
    />
  );
}

function Left({ until }: { readonly until: string }) {
  const say = useTexts(planTexts);
  const language = useLanguage();
  const time = leftUntil(until, useNow(), language);
  return (
    <Text size="xs" style={{ fontVariantNumeric: 'tabular-nums' }}>
      {time === undefined ? say('over') : say('left', { time })}
    </Text>
  );
}

function PlanSettlements({ plan }: { readonly plan: Plan }) {
  const say = useTexts(planTexts);
  const { n, settlements, currency } = plan;
  if (settlements.length === 0) return null;
  const columns: readonly Column<Plan['settlements'][number]>[] = [
    {
      key: 'confirmedAt',
      label: say('confirmedAt'),
      cell: ({ confirmedAt }) => <Time at={confirmedAt} />,
    },
    {
      key: 'amount',
      label: say('amount'),
      isFigure: true,
      cell: ({ amount }) => <Money amount={amount} currency={currency} />,
    },
  ];
  return (
    <DataTable
      label={say('settlements', { n })}
      columns={columns}
      rows={settlements}
      rowKey={({ id }) => id}
      isSlim
    />
  );
}
