import type { Kysely } from 'kysely';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import type { WlTables } from './schema.ts';

/** The account by which this WL trades with partners; they only ever see its opaque id. */
export interface TraderAccount {
  readonly traderId: string;
  readonly name: string;
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
}

export const traderContext = (traderId: string, field: string): string =>
  `trader_account/${traderId}/${field}`;

/** Sets the one trader account of this WL; another id replaces it. */
export async function saveTraderAccount(
  db: Kysely<WlTables>,
  sealer: Sealer,
  trader: TraderAccount,
): Promise<void> {
  const sealed = (field: string, clear: string): string =>
    sealer.seal(traderContext(trader.traderId, field), clear);
  const values = {
    name_sealed: sealed('name', trader.name),
    email_sealed: trader.email === undefined ? null : sealed('email', trader.email),
    phone_sealed: trader.phone === undefined ? null : sealed('phone', trader.phone),
  };
  await inTransaction(db, async (tx) => {
    await tx.deleteFrom('trader_account').where('trader_id', '!=', trader.traderId).execute();
    await tx
      .insertInto('trader_account')
      .values({ trader_id: trader.traderId, ...values })
      .onConflict((conflict) => conflict.column('trader_id').doUpdateSet(values))
      .execute();
  });
}

/** The opaque id that partners see as `requesterTraderId`. */
export async function readTraderId(db: Kysely<WlTables>): Promise<string | undefined> {
  const row = await db.selectFrom('trader_account').select('trader_id').executeTakeFirst();
  return row?.trader_id;
}
