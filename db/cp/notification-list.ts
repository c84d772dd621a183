import { sql, type Kysely, type Selectable } from 'kysely';
import type { CpSchema } from './schema.ts';
import type { NotificationKind, NotificationTable } from './tables/notifications.ts';

export type StoredNotification = Readonly<Selectable<NotificationTable>>;

/** One page, newest first; ids grow with time. */
export async function listNotifications(
  db: Kysely<CpSchema>,
  page: {
    readonly limit: number;
    /** Id after which to go on. */
    readonly before?: string | undefined;
    readonly kind?: NotificationKind | undefined;
    /** True: those that nobody has read and that are not over; false: the others. */
    readonly unread?: boolean | undefined;
  },
): Promise<StoredNotification[]> {
  let query = db.selectFrom('notification').selectAll();
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  if (page.kind !== undefined) query = query.where('kind', '=', page.kind);
  if (page.unread !== undefined) {
    const open = sql<boolean>`(read_at IS NULL AND closed_at IS NULL)`;
    query = query.where(page.unread ? open : sql<boolean>`NOT ${open}`);
  }
  return query.orderBy('id', 'desc').limit(page.limit).execute();
}

/** How many nobody has read and are not over. */
export async function countUnread(db: Kysely<CpSchema>): Promise<number> {
  const { count } = await db
    .selectFrom('notification')
    .select((select) => select.fn.countAll<bigint>().as('count'))
    .where('read_at', 'is', null)
    .where('closed_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Notes the first reader; later ones change nothing. Undefined where there is none of that id. */
export async function readNotification(
  db: Kysely<CpSchema>,
  id: string,
  reader: string,
): Promise<StoredNotification | undefined> {
  await db
    .updateTable('notification')
    .set({ read_at: sql<Date>`clock()`, read_by: reader })
    .where('id', '=', id)
    .where('read_at', 'is', null)
    .execute();
  return db.selectFrom('notification').selectAll().where('id', '=', id).executeTakeFirst();
}
