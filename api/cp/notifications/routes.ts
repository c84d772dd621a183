import { z } from 'zod';
import {
  countUnread,
  listNotifications,
  readNotification,
  type StoredNotification,
} from '../../../db/cp/notification-list.ts';
import { NOTIFICATION_KINDS, SEVERITIES } from '../../../db/cp/tables/notifications.ts';
import { cursorQuery, decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { route, type Route } from '../../http/route.ts';
import { foundOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { anyCase, timestamp } from '../schemas.ts';

export const notificationView = z.object({
  id: z.string(),
  kind: z.enum(NOTIFICATION_KINDS),
  severity: z.enum(SEVERITIES),
  title: z.string(),
  subject: z.string().meta({ description: 'What it is about, such as `pair/<src>/<dst>`.' }),
  details: z.unknown(),
  correlationId: z.string(),
  createdAt: timestamp,
  readAt: timestamp.nullable(),
  readBy: z.string().nullable(),
  closedAt: timestamp.nullable().meta({ description: 'When what it tells of was over.' }),
});

/** What people should know: listed, counted, read. */
export function notificationRoutes({ db }: Pick<CpApiDeps, 'db'>, guards: Guards): Route[] {
  const common = { tag: 'Notifications', group: 'admin', guard: guards.operator() } as const;
  return [
    route({
      ...common,
      method: 'get',
      path: '/admin/api/notifications',
      summary: 'Notifications, newest first, with the count of those that nobody has read',
      query: z.object({
        ...cursorQuery,
        kind: anyCase(NOTIFICATION_KINDS).optional(),
        unread: z.stringbool().optional(),
      }),
      responses: { 200: pageOf(notificationView).extend({ unread: z.number().int() }) },
      handler: async ({ query: { limit, cursor, kind, unread } }) => {
        const before = decodeCursor(cursor, z.uuid());
        const rows = await listNotifications(db, { limit, before, kind, unread });
        const last = rows.at(-1);
        return {
          status: 200,
          body: {
            items: rows.map(viewOf),
            unread: await countUnread(db),
            ...(rows.length === limit && last !== undefined
              ? { nextCursor: encodeCursor(last.id) }
              : {}),
          },
        };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/admin/api/notifications/:id/read',
      summary: 'Marks a notification as read; the first reader stays noted',
      params: z.object({ id: z.uuid() }),
      responses: { 200: notificationView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id }, principal }) => ({
        status: 200,
        body: viewOf(foundOrProblem(await readNotification(db, id, principal.id))),
      }),
    }),
  ];
}

function viewOf(row: StoredNotification): z.output<typeof notificationView> {
  const { id, kind, severity, title, subject, details } = row;
  return {
    ...{ id, kind, severity, title, subject, details },
    correlationId: row.correlation_id,
    createdAt: row.created_at.toISOString(),
    readAt: row.read_at?.toISOString() ?? null,
    readBy: row.read_by,
    closedAt: row.closed_at?.toISOString() ?? null,
  };
}
