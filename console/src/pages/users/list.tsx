import { Button, Group, Modal } from '@mantine/core';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import type { User } from '../../api/types.ts';
import { confirm } from '../../parts/confirm.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { Page } from '../../parts/page.tsx';
import { useOffsetList } from '../../parts/paging.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAction } from '../../parts/saving.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Time } from '../../parts/values.tsx';
import { useTexts } from '../../texts/texts.ts';
import { userTexts } from '../../texts/users.ts';
import { UserForm } from './user-form.tsx';

/** Who is being edited; `new` is nobody yet. */
type Edited = User | 'new' | undefined;

export default function UsersPage() {
  const say = useTexts(userTexts);
  const [edited, setEdited] = useState<Edited>();
  const { rows, error, paging } = useOffsetList<User>('/admin/api/users');
  const close = (): void => setEdited(undefined);
  const isNew = edited === 'new' || edited === undefined;
  const columns = useColumns();
  const { toggle, problem } = useToggle();
  const actions: Column<User> = {
    key: 'actions',
    label: '',
    cell: (user) => (
      <Group gap="xs" wrap="nowrap">
        <Button
          size="compact-xs"
          variant="default"
          aria-label={say('edit', { email: user.email })}
          onClick={() => setEdited(user)}
        >
          {say('editShort')}
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => void toggle(user)}>
          {say(user.status === 'ACTIVE' ? 'disable' : 'enable')}
        </Button>
      </Group>
    ),
  };
  return (
    <Page
      title={say('title')}
      lead={say('lead')}
      actions={<Button onClick={() => setEdited('new')}>{say('new')}</Button>}
    >
      <ProblemAlert error={problem} />
      <DataTable
        label={say('title')}
        columns={[...columns, actions]}
        rows={rows}
        rowKey={({ id }) => id}
        error={error}
        paging={paging}
      />
      <Modal
        opened={edited !== undefined}
        onClose={close}
        title={isNew ? say('new') : say('edit', { email: edited.email })}
      >
        <UserForm {...(isNew ? {} : { user: edited })} onSaved={close} />
      </Modal>
    </Page>
  );
}

function useColumns(): readonly Column<User>[] {
  const say = useTexts(userTexts);
  return [
    { key: 'email', label: say('email'), cell: ({ email }) => email },
    { key: 'name', label: say('name'), cell: ({ name }) => name ?? '–' },
    { key: 'roles', label: say('roles'), cell: ({ roles }) => roles.join(', ') },
    { key: 'status', label: say('status'), cell: ({ status }) => <StatusBadge status={status} /> },
    { key: 'since', label: say('since'), cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
}

function useToggle() {
  const say = useTexts(userTexts);
  const change = useAction(({ id, status }: Pick<User, 'id' | 'status'>) =>
    ask('PATCH', `/admin/api/users/${id}`, { body: { status } }),
  );
  const toggle = async ({ id, email, status }: User): Promise<void> => {
    if (status === 'DISABLED') return change.mutate({ id, status: 'ACTIVE' });
    const answer = await confirm({
      title: say('disableTitle'),
      does: say('disableDoes', { email }),
      button: say('disable'),
      isDangerous: true,
    });
    if (answer !== undefined) change.mutate({ id, status: 'DISABLED' });
  };
  return { toggle, problem: change.error };
}
