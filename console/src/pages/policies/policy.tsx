import { Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { ask } from '../../api/client.ts';
import { useWlName } from '../../api/queries.ts';
import type { Policy } from '../../api/types.ts';
import { PageLink } from '../../parts/page-link.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { RevisionHistory } from '../../parts/revision-history.tsx';
import { Section } from '../../parts/section.tsx';
import { revisionTexts } from '../../texts/revisions.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import { wlTexts } from '../../texts/wls.ts';
import { PolicyForm } from './policy-form.tsx';

export default function PolicyPage() {
  const say = useTexts(wlTexts);
  const shared = useTexts(sharedTexts);
  const revisions = useTexts(revisionTexts);
  const nameOf = useWlName();
  const { wlId = '' } = useParams({ strict: false });
  const path = `/admin/api/wls/${wlId}/policies`;
  const policy = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => ask<Policy>('GET', path, { signal }),
  });
  const { data, error } = policy;
  return (
    <Page
      title={say('policyOf', { name: nameOf(wlId) })}
      lead={<PageLink to={`/wls/${wlId}`}>{nameOf(wlId)}</PageLink>}
    >
      <ProblemAlert error={error} />
      {data === undefined ? (
        error === null && <Loader aria-label={shared('loading')} />
      ) : (
        <Section title={say('policy')}>
          <PolicyForm key={data.etag} policy={data.data} etag={data.etag} path={path} />
        </Section>
      )}
      <Section title={revisions('title')}>
        <RevisionHistory path={`${path}/revisions`} />
      </Section>
    </Page>
  );
}
