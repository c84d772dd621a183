import { sql, type Kysely } from 'kysely';
import { maskEmail } from '../../domain/policy/contact.ts';
import { canonicalJson } from '../../domain/shared/canonical.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import { asJson } from './json.ts';
import type { Author, CpSchema, CpTransaction } from './schema.ts';
import { openColumn, sealColumn } from './sealed-columns.ts';
import type { AlertChannel } from './tables/alerts.ts';
import type { NotificationKind, Severity } from './tables/notifications.ts';

/** As anybody may see it: the address is masked, the secret is not there. */
export interface AlertTarget {
  readonly id: string;
  readonly kind: AlertChannel;
  readonly url: string | null;
  readonly addressMasked: string | null;
  readonly kinds: readonly string[];
  readonly minSeverity: Severity;
  /** Deliveries that are still being tried, and those that were given up. */
  readonly pending: number;
  readonly failed: number;
}

export interface WantedTarget {
  readonly id: string;
  /** False keeps what the target with this id has, where a field is absent. */
  readonly isNew: boolean;
  readonly kind: AlertChannel;
  readonly url?: string | undefined;
  readonly secret?: string | undefined;
  readonly address?: string | undefined;
  readonly kinds: readonly NotificationKind[];
  readonly minSeverity: Severity;
}

export async function listAlertTargets(
  db: Kysely<CpSchema> | CpTransaction,
  sealer: Sealer,
): Promise<AlertTarget[]> {
  const rows = await db
    .selectFrom('alert_target')
    .selectAll()
    .where('removed_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const { rows: counts } = await sql<{ target_id: string; pending: bigint; failed: bigint }>`
    SELECT target_id, count(*) FILTER (WHERE state = 'PENDING') AS pending,
           count(*) FILTER (WHERE state = 'FAILED') AS failed
      FROM alert_delivery WHERE state IN ('PENDING', 'FAILED') GROUP BY target_id`.execute(db);
  const byTarget = new Map(counts.map((count) => [count.target_id, count]));
  return rows.map((row) => {
    const address = openColumn(sealer, 'alert_target.address_sealed', row.address_sealed);
    const count = byTarget.get(row.id);
    return {
      ...{ id: row.id, kind: row.kind, url: row.url, kinds: row.kinds },
      addressMasked: address === undefined ? null : maskEmail(address),
      minSeverity: row.min_severity,
      pending: Number(count?.pending ?? 0n),
      failed: Number(count?.failed ?? 0n),
    };
  });
}

/**
 * Replaces the whole list: targets that are not named any more are removed, with their secrets.
 * NOT_FOUND: an id that names none. CONFLICT: it names one of another kind. INCOMPLETE: what is new
 * lacks its address or URL.
 */
export function putAlertTargets(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  request: { readonly targets: readonly WantedTarget[]; readonly author: Author },
): Promise<Result<AlertTarget[], 'NOT_FOUND' | 'CONFLICT' | 'INCOMPLETE'>> {
  const { targets, author } = request;
  return inTransaction(db, async (tx) => {
    // Two lists at once would leave a mixture; the table has a handful of rows.
    await sql`LOCK TABLE alert_target IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
    const before = await listAlertTargets(tx, sealer);
    for (const target of targets) {
      const known = before.find(({ id }) => id === target.id);
      if (!target.isNew && known === undefined) return refuse('NOT_FOUND');
      if (known !== undefined && known.kind !== target.kind) return refuse('CONFLICT');
      const isWhole = (target.kind === 'WEBHOOK' ? target.url : target.address) !== undefined;
      if (known === undefined && !isWhole) return refuse('INCOMPLETE');
    }
    const kept = new Set(targets.map(({ id }) => id));
    await remove(
      tx,
      before.map(({ id }) => id).filter((id) => !kept.has(id)),
    );
    for (const target of targets) await write(tx, sealer, target);
    const after = await listAlertTargets(tx, sealer);
    const [told, tells] = [before.map(auditView), after.map(auditView)];
    const secrets = targets.filter(({ secret }) => secret !== undefined).map(({ id }) => id);
    if (secrets.length > 0 || canonicalJson(asJson(told)) !== canonicalJson(asJson(tells))) {
      await appendAudit(tx, {
        ...author,
        action: 'alert-targets.changed',
        subject: 'alert-targets',
        before: asJson({ targets: told }),
        after: asJson({ targets: tells, newSecretOf: secrets }),
      });
    }
    return ok(after);
  });
}

function auditView({ pending: _pending, failed: _failed, ...target }: AlertTarget) {
  return target;
}

async function remove(tx: CpTransaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable('alert_target')
    .set({ removed_at: sql<Date>`clock()`, secret_sealed: null, address_sealed: null })
    .where('id', 'in', [...ids])
    .execute();
}

async function write(tx: CpTransaction, sealer: Sealer, target: WantedTarget): Promise<void> {
  const { id, kind, url, secret, address, kinds, minSeverity } = target;
  const columns = {
    ...(url !== undefined && { url }),
    ...(secret !== undefined && {
      secret_sealed: sealColumn(sealer, 'alert_target.secret_sealed', secret),
    }),
    ...(address !== undefined && {
      address_sealed: sealColumn(sealer, 'alert_target.address_sealed', address),
    }),
    kinds: [...kinds],
    min_severity: minSeverity,
  };
  if (target.isNew) {
    await tx
      .insertInto('alert_target')
      .values({ id, kind, ...columns })
      .execute();
    return;
  }
  await tx
    .updateTable('alert_target')
    .set({ ...columns, updated_at: sql<Date>`clock()` })
    .where('id', '=', id)
    .execute();
}
