import { Alert, Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get, put } from '../../api/client.ts';
import { confirm } from '../../parts/confirm.tsx';
import { CopyId } from '../../parts/correlation.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAction } from '../../parts/saving.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { targetTexts } from '../../texts/notifications.ts';
import { useTexts } from '../../texts/texts.ts';
import { TargetForm } from './target-form.tsx';
import { kept, TARGETS, type Target, type Targets } from './target.ts';

/** Where notifications go besides the console; the API takes the whole list at once. */
export default function TargetsPage() {
  const say = useTexts(targetTexts);
  const [secret, setSecret] = useState<string>();
  const { data, error } = useQuery({
    queryKey: [TARGETS],
    queryFn: ({ signal }) => get<Targets>(TARGETS, {}, signal),
  });
  const items = data?.items;
  const removal = useAction((id: string) =>
    put<Targets>(TARGETS, {
      targets: (items ?? []).filter((target) => target.id !== id).map(kept),
    }),
  );
  const askRemoval = async (target: Target): Promise<void> => {
    const answer = await confirm({
      title: say('removeTitle'),
      does: say('removeDoes', { target: nameOf(target), count: target.pending }),
      button: say('remove'),
      isDangerous: true,
    });
    if (answer !== undefined) removal.mutate(target.id);
  };
  const columns = useColumns((target) => void askRemoval(target));
  return (
    <Page title={say('title')} lead={say('lead')}>
      {secret !== undefined && (
        <Alert color="yellow" role="status" title={say('secret')}>
          <Text size="sm">{say('secretOnce')}</Text>
          <CopyId id={secret} label={say('secret')} />
        </Alert>
      )}
      <ProblemAlert error={removal.error} />
      <DataTable
        label={say('title')}
        columns={columns}
        rows={items}
        rowKey={({ id }) => id}
        error={error}
        empty={say('nothing')}
      />
      {items !== undefined && <TargetForm items={items} onSecret={setSecret} />}
    </Page>
  );
}

function nameOf({ url, address }: Target): string {
  return url ?? address ?? '–';
}

function useColumns(remove: (target: Target) => void): readonly Column<Target>[] {
  const say = useTexts(targetTexts);
  return [
    { key: 'kind', label: say('kind'), cell: ({ kind }) => say(kind) },
    { key: 'target', label: say('target'), cell: nameOf },
    {
      key: 'kinds',
      label: say('kinds'),
      cell: ({ kinds }) => (kinds.length === 0 ? say('every') : kinds.join(', ')),
    },
    {
      key: 'minSeverity',
      label: say('minSeverity'),
      cell: ({ minSeverity }) => <StatusBadge status={minSeverity} />,
    },
    { key: 'pending', label: say('pending'), isFigure: true, cell: ({ pending }) => pending },
    { key: 'failed', label: say('failed'), isFigure: true, cell: ({ failed }) => failed },
    {
      key: 'remove',
      label: say('remove'),
      cell: (target) => (
        <Button
          variant="default"
          size="compact-sm"
          aria-label={say('removeOf', { target: nameOf(target) })}
          onClick={() => remove(target)}
        >
          {say('remove')}
        </Button>
      ),
    },
  ];
}
