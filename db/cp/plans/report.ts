import { sql, type Selectable } from 'kysely';
import { exposureOf, type ExposureParts } from '../../../domain/imbalance/verdict.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import type { CpTransaction } from '../schema.ts';
import type { CompensationPlanTable } from '../tables/settlements.ts';

type PlanRow = Selectable<CompensationPlanTable>;

/** How a plan ended: what healed the pair, and when. Amounts are decimals in src's currency. */
export interface ClosingReport {
  readonly openedAt: string;
  readonly closedAt: string;
  readonly exposureAtOpening: string;
  readonly exposureAtClosing: string;
  readonly limitAtOpening: string;
  readonly limitAtClosing: string;
  readonly needed: string;
  /** By how much the exposure sank; the parts below add up to it. */
  readonly compensated: string;
  readonly bySettlements: string;
  readonly byTrades: string;
  readonly byHolds: string;
  readonly settlements: readonly ReportedSettlement[];
  /** Trades that moved the balance meanwhile, the first ones of them by name. */
  readonly tradesMoved: number;
  readonly trades: readonly string[];
  readonly steps: readonly {
    readonly percent: number;
    readonly amount: string;
    readonly dueAt: string;
    readonly outcome: string;
  }[];
}

interface ReportedSettlement {
  readonly id: string;
  readonly amount: string;
  readonly confirmedAt: string;
}

/** Enough to see what traded; the journal has all of them. */
const NAMED_TRADES = 100;

/** Compares the pair as it is now with what it was at the opening; under the pair's lock. */
export async function closingReport(tx: CpTransaction, plan: PlanRow): Promise<ClosingReport> {
  const now = await tx
    .selectFrom('pair')
    .innerJoin('relationship', (join) =>
      join.onRef('relationship.src', '=', 'pair.src').onRef('relationship.dst', '=', 'pair.dst'),
    )
    .selectAll('pair')
    .select(['limit_minor', sql<Date>`clock()`.as('at')])
    .where('pair.src', '=', plan.src)
    .where('pair.dst', '=', plan.dst)
    .executeTakeFirstOrThrow();
  const exposure = exposureOf(partsOf(now));
  const trades = await movedTrades(tx, plan);
  const settled =
    now.settlements_received_minor -
    plan.settlements_received_minor -
    (now.settlements_paid_minor - plan.settlements_paid_minor);
  const traded = now.imports_minor - plan.imports_minor - (now.exports_minor - plan.exports_minor);
  return {
    openedAt: plan.opened_at.toISOString(),
    closedAt: now.at.toISOString(),
    exposureAtOpening: formatMinor(plan.exposure_minor),
    exposureAtClosing: formatMinor(exposure),
    limitAtOpening: formatMinor(plan.limit_minor),
    limitAtClosing: formatMinor(now.limit_minor),
    needed: formatMinor(plan.needed_minor),
    compensated: formatMinor(plan.exposure_minor - exposure),
    bySettlements: formatMinor(settled),
    byTrades: formatMinor(traded),
    byHolds: formatMinor(plan.reserved_minor - now.reserved_minor),
    settlements: await settlementsOf(tx, plan.id),
    tradesMoved: trades.length,
    trades: trades.slice(0, NAMED_TRADES),
    steps: await stepsOf(tx, plan.id),
  };
}

async function movedTrades(tx: CpTransaction, plan: PlanRow): Promise<string[]> {
  const rows = await tx
    .selectFrom('pair_journal')
    .select('reference')
    .where('src', '=', plan.src)
    .where('dst', '=', plan.dst)
    .where('id', '>', plan.journal_id)
    .where('kind', 'in', ['EXPORT', 'IMPORT'])
    .groupBy('reference')
    .orderBy((order) => order.fn.min('id'))
    .execute();
  return rows.map(({ reference }) => reference);
}

async function settlementsOf(tx: CpTransaction, planId: string): Promise<ReportedSettlement[]> {
  const rows = await tx
    .selectFrom('settlement')
    .select(['id', 'amount_minor', 'decided_at'])
    .where('plan_id', '=', planId)
    .orderBy('decided_at')
    .execute();
  return rows.map(({ id, amount_minor: amount, decided_at: at }) => ({
    ...{ id, amount: formatMinor(amount) },
    confirmedAt: at?.toISOString() ?? '',
  }));
}

async function stepsOf(tx: CpTransaction, planId: string): Promise<ClosingReport['steps']> {
  const rows = await tx
    .selectFrom('compensation_step')
    .selectAll()
    .where('plan_id', '=', planId)
    .orderBy('step')
    .execute();
  return rows.map((row) => ({
    percent: row.percent,
    amount: formatMinor(row.amount_minor),
    dueAt: row.due_at.toISOString(),
    outcome: row.outcome ?? '',
  }));
}

function partsOf(row: {
  readonly exports_minor: bigint;
  readonly imports_minor: bigint;
  readonly reserved_minor: bigint;
  readonly settlements_received_minor: bigint;
  readonly settlements_paid_minor: bigint;
}): ExposureParts {
  return {
    exports: row.exports_minor,
    imports: row.imports_minor,
    reserved: row.reserved_minor,
    settlementsReceived: row.settlements_received_minor,
    settlementsPaid: row.settlements_paid_minor,
  };
}
