import { sql, type Kysely, type Selectable } from 'kysely';
import { maskEmail, maskPhone } from '../../domain/policy/contact.ts';
import type { WlStatus } from '../../domain/policy/pull-document.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import { asJson } from './json.ts';
import type { Author, CpSchema, CpTransaction, TraderAccountTable } from './schema.ts';
import { openColumn, sealColumn } from './sealed-columns.ts';
import type { StoredEvent } from './telemetry/stored-event.ts';

/** The account through which a WL trades; contacts are in the clear, whoever answers masks them. */
export interface TraderAccount {
  readonly wlId: string;
  readonly name: string;
  readonly status: WlStatus;
  readonly contactEmail: string | null;
  readonly contactPhone: string | null;
  readonly confirmedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface TraderAccountFacts {
  readonly name: string;
  readonly status: WlStatus;
  /** Absent: as it was. */
  readonly contactEmail?: string | undefined;
  readonly contactPhone?: string | undefined;
}

/** Creates or changes the one trader account of a WL. */
export function putTraderAccount(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  request: { readonly wlId: string; readonly facts: TraderAccountFacts; readonly author: Author },
): Promise<Result<{ account: TraderAccount; created: boolean }, 'NOT_FOUND'>> {
  const { wlId, facts, author } = request;
  return inTransaction(db, async (tx) => {
    const wl = tx.selectFrom('wl').select('id').where('id', '=', wlId).forNoKeyUpdate();
    if ((await wl.executeTakeFirst()) === undefined) return refuse('NOT_FOUND');
    const before = await readTraderAccount(tx, sealer, wlId);
    const after = {
      name: facts.name,
      status: facts.status,
      contactEmail: facts.contactEmail ?? before?.contactEmail ?? null,
      contactPhone: facts.contactPhone ?? before?.contactPhone ?? null,
    };
    if (before !== undefined && isSame(before, after))
      return ok({ account: before, created: false });
    const columns = columnsOf(after, sealer);
    const confirmation = await tx
      .selectFrom('trader_confirmation')
      .select('confirmed_at')
      .where('wl_id', '=', wlId)
      .executeTakeFirst();
    const row = await tx
      .insertInto('trader_account')
      .values({ wl_id: wlId, confirmed_at: confirmation?.confirmed_at ?? null, ...columns })
      .onConflict((conflict) =>
        conflict.column('wl_id').doUpdateSet({ ...columns, updated_at: sql`clock()` }),
      )
      .returningAll()
      .executeTakeFirstOrThrow();
    await appendAudit(tx, {
      ...author,
      action: before === undefined ? 'trader.account.created' : 'trader.account.changed',
      subject: `trader-account/${wlId}`,
      before: before === undefined ? null : asJson(masked(before)),
      after: asJson(masked(after)),
    });
    return ok({ account: accountOf(row, sealer), created: before === undefined });
  });
}

/**
 * The WL says that it trades by this account. Its word is kept where the account is not made here
 * yet, and counts when it is; the first one stands.
 */
export async function confirmTraderAccount(
  tx: CpTransaction,
  event: StoredEvent<'trader.account.confirmed'>,
): Promise<void> {
  const { wlId, occurredAt, correlationId, data } = event;
  // A WL speaks for itself only.
  if (data.wlId !== wlId) return;
  const wl = tx.selectFrom('wl').select('id').where('id', '=', wlId).forNoKeyUpdate();
  if ((await wl.executeTakeFirst()) === undefined) return;
  await tx
    .insertInto('trader_confirmation')
    .values({ wl_id: wlId, trader_id: data.traderId, confirmed_at: occurredAt })
    .onConflict((conflict) => conflict.column('wl_id').doUpdateSet({ trader_id: data.traderId }))
    .execute();
  const confirmed = await tx
    .updateTable('trader_account')
    .set({ confirmed_at: occurredAt, updated_at: sql`clock()` })
    .where('wl_id', '=', wlId)
    .where('confirmed_at', 'is', null)
    .returning('wl_id')
    .executeTakeFirst();
  if (confirmed === undefined) return;
  await appendAudit(tx, {
    ...{ actor: wlId, source: 'telemetry', correlationId },
    action: 'trader.account.confirmed',
    subject: `trader-account/${wlId}`,
    before: { confirmedAt: null },
    after: { confirmedAt: occurredAt.toISOString() },
  });
}

export async function readTraderAccount(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  wlId: string,
): Promise<TraderAccount | undefined> {
  const query = db.selectFrom('trader_account').selectAll().where('wl_id', '=', wlId);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : accountOf(row, sealer);
}

type Facts = Pick<TraderAccount, 'name' | 'status' | 'contactEmail' | 'contactPhone'>;

function isSame(a: Facts, b: Facts): boolean {
  return (
    a.name === b.name &&
    a.status === b.status &&
    a.contactEmail === b.contactEmail &&
    a.contactPhone === b.contactPhone
  );
}

function masked({ name, status, contactEmail, contactPhone }: Facts): Facts {
  return {
    name,
    status,
    contactEmail: contactEmail === null ? null : maskEmail(contactEmail),
    contactPhone: contactPhone === null ? null : maskPhone(contactPhone),
  };
}

function columnsOf({ name, status, contactEmail, contactPhone }: Facts, sealer: Sealer) {
  return {
    name,
    status,
    contact_email_sealed:
      contactEmail === null
        ? null
        : sealColumn(sealer, 'trader_account.contact_email_sealed', contactEmail),
    contact_phone_sealed:
      contactPhone === null
        ? null
        : sealColumn(sealer, 'trader_account.contact_phone_sealed', contactPhone),
  };
}

function accountOf(row: Selectable<TraderAccountTable>, sealer: Sealer): TraderAccount {
  const email = openColumn(sealer, 'trader_account.contact_email_sealed', row.contact_email_sealed);
  const phone = openColumn(sealer, 'trader_account.contact_phone_sealed', row.contact_phone_sealed);
  return {
    wlId: row.wl_id,
    name: row.name,
    status: row.status,
    contactEmail: email ?? null,
    contactPhone: phone ?? null,
    confirmedAt: row.confirmed_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
