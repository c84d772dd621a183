import { Badge, Button, Checkbox, Code, Group, Paper, Select, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { post } from '../../api/client.ts';
import { usePersonName } from '../../api/people.ts';
import { NOTIFICATIONS } from '../../api/notifications.ts';
import type { Page as Listed } from '../../api/types.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { useFilters } from '../../parts/filters.ts';
import { PageLink } from '../../parts/page-link.tsx';
import { Page } from '../../parts/page.tsx';
import { useCursorList } from '../../parts/paging.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Time, timeText } from '../../parts/values.tsx';
import { notificationTexts } from '../../texts/notifications.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';
import { KINDS, type Notification } from './kinds.ts';
import { useNoticeText } from './notice.ts';
import { placeOf } from './subject.ts';

type Answer = Listed<Notification> & { readonly unread: number };
type Read = (notification: Notification) => void;

const REFRESH_MS = 5_000;

/** What people should know, with the way to where something can be done about it. */
export default function NotificationsPage() {
  const say = useTexts(notificationTexts);
  const client = useQueryClient();
  const { filters, change } = useFilters(['kind', 'unread']);
  const { data, rows, error, paging, isFetching } = useCursorList<Notification, Answer>(
    NOTIFICATIONS,
    { query: filters, refreshMs: REFRESH_MS },
  );
  const reading = useMutation({
    mutationFn: (id: string) => post(`${NOTIFICATIONS}/${id}/read`),
    onSettled: () => client.invalidateQueries({ queryKey: [NOTIFICATIONS] }),
  });
  const columns = useColumns(({ id, readAt }) => {
    if (readAt === null) reading.mutate(id);
  });
  return (
    <Page
      title={say('title')}
      lead={say('lead')}
      actions={
        <>
          <Badge size="lg" variant="outline" role="status" tt="none">
            {say('unread', { count: data?.unread ?? 0 })}
          </Badge>
          <Button
            variant="default"
            size="compact-md"
            loading={isFetching}
            onClick={() => void client.invalidateQueries({ queryKey: [NOTIFICATIONS] })}
          >
            {say('refresh')}
          </Button>
        </>
      }
    >
      <NotificationFilters filters={filters} change={change} />
      <ProblemAlert error={reading.error} />
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

type FilterProps = ReturnType<typeof useFilters<'kind' | 'unread'>>;

function NotificationFilters({ filters, change }: FilterProps) {
  const say = useTexts(notificationTexts);
  const shared = useTexts(sharedTexts);
  return (
    <Paper withBorder p="sm" component="search">
      <Group align="flex-end">
        <Select
          label={say('kind')}
          placeholder={shared('any')}
          clearable
          data={[...KINDS]}
          value={filters.kind ?? null}
          onChange={(kind) => change({ kind: kind ?? '' })}
        />
        <Checkbox
          label={say('onlyUnread')}
          checked={filters.unread === 'true'}
          onChange={(event) => change({ unread: event.currentTarget.checked ? 'true' : '' })}
        />
      </Group>
    </Paper>
  );
}

function useColumns(read: Read): readonly Column<Notification>[] {
  const say = useTexts(notificationTexts);
  return [
    { key: 'at', label: say('at'), cell: ({ createdAt }) => <Time at={createdAt} /> },
    {
      key: 'severity',
      label: say('severity'),
      cell: ({ severity }) => <StatusBadge status={severity} />,
    },
    { key: 'kind', label: say('kind'), cell: ({ kind }) => kind },
    {
      key: 'notice',
      label: say('notice'),
      cell: (notification) => <Notice notification={notification} read={read} />,
    },
    {
      key: 'state',
      label: say('state'),
      cell: (notification) => <State notification={notification} read={read} />,
    },
  ];
}

interface NoticeProps {
  readonly notification: Notification;
  readonly read: Read;
}

function Notice({ notification, read }: NoticeProps) {
  const say = useTexts(notificationTexts);
  const title = useNoticeText()(notification);
  const { subject, details, readAt } = notification;
  const place = placeOf(subject);
  const weight = readAt === null ? 700 : 400;
  return (
    <>
      {place === undefined ? (
        <Text fw={weight}>{title}</Text>
      ) : (
        <PageLink to={place.to} search={place.search ?? {}} onClick={() => read(notification)}>
          <Text span fw={weight}>
            {title}
          </Text>
        </PageLink>
      )}
      <details>
        <summary>{say('details')}</summary>
        <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {`${subject}\n${JSON.stringify(details, undefined, 2)}`}
        </Code>
      </details>
    </>
  );
}

function State({ notification, read }: NoticeProps) {
  const say = useTexts(notificationTexts);
  const language = useLanguage();
  const nameOf = usePersonName();
  const title = useNoticeText()(notification);
  const { readAt, readBy, closedAt } = notification;
  if (closedAt !== null) return say('closedAt', { at: timeText(closedAt, language) });
  if (readAt !== null)
    return say(readBy === null ? 'readAt' : 'readAtBy', {
      at: timeText(readAt, language),
      person: nameOf(readBy ?? ''),
    });
  return (
    <Group gap="xs">
      <Text size="sm" fw={700}>
        {say('isNew')}
      </Text>
      <Button
        variant="default"
        size="compact-sm"
        aria-label={say('markReadOf', { title })}
        onClick={() => read(notification)}
      >
        {say('markRead')}
      </Button>
    </Group>
  );
}
