import { sql, type Kysely } from 'kysely';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import { inTransaction } from '../../pool.ts';
import type { WlTables } from '../schema.ts';
import { answerOf, expireIfDue, lockHold, type HoldKey } from './row.ts';

/** The current answer for a row, marked expired first where its time is up. */
export async function readAnswer(
  db: Kysely<WlTables>,
  key: HoldKey,
): Promise<TraderAnswer | undefined> {
  return inTransaction(db, async (tx) => {
    const locked = await lockHold(tx, key);
    return locked && answerOf(await expireIfDue(tx, locked));
  });
}

/** The correlation id that a row was made under; its later steps go on with it. */
export async function readHoldCorrelation(
  db: Kysely<WlTables>,
  key: { readonly requester: string; readonly tradeId: string },
): Promise<string | undefined> {
  const row = await db
    .selectFrom('hold')
    .select('correlation_id')
    .where('requester', '=', key.requester)
    .where('trade_id', '=', key.tradeId)
    .executeTakeFirst();
  return row?.correlation_id;
}

/** A purchase that waits for a person, as the exporter's staff see it. */
export interface PendingPurchase {
  readonly tradeId: string;
  readonly requester: string;
  readonly offerId: string;
  readonly offerTitle: string;
  readonly quantity: number;
  readonly unitPriceMinor: bigint;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly buyerMasked: string;
  readonly createdAt: Date;
  readonly deadline: Date;
}

/** Waiting purchases, the oldest first. */
export async function listPending(
  db: Kysely<WlTables>,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ readonly items: PendingPurchase[]; readonly total: number }> {
  const base = db
    .selectFrom('hold')
    .innerJoin('offer', 'offer.offer_id', 'hold.offer_id')
    // Written into the statement: any state, as a parameter may be, is not in the index of these.
    .where('hold.state', '=', sql.lit('PENDING_APPROVAL'));
  const items = await base
    .select([
      'hold.trade_id as tradeId',
      'hold.requester',
      'offer.offer_id as offerId',
      'offer.title as offerTitle',
      'hold.quantity',
      'hold.unit_price_minor as unitPriceMinor',
      'hold.amount_minor as amountMinor',
      'hold.currency',
      'hold.buyer_masked as buyerMasked',
      'hold.created_at as createdAt',
      'hold.expires_at as deadline',
    ])
    .orderBy('hold.created_at')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  const { total } = await base
    .select((eb) => eb.fn.countAll<bigint>().as('total'))
    .executeTakeFirstOrThrow();
  return { items: items as PendingPurchase[], total: Number(total) };
}
