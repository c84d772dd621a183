import { Button } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { useRole } from '../../api/session.ts';
import type { Wl } from '../../api/types.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { PageLink } from '../../parts/page-link.tsx';
import { Page } from '../../parts/page.tsx';
import { useOffsetList } from '../../parts/paging.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { wlTexts } from '../../texts/wls.ts';
import { useTexts } from '../../texts/texts.ts';

const LinkButton = createLink(Button<'a'>);
const FEATURES = ['import', 'export', 'purchase'] as const;

export default function WlsPage() {
  const say = useTexts(wlTexts);
  const mayChange = useRole('operator');
  const { rows, error, paging } = useOffsetList<Wl>('/admin/api/wls');
  const columns: readonly Column<Wl>[] = [
    {
      key: 'name',
      label: say('name'),
      cell: ({ id, name }) => <PageLink to={`/wls/${id}`}>{name}</PageLink>,
    },
    { key: 'status', label: say('status'), cell: ({ status }) => <StatusBadge status={status} /> },
    {
      key: 'rollout',
      label: say('rollout'),
      cell: ({ rolloutStage }) => <StatusBadge status={rolloutStage} />,
    },
    {
      key: 'features',
      label: say('features'),
      cell: ({ features }) =>
        FEATURES.filter((feature) => features[feature])
          .map((feature) => say(feature))
          .join(', ') || '–',
    },
    { key: 'currency', label: say('currency'), cell: ({ currency }) => currency ?? '–' },
    {
      key: 'peerUrl',
      label: say('peerUrl'),
      cell: ({ peerUrl }) => peerUrl ?? say('unregistered'),
    },
  ];
  return (
    <Page
      title={say('title')}
      actions={
        mayChange && (
          <LinkButton component="a" to="/wls/new">
            {say('new')}
          </LinkButton>
        )
      }
    >
      <DataTable
        label={say('title')}
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        error={error}
        paging={paging}
        empty={say('nothing')}
      />
    </Page>
  );
}
