import { Loader, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { get, put } from '../../api/client.ts';
import { useRole } from '../../api/session.ts';
import type { Wl } from '../../api/types.ts';
import { CopyId } from '../../parts/correlation.tsx';
import { PageLink } from '../../parts/page-link.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Section } from '../../parts/section.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import { wlTexts } from '../../texts/wls.ts';
import { Certificates } from './certificates.tsx';
import { FactsForm } from './facts-form.tsx';
import { Keys } from './keys.tsx';

export default function WlPage() {
  const say = useTexts(wlTexts);
  const shared = useTexts(sharedTexts);
  const mayChange = useRole('operator');
  const { wlId = '' } = useParams({ strict: false });
  const path = `/admin/api/wls/${wlId}`;
  const { data: wl, error } = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => get<Wl>(path, {}, signal),
  });
  if (error !== null) return <ProblemAlert error={error} />;
  if (wl === undefined) return <Loader aria-label={shared('loading')} />;
  return (
    <Page title={wl.name} lead={<CopyId id={wl.id} label="ID" />}>
      <Section title={say('facts')}>
        {mayChange ? (
          <FactsForm key={wl.updatedAt} wl={wl} save={(body) => put<Wl>(path, body)} />
        ) : (
          <Facts wl={wl} />
        )}
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {say('peerUrl')}: {wl.peerUrl ?? say('unregistered')}
        </Text>
      </Section>
      <Section title={say('policy')}>
        <PageLink to={`/wls/${wl.id}/policy`}>{say('editPolicy')}</PageLink>
      </Section>
      <Keys wl={wl} />
      <Certificates wl={wl} />
    </Page>
  );
}

function Facts({ wl }: { readonly wl: Wl }) {
  const say = useTexts(wlTexts);
  const facts = [
    { label: say('status'), value: <StatusBadge status={wl.status} /> },
    { label: say('rollout'), value: <StatusBadge status={wl.rolloutStage} /> },
    { label: say('currency'), value: wl.currency ?? '–' },
    { label: say('contactEmail'), value: wl.contactEmail ?? '–' },
  ];
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }}>
      {facts.map(({ label, value }) => (
        <Stack key={label} gap={0} align="flex-start">
          <Text size="xs" c="dimmed">
            {label}
          </Text>
          {typeof value === 'string' ? <Text size="sm">{value}</Text> : value}
        </Stack>
      ))}
    </SimpleGrid>
  );
}
