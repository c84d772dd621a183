import { Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { ask } from '../../api/client.ts';
import { useWlName } from '../../api/queries.ts';
import { useRole } from '../../api/session.ts';
import type { Relationship } from '../../api/types.ts';
import { PageLink } from '../../parts/page-link.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { RevisionHistory } from '../../parts/revision-history.tsx';
import { Section } from '../../parts/section.tsx';
import { relationshipTexts } from '../../texts/relationships.ts';
import { revisionTexts } from '../../texts/revisions.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import { PendingChanges } from './pending-changes.tsx';
import { TermsForm } from './terms-form.tsx';
import { TermsView } from './terms-view.tsx';

export default function RelationshipPage() {
  const say = useTexts(relationshipTexts);
  const shared = useTexts(sharedTexts);
  const revisions = useTexts(revisionTexts);
  const nameOf = useWlName();
  const mayChange = useRole('operator', 'risk');
  const { src = '', dst = '' } = useParams({ strict: false });
  const path = `/admin/api/relationships/${src}/${dst}`;
  const { data, error } = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => ask<Relationship>('GET', path, { signal }),
  });
  return (
    <Page
      title={`${nameOf(src)} → ${nameOf(dst)}`}
      lead={<PageLink to="/relationships">{say('title')}</PageLink>}
    >
      <PendingChanges />
      <ProblemAlert error={error} />
      {data === undefined && error === null && <Loader aria-label={shared('loading')} />}
      {data !== undefined &&
        (mayChange ? (
          <TermsForm
            key={data.etag}
            pair={{ src, dst }}
            relationship={data.data}
            etag={data.etag}
          />
        ) : (
          <TermsView relationship={data.data} />
        ))}
      <Section title={revisions('title')}>
        <RevisionHistory path={`${path}/revisions`} />
      </Section>
    </Page>
  );
}
