import { sql, type Kysely } from 'kysely';
import type { SettlementRole } from '../../../domain/imbalance/settlement.ts';
import type { PulledSettlement } from '../../../domain/policy/pull-document.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { settlementWork } from '../../../domain/work/settlement-orders.ts';
import { inTransaction } from '../../pool.ts';
import { rateText } from '../relationship.ts';
import type { CpSchema, CpTransaction } from '../schema.ts';
import { orderWork } from '../work-order.ts';

/** Settlements in one document; a WL that has more pulls again at once. */
export const SETTLEMENTS_PER_PULL = 100;

/**
 * Makes a settlement due at one side, with the next of that WL's numbers and the order of the
 * workflow that tells it. The counter's row is locked until the commit: numbers are in commit order.
 */
export async function makeDue(
  tx: CpTransaction,
  due: {
    readonly settlementId: string;
    readonly wlId: string;
    readonly role: SettlementRole;
    readonly correlationId: string;
  },
): Promise<void> {
  const { settlementId, wlId, role, correlationId } = due;
  const { last: number } = await tx
    .insertInto('settlement_counter')
    .values({ wl_id: wlId, last: 1n })
    .onConflict((conflict) =>
      conflict.column('wl_id').doUpdateSet({ last: sql`settlement_counter.last + 1` }),
    )
    .returning('last')
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('settlement_delivery')
    .values({ settlement_id: settlementId, wl_id: wlId, role, number })
    .execute();
  await orderWork(tx, settlementWork({ settlementId, wlId, correlationId }));
}

/** What a WL has to apply after the number that it named, in the order of its numbers. */
export async function settlementsSince(
  db: Kysely<CpSchema>,
  wlId: string,
  since: bigint,
): Promise<PulledSettlement[]> {
  const rows = await db
    .selectFrom('settlement_delivery')
    .innerJoin('settlement', 'settlement.id', 'settlement_delivery.settlement_id')
    .select(['number', 'id', 'src', 'dst', 'amount_minor', 'fx_rate'])
    .where('wl_id', '=', wlId)
    .where('number', '>', since)
    .orderBy('number')
    .limit(SETTLEMENTS_PER_PULL)
    .execute();
  return rows.map(({ number, amount_minor, fx_rate, ...settlement }) => ({
    number: String(number),
    ...settlement,
    amount: formatMinor(amount_minor),
    rate: rateText(fx_rate),
  }));
}

/**
 * A WL reports the last settlement that it has applied. What it has paid is due at the payee from
 * now on: the payer applies first (RULES.md 3). Answers whether work was ordered by it.
 */
export async function recordSettled(
  db: Kysely<CpSchema>,
  wlId: string,
  number: bigint,
): Promise<boolean> {
  const open = db
    .selectFrom('settlement_delivery')
    .select('settlement_id')
    .where('wl_id', '=', wlId)
    .where('applied_at', 'is', null)
    .where('number', '<=', number)
    // A number that nobody has issued comes from another life of this database: it reports nothing.
    .where(sql<boolean>`${number} <= (SELECT last FROM settlement_counter WHERE wl_id = ${wlId})`)
    .limit(1);
  // WLs report with every pull; nearly none of them has anything to report.
  if ((await open.executeTakeFirst()) === undefined) return false;
  return inTransaction(db, async (tx) => {
    const { rows } = await sql<{ id: string; payee: string; correlationId: string }>`
      WITH applied AS (
        UPDATE settlement_delivery SET applied_at = clock()
         WHERE wl_id = ${wlId} AND applied_at IS NULL AND number <= ${number}
        RETURNING settlement_id, role)
      SELECT id, src AS payee, correlation_id AS "correlationId"
        FROM applied JOIN settlement ON settlement.id = settlement_id
       WHERE role = 'PAYER' ORDER BY payee, id`.execute(tx);
    for (const { id, payee, correlationId } of rows) {
      await makeDue(tx, { settlementId: id, wlId: payee, role: 'PAYEE', correlationId });
    }
    return rows.length > 0;
  });
}
