import { sql } from 'kysely';
import type { Json } from '../../domain/shared/canonical.ts';
import { orderAlerts } from './alert-delivery.ts';
import type { CpTransaction } from './schema.ts';
import type { NotificationKind, Severity } from './tables/notifications.ts';

export interface NewNotification {
  readonly kind: NotificationKind;
  readonly severity: Severity;
  /** The same key said twice is one notification. */
  readonly dedupeKey: string;
  readonly title: string;
  /** What it is about: `pair/<src>/<dst>`, `trade/<importer>/<exporter>/<tradeId>`, `wl/<id>`… */
  readonly subject: string;
  /** Ids, amounts as decimal strings and masked forms only. */
  readonly details: Json;
  readonly correlationId: string;
}

/**
 * Tells people something, with the fact itself, and orders its delivery to the alert targets that
 * want it; false where it had been said already. Whoever commits kicks the ordered work.
 */
export async function raiseNotification(
  tx: CpTransaction,
  notification: NewNotification,
): Promise<boolean> {
  const { kind, severity, dedupeKey, title, subject, details, correlationId } = notification;
  const row = await tx
    .insertInto('notification')
    .values({
      ...{ kind, severity, title, subject },
      dedupe_key: dedupeKey,
      details: JSON.stringify(details),
      correlation_id: correlationId,
    })
    .onConflict((conflict) => conflict.column('dedupe_key').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) return false;
  await orderAlerts(tx, { id: row.id, kind, severity, correlationId });
  return true;
}

/** Closes what was told of one subject, or under one key: the cause is over. */
export async function closeNotifications(
  tx: CpTransaction,
  what: { readonly kind: NotificationKind } & (
    { readonly subject: string } | { readonly dedupeKey: string }
  ),
): Promise<void> {
  await tx
    .updateTable('notification')
    .set({ closed_at: sql<Date>`clock()` })
    .where('kind', '=', what.kind)
    .where('closed_at', 'is', null)
    .$if('subject' in what, (query) =>
      query.where('subject', '=', 'subject' in what ? what.subject : ''),
    )
    .$if('dedupeKey' in what, (query) =>
      query.where('dedupe_key', '=', 'dedupeKey' in what ? what.dedupeKey : ''),
    )
    .execute();
}
