import { sql, type Kysely } from 'kysely';
import { invariant } from '../../domain/shared/invariant.ts';
import { alertWork } from '../../domain/work/alert-orders.ts';
import type { Sealer } from '../sealed.ts';
import type { CpSchema, CpTransaction } from './schema.ts';
import { openColumn } from './sealed-columns.ts';
import type { AlertState } from './tables/alerts.ts';
import { SEVERITIES, type NotificationKind, type Severity } from './tables/notifications.ts';
import { orderWork } from './work-order.ts';

/** Orders a delivery to every target that wants the notification, in the notification's transaction. */
export async function orderAlerts(
  tx: CpTransaction,
  notification: {
    readonly id: string;
    readonly kind: NotificationKind;
    readonly severity: Severity;
    readonly correlationId: string;
  },
): Promise<void> {
  const { id: notificationId, kind, severity, correlationId } = notification;
  const targets = await tx
    .selectFrom('alert_target')
    .select(['id', 'kinds', 'min_severity'])
    .where('removed_at', 'is', null)
    .orderBy('id')
    .execute();
  for (const { id: targetId, kinds, min_severity: least } of targets) {
    const isSevere = SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
    if (!isSevere || (kinds.length > 0 && !kinds.includes(kind))) continue;
    await tx
      .insertInto('alert_delivery')
      .values({ notification_id: notificationId, target_id: targetId })
      .execute();
    await orderWork(tx, alertWork({ notificationId, targetId, kind, correlationId }));
  }
}

export interface AlertKey {
  readonly notificationId: string;
  readonly targetId: string;
}

export type AlertDestination =
  | { readonly kind: 'WEBHOOK'; readonly url: string; readonly secret: string }
  | { readonly kind: 'EMAIL'; readonly address: string };

export interface Alert {
  readonly state: AlertState;
  /** Undefined once the target has been removed. */
  readonly destination: AlertDestination | undefined;
  readonly notification: {
    readonly id: string;
    readonly kind: NotificationKind;
    readonly severity: Severity;
    readonly title: string;
    readonly subject: string;
    readonly details: unknown;
    readonly correlationId: string;
    readonly createdAt: Date;
  };
}

/** What has to be delivered and where to. */
export async function readAlert(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  { notificationId, targetId }: AlertKey,
): Promise<Alert> {
  const row = await db
    .selectFrom('alert_delivery')
    .innerJoin('notification', 'notification.id', 'alert_delivery.notification_id')
    .innerJoin('alert_target', 'alert_target.id', 'alert_delivery.target_id')
    .select(['alert_delivery.state', 'notification.id', 'notification.kind', 'severity', 'title'])
    .select(['subject', 'details', 'correlation_id', 'notification.created_at'])
    .select(['url', 'secret_sealed', 'address_sealed'])
    .where('notification_id', '=', notificationId)
    .where('target_id', '=', targetId)
    .executeTakeFirst();
  invariant(row !== undefined, 'a delivery is written before its workflow is ordered');
  const secret = openColumn(sealer, 'alert_target.secret_sealed', row.secret_sealed);
  const address = openColumn(sealer, 'alert_target.address_sealed', row.address_sealed);
  return {
    state: row.state,
    destination:
      row.url !== null && secret !== undefined
        ? { kind: 'WEBHOOK', url: row.url, secret }
        : address === undefined
          ? undefined
          : { kind: 'EMAIL', address },
    notification: {
      ...{ id: row.id, kind: row.kind, severity: row.severity, title: row.title },
      ...{ subject: row.subject, details: row.details, correlationId: row.correlation_id },
      createdAt: row.created_at,
    },
  };
}

/** Counts an attempt and keeps why it failed; the failure names no address and no content. */
export async function recordAlertAttempt(
  db: Kysely<CpSchema>,
  { notificationId, targetId }: AlertKey,
  failure: string | undefined,
): Promise<void> {
  await db
    .updateTable('alert_delivery')
    .set({
      attempts: sql`attempts + 1`,
      last_attempt_at: sql<Date>`clock()`,
      last_failure: failure ?? null,
      ...(failure === undefined && { state: 'SENT' as const, closed_at: sql<Date>`clock()` }),
    })
    .where('notification_id', '=', notificationId)
    .where('target_id', '=', targetId)
    .where('state', '=', 'PENDING')
    .execute();
}

/** Ends a delivery that nobody will try again; returns what has become of it. */
export async function closeAlert(
  db: Kysely<CpSchema>,
  { notificationId, targetId }: AlertKey,
  state: 'FAILED' | 'CANCELLED',
): Promise<AlertState> {
  await db
    .updateTable('alert_delivery')
    .set({ state, closed_at: sql<Date>`clock()` })
    .where('notification_id', '=', notificationId)
    .where('target_id', '=', targetId)
    .where('state', '=', 'PENDING')
    .execute();
  const row = await db
    .selectFrom('alert_delivery')
    .select('state')
    .where('notification_id', '=', notificationId)
    .where('target_id', '=', targetId)
    .executeTakeFirstOrThrow();
  return row.state;
}
