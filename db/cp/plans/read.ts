import { type Kysely, type Selectable } from 'kysely';
import { inTransaction } from '../../pool.ts';
import { exposureOfPair, lockPair } from '../pair.ts';
import type { Author, CpSchema } from '../schema.ts';
import type { CompensationStepTable, PlanState } from '../tables/settlements.ts';
import type { SettlementRow } from '../settlements/desk.ts';
import { endPlan, type PlanRow } from './plan.ts';

export interface PlanDetails {
  readonly plan: PlanRow;
  readonly steps: readonly Selectable<CompensationStepTable>[];
  readonly settlements: readonly SettlementRow[];
  /** Minor units of src's currency, as it is now. */
  readonly exposure: bigint;
}

export interface PlanFilter {
  readonly src?: string | undefined;
  readonly dst?: string | undefined;
  readonly state?: PlanState | undefined;
}

/** One page of the plans, newest first, below `before` where given. */
export async function listPlans(
  db: Kysely<CpSchema>,
  page: PlanFilter & {
    readonly limit: number;
    readonly before?: string | undefined;
  },
): Promise<PlanDetails[]> {
  let query = db.selectFrom('compensation_plan').selectAll();
  if (page.src !== undefined) query = query.where('src', '=', page.src);
  if (page.dst !== undefined) query = query.where('dst', '=', page.dst);
  if (page.state !== undefined) query = query.where('state', '=', page.state);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  const rows = await query.orderBy('id', 'desc').limit(page.limit).execute();
  return Promise.all(rows.map((plan) => detailsOf(db, plan)));
}

export async function readPlan(db: Kysely<CpSchema>, id: string): Promise<PlanDetails | undefined> {
  const plan = await db
    .selectFrom('compensation_plan')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return plan && detailsOf(db, plan);
}

/** A person ends a plan without the pair being healed; undefined where it had ended already. */
export async function cancelPlan(
  db: Kysely<CpSchema>,
  { id, reason, author }: { readonly id: string; readonly reason: string; readonly author: Author },
): Promise<PlanDetails | undefined> {
  const found = await readPlan(db, id);
  if (found === undefined) return undefined;
  const { src, dst } = found.plan;
  const ended = await inTransaction(db, async (tx) => {
    await lockPair(tx, { src, dst });
    const query = tx.selectFrom('compensation_plan').select('state').where('id', '=', id);
    if ((await query.executeTakeFirst())?.state !== 'OPEN') return undefined;
    return endPlan(tx, { src, dst }, { state: 'CANCELLED', reason, author });
  });
  return ended && detailsOf(db, ended);
}

async function detailsOf(db: Kysely<CpSchema>, plan: PlanRow): Promise<PlanDetails> {
  const { id, src, dst } = plan;
  const steps = await db
    .selectFrom('compensation_step')
    .selectAll()
    .where('plan_id', '=', id)
    .orderBy('step')
    .execute();
  const settlements = await db
    .selectFrom('settlement')
    .selectAll()
    .where('plan_id', '=', id)
    .orderBy('decided_at')
    .execute();
  const pair = await db
    .selectFrom('pair')
    .selectAll()
    .where('src', '=', src)
    .where('dst', '=', dst)
    .executeTakeFirstOrThrow();
  return { plan, steps, settlements, exposure: exposureOfPair(pair) };
}
