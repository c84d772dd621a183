import { sql, type Kysely } from 'kysely';
import { severityOfMiss } from '../../../domain/imbalance/plan.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { inTransaction } from '../../pool.ts';
import { exposureOfPair, lockPair } from '../pair.ts';
import type { Pair } from '../relationship.ts';
import type { CpSchema } from '../schema.ts';
import type { PlanState, StepOutcome } from '../tables/settlements.ts';
import { notify, openPlanOf } from './plan.ts';

export interface PlanRef extends Pair {
  readonly n: number;
}

export interface PlanProgress {
  readonly state: PlanState;
  /** Decimal strings in src's currency. */
  readonly needed: string;
  readonly compensated: string;
  /** The first step that is not judged yet. */
  readonly next?: { readonly step: number; readonly dueAt: Date; readonly amount: string };
}

/** Where a plan stands; undefined where it is gone. */
export async function planProgress(
  db: Kysely<CpSchema>,
  { src, dst, n }: PlanRef,
): Promise<PlanProgress | undefined> {
  const plan = await db
    .selectFrom('compensation_plan')
    .innerJoin('pair', (join) =>
      join
        .onRef('pair.src', '=', 'compensation_plan.src')
        .onRef('pair.dst', '=', 'compensation_plan.dst'),
    )
    .selectAll('pair')
    .select(['compensation_plan.id', 'compensation_plan.state', 'exposure_minor', 'needed_minor'])
    .where('compensation_plan.src', '=', src)
    .where('compensation_plan.dst', '=', dst)
    .where('n', '=', n)
    .executeTakeFirst();
  if (plan === undefined) return undefined;
  const step = await db
    .selectFrom('compensation_step')
    .select(['step', 'due_at', 'amount_minor'])
    .where('plan_id', '=', plan.id)
    .where('outcome', 'is', null)
    .orderBy('step')
    .executeTakeFirst();
  return {
    state: plan.state,
    needed: formatMinor(plan.needed_minor),
    compensated: formatMinor(plan.exposure_minor - exposureOfPair(plan)),
    ...(step !== undefined && {
      next: { step: step.step, dueAt: step.due_at, amount: formatMinor(step.amount_minor) },
    }),
  };
}

/**
 * Judges a step whose deadline has come, once: by how much the exposure has sunk under the pair's
 * lock, and where that is too little a notification. Undefined where the plan has ended meanwhile.
 */
export function judgeStep(
  db: Kysely<CpSchema>,
  deadline: PlanRef & { readonly step: number; readonly correlationId: string },
): Promise<StepOutcome | undefined> {
  const { src, dst, n, step, correlationId } = deadline;
  return inTransaction(db, async (tx) => {
    const pair = await lockPair(tx, { src, dst });
    const plan = await openPlanOf(tx, { src, dst });
    if (pair === undefined || plan?.n !== n) return undefined;
    const steps = await tx
      .selectFrom('compensation_step')
      .selectAll()
      .where('plan_id', '=', plan.id)
      .orderBy('step')
      .execute();
    const due = steps.find((row) => row.step === step);
    if (due === undefined) return undefined;
    if (due.outcome !== null) return due.outcome;
    const compensated = plan.exposure_minor - exposureOfPair(pair);
    const outcome = compensated >= due.amount_minor ? 'MET' : 'MISSED';
    await tx
      .updateTable('compensation_step')
      .set({ outcome, compensated_minor: compensated, judged_at: sql`clock()` })
      .where('plan_id', '=', plan.id)
      .where('step', '=', step)
      .execute();
    if (outcome === 'MET') return outcome;
    await notify(tx, plan, {
      severity: severityOfMiss(step, steps.length),
      key: `missed/${step}`,
      title: `A compensation plan has missed its ${due.percent} % deadline`,
      details: {
        ...{ step, dueAt: due.due_at.toISOString() },
        due: formatMinor(due.amount_minor),
        compensated: formatMinor(compensated),
      },
      author: { actor: 'control-plane', source: 'compensationPlan', correlationId },
    });
    return outcome;
  });
}
