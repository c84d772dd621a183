import type { Kysely } from 'kysely';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import { accountContext } from './accounts.ts';
import { secretContext, tokenContext } from './control-tokens.ts';
import { eventKeyContext } from './event-keys.ts';
import type { WlTables } from './schema.ts';
import { traderContext } from './trader-account.ts';

const CONTACT_FIELDS = ['name', 'email', 'phone'] as const;
type SealedContact = {
  readonly name_sealed: string;
  readonly email_sealed: string | null;
  readonly phone_sealed: string | null;
};

/**
 * Seals again, under the current key, whatever an older one sealed; after that the older key may be
 * taken out of the configuration. Row by row, so that no buyer waits. Answers the rows resealed.
 */
export async function resealWl(db: Kysely<WlTables>, sealer: Sealer): Promise<number> {
  let count = 0;
  for (const { account_id: id } of await db.selectFrom('account').select('account_id').execute()) {
    count += Number(await resealAccount(db, sealer, id));
  }
  count += await resealTraders(db, sealer);
  count += await resealControl(db, sealer);
  return count;
}

async function resealAccount(db: Kysely<WlTables>, sealer: Sealer, id: string): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const row = await tx
      .selectFrom('account')
      .select(['name_sealed', 'email_sealed', 'phone_sealed'])
      .where('account_id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    const contact = resealContact(sealer, row, (field) => accountContext(id, field));
    if (contact === undefined) return false;
    await tx.updateTable('account').set(contact).where('account_id', '=', id).execute();
    return true;
  });
}

async function resealTraders(db: Kysely<WlTables>, sealer: Sealer): Promise<number> {
  return inTransaction(db, async (tx) => {
    const rows = await tx.selectFrom('trader_account').selectAll().forNoKeyUpdate().execute();
    let count = 0;
    for (const { trader_id: id, ...row } of rows) {
      const contact = resealContact(sealer, row, (field) => traderContext(id, field));
      if (contact === undefined) continue;
      await tx.updateTable('trader_account').set(contact).where('trader_id', '=', id).execute();
      count += 1;
    }
    return count;
  });
}

async function resealControl(db: Kysely<WlTables>, sealer: Sealer): Promise<number> {
  return inTransaction(db, async (tx) => {
    let count = 0;
    const again = (context: string, sealed: string): string | undefined => {
      if (!sealer.isStale(sealed)) return undefined;
      count += 1;
      return sealer.seal(context, sealer.open(context, sealed));
    };
    for (const row of await tx.selectFrom('control_token').selectAll().forNoKeyUpdate().execute()) {
      const { kind, audience } = row;
      const token_sealed = again(tokenContext(kind, audience), row.token_sealed);
      if (token_sealed === undefined) continue;
      const update = tx.updateTable('control_token').set({ token_sealed });
      await update.where('kind', '=', kind).where('audience', '=', audience).execute();
    }
    for (const row of await tx.selectFrom('control_secret').selectAll().execute()) {
      const secret_sealed = again(secretContext(row.name), row.secret_sealed);
      if (secret_sealed === undefined) continue;
      const update = tx.updateTable('control_secret').set({ secret_sealed });
      await update.where('name', '=', row.name).execute();
    }
    for (const row of await tx.selectFrom('event_key').selectAll().execute()) {
      const private_sealed = again(eventKeyContext(row.kid), row.private_sealed);
      if (private_sealed === undefined) continue;
      const update = tx.updateTable('event_key').set({ private_sealed });
      await update.where('kid', '=', row.kid).execute();
    }
    return count;
  });
}

function resealContact(
  sealer: Sealer,
  row: SealedContact,
  contextOf: (field: string) => string,
): SealedContact | undefined {
  const stale = (text: string | null): boolean => text !== null && sealer.isStale(text);
  if (!CONTACT_FIELDS.some((field) => stale(row[`${field}_sealed`]))) return undefined;
  const again = (field: string, text: string): string =>
    sealer.seal(contextOf(field), sealer.open(contextOf(field), text));
  const { name_sealed: name, email_sealed: email, phone_sealed: phone } = row;
  return {
    name_sealed: again('name', name),
    email_sealed: email === null ? null : again('email', email),
    phone_sealed: phone === null ? null : again('phone', phone),
  };
}
