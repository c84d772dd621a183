import { Button, Code, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { get, post } from '../../api/client.ts';
import { useWlName } from '../../api/queries.ts';
import { useRole } from '../../api/session.ts';
import { confirm } from '../../parts/confirm.tsx';
import { Correlation } from '../../parts/correlation.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { Facts } from '../../parts/facts.tsx';
import { PageLink } from '../../parts/page-link.tsx';
import { Page } from '../../parts/page.tsx';
import { PersonName } from '../../parts/person.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAction } from '../../parts/saving.ts';
import { Section } from '../../parts/section.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { durationText, Money, Time } from '../../parts/values.tsx';
import { WorkflowLink } from '../../parts/workflow-link.tsx';
import { sharedTexts } from '../../texts/shared.ts';
import { signalTexts } from '../../texts/signals.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';
import { Hops } from './hops.tsx';
import { RedriveOutcome, useRedrive } from './redrive.tsx';
import { OPEN_STATES, SIGNALS, type Attempt, type Delivery, type SignalDetails } from './types.ts';

const REFRESH_MS = 3_000;

/** One signal: who it went to, every attempt, and what can still be done. */
export default function SignalPage() {
  const { signalId }: { readonly signalId?: string } = useParams({ strict: false });
  const say = useTexts(signalTexts);
  const shared = useTexts(sharedTexts);
  const nameOf = useWlName();
  const path = `${SIGNALS}/${signalId ?? ''}`;
  const { data: signal, error } = useQuery({
    queryKey: [path],
    queryFn: ({ signal: aborted }) => get<SignalDetails>(path, {}, aborted),
    refetchInterval: REFRESH_MS,
  });
  if (error !== null) return <ProblemAlert error={error} />;
  if (signal === undefined) return <Loader aria-label={shared('loading')} />;
  const pair = `${nameOf(signal.src)} → ${nameOf(signal.dst)}`;
  return (
    <Page title={say('one', { action: signal.action, pair })} lead={signal.reason}>
      <Section title={say('signal')}>
        <SignalFacts signal={signal} />
      </Section>
      <Actions signal={signal} />
      <Hops signal={signal} />
      {signal.deliveries.map((delivery) => (
        <OneDelivery key={delivery.wlId} delivery={delivery} />
      ))}
    </Page>
  );
}

function SignalFacts({ signal }: { readonly signal: SignalDetails }) {
  const say = useTexts(signalTexts);
  const nameOf = useWlName();
  const { src, dst, currency } = signal;
  return (
    <Facts
      facts={[
        { label: say('state'), value: <StatusBadge status={signal.state} /> },
        {
          label: say('pair'),
          value: (
            <PageLink to="/balance" search={{ wlId: src, partner: dst }}>
              {nameOf(src)} → {nameOf(dst)}
            </PageLink>
          ),
        },
        { label: say('origin'), value: say(signal.origin) },
        { label: say('createdBy'), value: <PersonName id={signal.createdBy} /> },
        { label: say('causedAt'), value: <Time at={signal.causedAt} /> },
        { label: say('createdAt'), value: <Time at={signal.createdAt} /> },
        {
          label: say('exposure'),
          value: <Money amount={signal.exposure} currency={currency} />,
        },
        { label: say('limit'), value: <Money amount={signal.limit} currency={currency} /> },
        { label: say('sequence'), value: signal.sequence },
        { label: say('correlation'), value: <Correlation id={signal.correlationId} /> },
      ]}
    />
  );
}

function Actions({ signal }: { readonly signal: SignalDetails }) {
  const say = useTexts(signalTexts);
  const mayOperate = useRole('operator', 'risk');
  const redrive = useRedrive();
  const cancel = useAction((reason: string) => post(`${SIGNALS}/${signal.id}/cancel`, { reason }));
  if (!mayOperate) return null;
  const count = signal.deliveries.filter(({ state }) => OPEN_STATES.includes(state)).length;
  const ask = async (): Promise<void> => {
    const answer = await confirm({
      title: say('cancelTitle'),
      does: say('cancelDoes', { count }),
      button: say('cancel'),
      isDangerous: true,
      asksReason: true,
    });
    if (answer !== undefined) cancel.mutate(answer.reason);
  };
  return (
    <Section
      title={say('redrive')}
      actions={
        <>
          <Button
            variant="default"
            loading={redrive.isPending}
            onClick={() => redrive.mutate({ ids: [signal.id] })}
          >
            {say('redrive')}
          </Button>
          {count > 0 && (
            <Button color="red" loading={cancel.isPending} onClick={() => void ask()}>
              {say('cancel')}
            </Button>
          )}
        </>
      }
    >
      {say('redriveLead')}
      <RedriveOutcome work={redrive} />
      <ProblemAlert error={cancel.error} />
    </Section>
  );
}

function OneDelivery({ delivery }: { readonly delivery: Delivery }) {
  const say = useTexts(signalTexts);
  const nameOf = useWlName();
  const wl = nameOf(delivery.wlId);
  return (
    <Section title={say('delivery', { wl })}>
      <Facts
        facts={[
          { label: say('state'), value: <StatusBadge status={delivery.state} /> },
          { label: say('attemptCount'), value: delivery.attemptCount },
          { label: say('round'), value: delivery.round },
          { label: say('ackKind'), value: delivery.ackKind ?? '–' },
          { label: say('sent'), value: <Time at={delivery.firstSentAt} /> },
          { label: say('applied'), value: <Time at={delivery.appliedAt} /> },
          { label: say('acked'), value: <Time at={delivery.ackedAt} /> },
          { label: say('offersChanged'), value: delivery.offersChanged ?? '–' },
          {
            label: say('workflow'),
            value: <WorkflowLink party="cp" workflowId={delivery.workflowId} />,
          },
        ]}
      />
      <Attempts delivery={delivery} wl={wl} />
    </Section>
  );
}

function Attempts({ delivery, wl }: { readonly delivery: Delivery; readonly wl: string }) {
  const say = useTexts(signalTexts);
  const language = useLanguage();
  const columns: readonly Column<Attempt>[] = [
    { key: 'attempt', label: say('attempt'), cell: ({ attempt }) => attempt },
    {
      key: 'startedAt',
      label: say('startedAt'),
      cell: ({ startedAt }) => <Time at={startedAt} />,
    },
    {
      key: 'status',
      label: say('status'),
      cell: ({ status, failure }) => failure ?? status ?? '–',
    },
    {
      key: 'latency',
      label: say('latency'),
      isFigure: true,
      cell: ({ latencyMs }) => durationText(latencyMs, language),
    },
    {
      key: 'body',
      label: say('body'),
      cell: ({ body }) =>
        body === null ? '–' : <Code style={{ overflowWrap: 'anywhere' }}>{body}</Code>,
    },
  ];
  return (
    <DataTable
      label={say('attempts', { wl })}
      columns={columns}
      rows={delivery.attempts}
      rowKey={({ attempt, startedAt }) => `${attempt}/${startedAt}`}
      empty={say('noAttempts')}
    />
  );
}
