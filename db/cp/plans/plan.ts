import { sql, type Selectable } from 'kysely';
import { planFor } from '../../../domain/imbalance/plan.ts';
import { exposureOf, type ExposureParts } from '../../../domain/imbalance/verdict.ts';
import type { Json } from '../../../domain/shared/canonical.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { planWork } from '../../../domain/work/settlement-orders.ts';
import { appendAudit } from '../../audit.ts';
import { raiseNotification } from '../notification.ts';
import type { Pair } from '../relationship.ts';
import type { Author, CpTransaction } from '../schema.ts';
import type { CompensationPlanTable, PlanState } from '../tables/settlements.ts';
import { orderWork } from '../work-order.ts';
import { closingReport } from './report.ts';

export type PlanRow = Selectable<CompensationPlanTable>;

/**
 * Opens the plan that goes with an automatic DISABLE, with its steps, its workflow's order and a
 * notification. The caller holds the pair's lock, so a pair has at most one open plan.
 */
export async function openPlan(
  tx: CpTransaction,
  opening: {
    readonly pair: Pair;
    readonly signalId: string;
    /** Minor units of src's currency. */
    readonly exposureMinor: bigint;
    readonly limitMinor: bigint;
    readonly author: Author;
  },
): Promise<void> {
  const { pair, author, exposureMinor, limitMinor } = opening;
  // The pair has been switched on without an ENABLE that would have closed it: one is enough.
  if ((await openPlanOf(tx, pair)) !== undefined) return;
  const facts = await readFacts(tx, pair);
  const figures = planFor({
    exposure: exposureMinor,
    limit: limitMinor,
    enablePercent: facts.enable_percent,
  });
  const plan = await tx
    .insertInto('compensation_plan')
    .values({
      ...{ src: pair.src, dst: pair.dst, signal_id: opening.signalId, ...facts },
      exposure_minor: exposureMinor,
      limit_minor: limitMinor,
      target_minor: figures.target,
      needed_minor: figures.needed,
      correlation_id: author.correlationId,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  for (const { step, percent, amount, dueAfterMs } of figures.steps) {
    const values = { plan_id: plan.id, step, percent, amount_minor: amount };
    const due_at = new Date(plan.opened_at.getTime() + dueAfterMs);
    await tx
      .insertInto('compensation_step')
      .values({ ...values, due_at })
      .execute();
  }
  await orderWork(tx, planWork({ ...pair, n: plan.n, correlationId: author.correlationId }));
  await notify(tx, plan, {
    ...{ severity: 'WARNING', key: 'opened', author },
    title: 'A compensation plan was opened: exposure is above the limit',
    details: { exposure: formatMinor(exposureMinor), limit: formatMinor(limitMinor) },
  });
  await appendAudit(tx, {
    ...author,
    action: 'plan.opened',
    subject: planSubject(plan),
    before: null,
    after: {
      ...{ id: plan.id, signalId: opening.signalId },
      exposure: formatMinor(exposureMinor),
      limit: formatMinor(limitMinor),
      needed: formatMinor(figures.needed),
    },
  });
}

/** The open plan of a pair, locked. */
export async function openPlanOf(
  tx: CpTransaction,
  { src, dst }: Pair,
): Promise<PlanRow | undefined> {
  return tx
    .selectFrom('compensation_plan')
    .selectAll()
    .where('src', '=', src)
    .where('dst', '=', dst)
    .where('state', '=', 'OPEN')
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export interface PlanEnding {
  readonly state: Exclude<PlanState, 'OPEN'>;
  readonly reason: string;
  readonly author: Author;
}

/**
 * Ends the pair's open plan, where it has one, with a report of what healed it; steps that were not
 * due yet are void. The caller holds the pair's lock: the report's figures are those of this commit.
 */
export async function endPlan(
  tx: CpTransaction,
  pair: Pair,
  { state, reason, author }: PlanEnding,
): Promise<PlanRow | undefined> {
  const plan = await openPlanOf(tx, pair);
  if (plan === undefined) return undefined;
  await tx
    .updateTable('compensation_step')
    .set({ outcome: 'VOID', judged_at: sql`clock()` })
    .where('plan_id', '=', plan.id)
    .where('outcome', 'is', null)
    .execute();
  const report = await closingReport(tx, plan);
  const ended = await tx
    .updateTable('compensation_plan')
    .set({
      ...{ state, close_reason: reason, closed_by: author.actor },
      closed_at: sql`clock()`,
      report: JSON.stringify(report),
    })
    .where('id', '=', plan.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  // Its workflow runs still: ordered again, it is told to look.
  await orderWork(tx, planWork({ ...pair, n: plan.n, correlationId: author.correlationId }));
  const { exposureAtClosing, compensated } = report;
  await notify(tx, plan, {
    ...{ severity: 'INFO', key: 'ended', author },
    title:
      state === 'CLOSED'
        ? 'A compensation plan is fulfilled: the pair is enabled again'
        : 'A compensation plan was cancelled',
    details: { reason, exposure: exposureAtClosing, compensated },
  });
  await appendAudit(tx, {
    ...author,
    action: state === 'CLOSED' ? 'plan.closed' : 'plan.cancelled',
    subject: planSubject(plan),
    before: { state: 'OPEN' },
    after: { state, reason, exposure: exposureAtClosing, compensated },
  });
  return ended;
}

/** Tells people of a plan; the same key says the same thing once. */
export async function notify(
  tx: CpTransaction,
  plan: Pick<PlanRow, 'id' | 'src' | 'dst' | 'n' | 'needed_minor'>,
  message: {
    readonly severity: 'INFO' | 'WARNING' | 'CRITICAL';
    readonly key: string;
    readonly title: string;
    readonly details: { readonly [key: string]: Json };
    readonly author: Author;
  },
): Promise<void> {
  const { src, dst, n } = plan;
  await raiseNotification(tx, {
    kind: 'PLAN',
    severity: message.severity,
    dedupeKey: `${planSubject(plan)}/${message.key}`,
    title: message.title,
    subject: planSubject(plan),
    details: {
      ...{ id: plan.id, src, dst, n, needed: formatMinor(plan.needed_minor) },
      ...message.details,
    },
    correlationId: message.author.correlationId,
  });
}

/** By how much the exposure has sunk since the opening; minor units of src's currency. */
export function compensatedOf(plan: Pick<PlanRow, 'exposure_minor'>, now: ExposureParts): bigint {
  return plan.exposure_minor - exposureOf(now);
}

function planSubject({ src, dst, n }: Pick<PlanRow, 'src' | 'dst' | 'n'>): string {
  return `plan/${src}/${dst}/${n}`;
}

/** What the pair is like at the opening, and the plan's number. */
async function readFacts(tx: CpTransaction, { src, dst }: Pair) {
  return tx
    .selectFrom('pair')
    .innerJoin('relationship', (join) =>
      join.onRef('relationship.src', '=', 'pair.src').onRef('relationship.dst', '=', 'pair.dst'),
    )
    .innerJoin('wl', 'wl.id', 'pair.src')
    .select([
      ...(['pair.exports_minor', 'pair.imports_minor', 'pair.reserved_minor'] as const),
      ...(['pair.settlements_received_minor', 'pair.settlements_paid_minor'] as const),
      ...(['relationship.enable_percent', 'wl.currency'] as const),
      sql<number>`(SELECT count(*)::integer + 1 FROM compensation_plan AS earlier
        WHERE earlier.src = pair.src AND earlier.dst = pair.dst)`.as('n'),
      sql<bigint>`(SELECT coalesce(max(id), 0) FROM pair_journal AS entry
        WHERE entry.src = pair.src AND entry.dst = pair.dst)`.as('journal_id'),
    ])
    .where('pair.src', '=', src)
    .where('pair.dst', '=', dst)
    .executeTakeFirstOrThrow();
}
