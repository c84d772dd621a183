import { Button } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { useWlName } from '../../api/queries.ts';
import { useRole } from '../../api/session.ts';
import type { Relationship } from '../../api/types.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { PageLink } from '../../parts/page-link.tsx';
import { Page } from '../../parts/page.tsx';
import { useOffsetList } from '../../parts/paging.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Money } from '../../parts/values.tsx';
import { relationshipTexts } from '../../texts/relationships.ts';
import { useTexts } from '../../texts/texts.ts';
import { PendingChanges } from './pending-changes.tsx';

const LinkButton = createLink(Button<'a'>);

export default function RelationshipsPage() {
  const say = useTexts(relationshipTexts);
  const nameOf = useWlName();
  const mayChange = useRole('operator', 'risk');
  const { rows, error, paging } = useOffsetList<Relationship>('/admin/api/relationships');
  const columns: readonly Column<Relationship>[] = [
    {
      key: 'pair',
      label: say('pair'),
      cell: ({ src, dst }) => (
        <PageLink to={`/relationships/${src}/${dst}`}>
          {nameOf(src)} → {nameOf(dst)}
        </PageLink>
      ),
    },
    { key: 'status', label: say('status'), cell: ({ status }) => <StatusBadge status={status} /> },
    { key: 'fxRate', label: say('fxRate'), isFigure: true, cell: ({ fxRate }) => fxRate },
    {
      key: 'limit',
      label: say('limitAmount'),
      isFigure: true,
      cell: ({ limitAmount }) => <Money amount={limitAmount} />,
    },
    { key: 'mode', label: say('limitMode'), cell: ({ limitMode }) => limitMode },
    { key: 'revision', label: say('revision'), isFigure: true, cell: ({ revision }) => revision },
  ];
  return (
    <Page
      title={say('title')}
      lead={say('lead')}
      actions={
        mayChange && (
          <LinkButton component="a" to="/relationships/new">
            {say('new')}
          </LinkButton>
        )
      }
    >
      <PendingChanges />
      <DataTable
        label={say('title')}
        columns={columns}
        rows={rows}
        rowKey={({ src, dst }) => `${src}/${dst}`}
        error={error}
        paging={paging}
        empty={say('nothing')}
      />
    </Page>
  );
}
