import type { Command } from 'commander';
import type { Column, Row } from '../output/table.ts';
import { addAct, addList, segment, type Run } from './command.ts';

const COLUMNS: readonly Column[] = [
  ['id', 'id'],
  ['at', 'createdAt'],
  ['severity', 'severity'],
  ['kind', 'kind'],
  ['title', 'title'],
  ['subject', 'subject'],
  ['read by', 'readBy'],
];

/** `xwl notification …` */
export function addNotification(program: Command, run: Run): void {
  const notification = program.command('notification').description('what people should know');
  addList(notification.command('list').description('newest first'), run, {
    ...{ path: '/admin/api/notifications', paging: 'cursor', columns: COLUMNS },
    filters: [
      { flag: '--kind <kind>', about: 'a kind of docs/alerts.md', name: 'kind' },
      { flag: '--unread <true|false>', about: 'not read by anybody', name: 'unread' },
    ],
    footer: ({ unread, nextCursor }: Row) => {
      const more = typeof nextCursor === 'string' ? `; more: --cursor ${nextCursor}, or --all` : '';
      return `${String(unread)} unread${more}`;
    },
  });
  addAct(notification.command('read').description('marks one as read').argument('<id>'), run, {
    call: async (_web, [id = '']) => ({
      ...{ method: 'POST', path: `/admin/api/notifications/${segment(id)}/read` },
    }),
    said: COLUMNS,
  });
}
