import type { Kysely, Transaction } from 'kysely';
import { settledAmounts, type SettlementRole } from '../../domain/imbalance/settlement.ts';
import type { PulledSettlement } from '../../domain/policy/pull-document.ts';
import { parseRate } from '../../domain/shared/fx.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { parseMinor } from '../../domain/shared/money.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import { moveExposure } from './holds/counters.ts';
import { payableAccount, post, receivableAccount, settlementAccount } from './ledger.ts';
import type { PostingLine } from './ledger.ts';
import type { WlTables } from './schema.ts';

export interface SettlementContext {
  readonly wlId: string;
  readonly currency: string;
  readonly correlationId: string;
}

const ACTOR = 'control-plane';
const SOURCE = 'policies/pull';

/**
 * Applies settlements in the order of their numbers, each once and in one transaction: ledger,
 * exposure with its journal, audit row. Answers how many were new. One that can't be applied stops
 * those behind it: the last number is what is reported, and must not pass one by.
 */
export async function applySettlements(
  db: Kysely<WlTables>,
  settlements: readonly PulledSettlement[],
  context: SettlementContext,
): Promise<number> {
  const inOrder = [...settlements].sort((a, b) => (BigInt(a.number) < BigInt(b.number) ? -1 : 1));
  let applied = 0;
  for (const settlement of inOrder) {
    if (await inTransaction(db, (tx) => applySettlement(tx, settlement, context))) applied += 1;
  }
  return applied;
}

/** The number of the last settlement that is applied here; reported to the Control Plane. */
export async function lastSettlement(db: Kysely<WlTables>): Promise<bigint> {
  const row = await db
    .selectFrom('settlement')
    .select((select) => select.fn.max('number').as('last'))
    .executeTakeFirst();
  return row?.last ?? 0n;
}

interface Applied {
  readonly id: string;
  readonly role: SettlementRole;
  readonly partner: string;
  /** In the payee's currency. */
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly ownMinor: bigint;
  readonly ownCurrency: string;
}

async function applySettlement(
  tx: Transaction<WlTables>,
  pulled: PulledSettlement,
  context: SettlementContext,
): Promise<boolean> {
  const settlement = await readSettlement(tx, pulled, context);
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('settlement')
    .values({
      settlement_id: settlement.id,
      number: BigInt(pulled.number),
      partner: settlement.partner,
      role: settlement.role,
      amount_minor: settlement.amountMinor,
      currency: settlement.currency,
      fx_rate: pulled.rate,
      own_minor: settlement.ownMinor,
      own_currency: settlement.ownCurrency,
    })
    // Whichever unique index sees the other pull first: id and number are of one settlement.
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) {
    await assertApplied(tx, settlement.id);
    return false;
  }
  const { role, partner, ownMinor } = settlement;
  await moveExposure(tx, {
    partner,
    kind: role === 'PAYEE' ? 'SETTLEMENT_RECEIVED' : 'SETTLEMENT_PAID',
    reference: settlement.id,
    deltaMinor: role === 'PAYEE' ? -ownMinor : ownMinor,
  });
  await post(tx, {
    key: `settlement:${settlement.id}`,
    kind: 'SETTLEMENT',
    counterpart: partner,
    lines: linesOf(settlement),
  });
  await appendAudit(tx, {
    actor: ACTOR,
    source: SOURCE,
    action: 'settlement.apply',
    subject: `settlement/${settlement.id}`,
    before: null,
    after: { ...pulled, role },
    correlationId: context.correlationId,
  });
  return true;
}

/** A number that stands for another settlement here would be one that is lost: it is not passed by. */
async function assertApplied(tx: Transaction<WlTables>, id: string): Promise<void> {
  const known = await tx
    .selectFrom('settlement')
    .select('settlement_id')
    .where('settlement_id', '=', id)
    .executeTakeFirst();
  invariant(known !== undefined, `the number of settlement ${id} is another one's here`);
}

async function readSettlement(
  tx: Transaction<WlTables>,
  { id, src, dst, amount, rate }: PulledSettlement,
  { wlId, currency: ownCurrency }: SettlementContext,
): Promise<Applied> {
  invariant(src === wlId || dst === wlId, 'a WL is told its own settlements only');
  const amountMinor = parseMinor(amount);
  const fxRate = parseRate(rate);
  invariant(amountMinor.ok && fxRate.ok, 'a pulled settlement is validated before it is applied');
  const amounts = settledAmounts(amountMinor.value, fxRate.value);
  invariant(amounts.ok, 'a settlement moves something on both sides');
  const { payee, payer } = amounts.value;
  if (src === wlId) {
    const own = { ownMinor: payee, ownCurrency, amountMinor: payee, currency: ownCurrency };
    return { id, role: 'PAYEE', partner: dst, ...own };
  }
  const row = await tx
    .selectFrom('partner')
    .select('currency')
    .where('wl_id', '=', src)
    .executeTakeFirst();
  // The same pull brings it as soon as the partner has registered; until then the pull is repeated.
  invariant(row?.currency != null, `the currency of ${src} is known before it is paid`);
  return {
    ...{ id, role: 'PAYER', partner: src },
    ...{ amountMinor: payee, currency: row.currency, ownMinor: payer, ownCurrency },
  };
}

/** The debt gets smaller by the amount; where the money went stands in an account of its own. */
function linesOf({ role, partner, ...money }: Applied): PostingLine[] {
  const { ownMinor, ownCurrency: currency, amountMinor } = money;
  const settled = settlementAccount(partner);
  if (role === 'PAYEE') {
    return [
      { account: receivableAccount(partner), currency, amountMinor: ownMinor },
      { account: settled, currency, amountMinor: -ownMinor },
    ];
  }
  return [
    {
      account: payableAccount(partner),
      currency,
      amountMinor: -ownMinor,
      originMinor: -amountMinor,
      originCurrency: money.currency,
    },
    { account: settled, currency, amountMinor: ownMinor },
  ];
}
