import { Button, Code } from '@mantine/core';
import { post } from '../../api/client.ts';
import { useWlName } from '../../api/queries.ts';
import { useRole } from '../../api/session.ts';
import type { Change } from '../../api/types.ts';
import { confirm } from '../../parts/confirm.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { useOffsetList } from '../../parts/paging.ts';
import { PersonName } from '../../parts/person.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAction } from '../../parts/saving.ts';
import { Section } from '../../parts/section.tsx';
import { Time } from '../../parts/values.tsx';
import { relationshipTexts } from '../../texts/relationships.ts';
import { useTexts } from '../../texts/texts.ts';

/** What waits for a second person; nothing where nothing does. */
export function PendingChanges() {
  const say = useTexts(relationshipTexts);
  const nameOf = useWlName();
  const mayConfirm = useRole('operator', 'risk');
  const { rows, paging } = useOffsetList<Change>('/admin/api/changes', {
    query: { state: 'PENDING' },
  });
  const accept = useAction((id: string) => post(`/admin/api/changes/${id}/confirm`));
  const pairOf = ({ src, dst }: Change): string => `${nameOf(src)} → ${nameOf(dst)}`;
  const ask = async (change: Change): Promise<void> => {
    const fields = Object.keys(change.patch);
    const words = { count: fields.length, pair: pairOf(change), fields: fields.join(', ') };
    const answer = await confirm({
      title: say('confirmTitle'),
      does: say('confirmDoes', words),
      button: say('confirm'),
    });
    if (answer !== undefined) accept.mutate(change.id);
  };
  if (rows === undefined || (rows.length === 0 && accept.error === null)) return null;
  const columns: readonly Column<Change>[] = [
    { key: 'pair', label: say('pair'), cell: pairOf },
    {
      key: 'patch',
      label: say('asksFor'),
      cell: ({ patch }) => (
        <Code style={{ overflowWrap: 'anywhere' }}>{JSON.stringify(patch)}</Code>
      ),
    },
    { key: 'at', label: say('proposed'), cell: ({ proposedAt }) => <Time at={proposedAt} /> },
    {
      key: 'by',
      label: say('proposedBy'),
      cell: ({ proposedBy }) => <PersonName id={proposedBy} />,
    },
    {
      key: 'confirm',
      label: '',
      cell: (change) =>
        mayConfirm && (
          <Button size="compact-sm" onClick={() => void ask(change)}>
            {say('confirm')}
          </Button>
        ),
    },
  ];
  return (
    <Section title={say('changes')}>
      <ProblemAlert error={accept.error} />
      <DataTable
        label={say('changes')}
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        paging={paging}
      />
    </Section>
  );
}
