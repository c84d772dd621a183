import { sql, type Kysely, type Selectable } from 'kysely';
import { paysDebt, settledAmounts } from '../../../domain/imbalance/settlement.ts';
import { parseRate } from '../../../domain/shared/fx.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { formatMinor, minor, type Minor } from '../../../domain/shared/money.ts';
import { refuse } from '../../../domain/shared/result.ts';
import { appendAudit } from '../../audit.ts';
import { inTransaction } from '../../pool.ts';
import { openPlanOf } from '../plans/plan.ts';
import { evaluatePair, exposureOfPair, lockPairs, movePairRow, type PairRow } from '../pair.ts';
import { rateText, type Pair } from '../relationship.ts';
import type { Author, CpSchema, CpTransaction } from '../schema.ts';
import type { SettlementTable } from '../tables/settlements.ts';
import { makeDue } from './deliveries.ts';

export type SettlementRow = Selectable<SettlementTable>;

export interface NewSettlement {
  readonly id: string;
  readonly pair: Pair;
  /** Minor units of src's currency. */
  readonly amount: Minor;
  readonly note: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly author: Author;
}

/** A settlement beyond what dst owes, with the figures that say so; minor units of src's currency. */
export interface BeyondDebt {
  readonly ok: false;
  readonly code: 'BEYOND_DEBT';
  readonly captured: bigint;
  readonly pending: bigint;
}

type Refusal<C extends string> = { readonly ok: false; readonly code: C };
type Done = {
  readonly ok: true;
  readonly value: SettlementRow;
  /** True where the same request had been answered before. */
  readonly replayed?: boolean;
};

/**
 * Puts a settlement on record at the rate of this moment; nothing moves until another person has
 * confirmed it. NOT_FOUND: no relationship of src to dst. CURRENCY: a side has not said its
 * currency yet. VALIDATION_FAILED: the amount is nothing in the payer's currency.
 */
export function recordSettlement(
  db: Kysely<CpSchema>,
  request: NewSettlement,
): Promise<
  | Done
  | BeyondDebt
  | Refusal<'NOT_FOUND' | 'CURRENCY' | 'VALIDATION_FAILED' | 'IDEMPOTENCY_MISMATCH'>
> {
  const { pair, author, amount } = request;
  return inTransaction(db, async (tx) => {
    // Under the pair's lock twins and others come one after the other: the sums below hold.
    const [row] = await lockPairs(tx, [pair]);
    const known = await earlier(tx, request);
    if (known !== undefined) return known;
    const terms = await readTerms(tx, pair);
    if (row === undefined || terms === undefined) return refuse('NOT_FOUND');
    const { currency, payerCurrency } = terms;
    if (currency === null || payerCurrency === null) return refuse('CURRENCY');
    const fxRate = parseRate(rateText(terms.fxRate));
    invariant(fxRate.ok, 'a relationship has a positive rate');
    const amounts = settledAmounts(amount, fxRate.value);
    if (!amounts.ok) return amounts;
    const debt = await readDebt(tx, row);
    if (!paysDebt(amount, debt)) return { ok: false, code: 'BEYOND_DEBT', ...debt };
    const settlement = await tx
      .insertInto('settlement')
      .values({
        id: request.id,
        ...{ src: pair.src, dst: pair.dst, note: request.note, currency },
        amount_minor: amount,
        fx_rate: terms.fxRate,
        payer_amount_minor: amounts.value.payer,
        payer_currency: payerCurrency,
        maker: author.actor,
        request_key: request.key,
        fingerprint: request.fingerprint,
        correlation_id: author.correlationId,
      })
      .onConflict((conflict) => conflict.columns(['maker', 'request_key']).doNothing())
      .returningAll()
      .executeTakeFirst();
    // A twin with another pair holds another lock, and came first.
    if (settlement === undefined) return refuse('IDEMPOTENCY_MISMATCH');
    await audit(tx, settlement, { author, action: 'settlement.recorded', before: null });
    return { ok: true, value: settlement };
  });
}

/** What the same person has made under the same key. */
async function earlier(
  tx: CpTransaction,
  { author, key, fingerprint }: NewSettlement,
): Promise<Done | Refusal<'IDEMPOTENCY_MISMATCH'> | undefined> {
  const row = await tx
    .selectFrom('settlement')
    .selectAll()
    .where('maker', '=', author.actor)
    .where('request_key', '=', key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.fingerprint !== fingerprint) return refuse('IDEMPOTENCY_MISMATCH');
  return { ok: true, value: row, replayed: true };
}

/**
 * A second person confirms: from this commit on the balance counts it on both sides, the pairs are
 * judged, and the payer is told. CONFLICT: it was decided already. BEYOND_DEBT: the debt has sunk
 * below it since it was recorded.
 */
export function confirmSettlement(
  db: Kysely<CpSchema>,
  { id, author }: { readonly id: string; readonly author: Author },
): Promise<Done | BeyondDebt | Refusal<'NOT_FOUND' | 'SAME_PERSON' | 'CONFLICT'>> {
  return inTransaction(db, async (tx) => {
    const found = await readPair(tx, id);
    if (found === undefined) return refuse('NOT_FOUND');
    const { src, dst } = found;
    const pairs = await lockPairs(tx, [
      { src, dst },
      { src: dst, dst: src },
    ]);
    const row = await lockSettlement(tx, id);
    if (row.maker === author.actor) return refuse('SAME_PERSON');
    if (row.state !== 'PENDING') return refuse('CONFLICT');
    const debtPair = pairs.find((pair) => pair.src === src);
    invariant(debtPair !== undefined, 'a settlement has its pair');
    const debt = await readDebt(tx, debtPair);
    const others = { ...debt, pending: debt.pending - row.amount_minor };
    if (!paysDebt(row.amount_minor, others)) return { ok: false, code: 'BEYOND_DEBT', ...others };
    const confirmed = await tx
      .updateTable('settlement')
      .set({
        state: 'CONFIRMED',
        plan_id: (await openPlanOf(tx, { src, dst }))?.id ?? null,
        decided_by: author.actor,
        decided_at: sql`clock()`,
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await moveBalance(tx, confirmed, { pairs, author });
    const due = { settlementId: id, correlationId: author.correlationId };
    await makeDue(tx, { ...due, wlId: dst, role: 'PAYER' });
    await audit(tx, confirmed, { author, action: 'settlement.confirmed', before: row });
    for (const pair of pairs) await evaluatePair(tx, pair, { author, at: decidedAt(confirmed) });
    return { ok: true, value: confirmed };
  });
}

/** Each side's exposure in its own currency, with the journal: both at the confirmation. */
async function moveBalance(
  tx: CpTransaction,
  settlement: SettlementRow,
  { pairs }: { readonly pairs: readonly PairRow[]; readonly author: Author },
): Promise<void> {
  const at = decidedAt(settlement);
  for (const pair of pairs) {
    const received = pair.src === settlement.src;
    await movePairRow(tx, pair, [
      {
        kind: received ? 'SETTLEMENT_RECEIVED' : 'SETTLEMENT_PAID',
        reference: settlement.id,
        deltas: received
          ? { settlementsReceived: settlement.amount_minor }
          : { settlementsPaid: settlement.payer_amount_minor },
        at,
      },
    ]);
  }
}

/** Takes a record back that nobody has confirmed; CONFLICT where it is decided already. */
export function withdrawSettlement(
  db: Kysely<CpSchema>,
  { id, author }: { readonly id: string; readonly author: Author },
): Promise<Done | Refusal<'NOT_FOUND' | 'CONFLICT'>> {
  return inTransaction(db, async (tx) => {
    if ((await readPair(tx, id)) === undefined) return refuse('NOT_FOUND');
    const row = await lockSettlement(tx, id);
    if (row.state !== 'PENDING') return refuse('CONFLICT');
    const withdrawn = await tx
      .updateTable('settlement')
      .set({ state: 'WITHDRAWN', decided_by: author.actor, decided_at: sql`clock()` })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await audit(tx, withdrawn, { author, action: 'settlement.withdrawn', before: row });
    return { ok: true, value: withdrawn };
  });
}

async function readPair(tx: CpTransaction, id: string): Promise<Pair | undefined> {
  const query = tx.selectFrom('settlement').select(['src', 'dst']).where('id', '=', id);
  return query.executeTakeFirst();
}

async function lockSettlement(tx: CpTransaction, id: string): Promise<SettlementRow> {
  return tx
    .selectFrom('settlement')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
}

async function readTerms(tx: CpTransaction, { src, dst }: Pair) {
  return tx
    .selectFrom('relationship')
    .innerJoin('wl as payee', 'payee.id', 'src')
    .innerJoin('wl as payer', 'payer.id', 'dst')
    .select([
      'relationship.fx_rate as fxRate',
      'payee.currency as currency',
      'payer.currency as payerCurrency',
    ])
    .where('src', '=', src)
    .where('dst', '=', dst)
    .executeTakeFirst();
}

/** What dst owes: exposure without open holds; and what is on record for it but not confirmed. */
async function readDebt(
  tx: CpTransaction,
  row: PairRow,
): Promise<{ readonly captured: bigint; readonly pending: bigint }> {
  const { rows } = await sql<{ pending: bigint }>`
    SELECT coalesce(sum(amount_minor), 0)::bigint AS pending FROM settlement
     WHERE src = ${row.src} AND dst = ${row.dst} AND state = 'PENDING'`.execute(tx);
  return { captured: exposureOfPair(row) - row.reserved_minor, pending: rows[0]?.pending ?? 0n };
}

function decidedAt({ decided_at: at }: SettlementRow): Date {
  invariant(at !== null, 'a confirmed settlement has its time');
  return at;
}

async function audit(
  tx: CpTransaction,
  settlement: SettlementRow,
  change: {
    readonly author: Author;
    readonly action: string;
    readonly before: SettlementRow | null;
  },
): Promise<void> {
  const { id, src, dst, note, state } = settlement;
  await appendAudit(tx, {
    ...change.author,
    action: change.action,
    subject: `settlement/${id}`,
    before: change.before === null ? null : { state: change.before.state },
    after: {
      ...{ state, src, dst, note, maker: settlement.maker, currency: settlement.currency },
      amount: formatMinor(minor(settlement.amount_minor)),
      payerAmount: formatMinor(minor(settlement.payer_amount_minor)),
      payerCurrency: settlement.payer_currency,
      fxRate: rateText(settlement.fx_rate),
      planId: settlement.plan_id,
    },
  });
}
