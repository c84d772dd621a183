import { z } from 'zod';
import { freeText } from '../../http/free-text.ts';
import { cancelPlan, listPlans, readPlan, type PlanDetails } from '../../../db/cp/plans/read.ts';
import type { ClosingReport } from '../../../db/cp/plans/report.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { moneyOutput } from '../../http/money-input.ts';
import { cursorQuery, decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import { planWorkflowId } from '../../../domain/work/settlement-orders.ts';
import { authorOf, foundOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { anyCase, timestamp, wlId } from '../schemas.ts';

const TAG = 'Settlements';
const MAX_REASON = 500;
const params = z.object({ planId: z.uuid().toLowerCase() });
const STATES = ['OPEN', 'CLOSED', 'CANCELLED'] as const;

const stepView = z.object({
  step: z.number().int(),
  percent: z.number().int(),
  amount: moneyOutput,
  dueAt: timestamp,
  outcome: z.enum(['MET', 'MISSED', 'VOID']).nullable(),
  compensated: moneyOutput.nullable(),
  judgedAt: timestamp.nullable(),
});

export const planView = z.object({
  id: z.string(),
  src: z.string(),
  dst: z.string(),
  n: z.number().int(),
  workflowId: z.string(),
  signalId: z.string(),
  state: z.enum(STATES),
  currency: z.string().nullable(),
  exposureAtOpening: moneyOutput,
  limitAtOpening: moneyOutput,
  target: moneyOutput.meta({ description: 'At or below this exposure the pair is enabled.' }),
  needed: moneyOutput,
  compensated: moneyOutput.meta({
    description: 'By how much the exposure sank while it was open.',
  }),
  exposure: moneyOutput,
  steps: z.array(stepView),
  settlements: z.array(z.object({ id: z.string(), amount: moneyOutput, confirmedAt: timestamp })),
  openedAt: timestamp,
  closedAt: timestamp.nullable(),
  closedBy: z.string().nullable(),
  closeReason: z.string().nullable(),
  report: z.record(z.string(), z.unknown()).nullable(),
});

/** Compensation plans of disabled pairs. */
export function planRoutes({ db }: Pick<CpApiDeps, 'db'>, guards: Guards): Route[] {
  const common = { tag: TAG, group: 'admin', guard: guards.operator('risk') } as const;
  return [
    route({
      ...{ ...common, method: 'get', path: '/admin/api/plans' },
      summary: 'Compensation plans, newest first',
      query: z.object({
        ...cursorQuery,
        src: wlId.optional(),
        dst: wlId.optional(),
        state: anyCase(STATES).optional(),
      }),
      responses: { 200: pageOf(planView) },
      handler: async ({ query: { limit, cursor, ...filters } }) => {
        const before = decodeCursor(cursor, z.uuid());
        const found = await listPlans(db, { ...filters, limit, before });
        const last = found.at(-1);
        const more = found.length === limit && last !== undefined;
        return {
          status: 200,
          body: {
            items: found.map(viewOf),
            ...(more && { nextCursor: encodeCursor(last.plan.id) }),
          },
        };
      },
    }),
    route({
      ...{ ...common, method: 'get', path: '/admin/api/plans/:planId' },
      summary: 'One plan with steps, settlements and its closing report',
      params,
      responses: { 200: planView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { planId } }) => ({
        status: 200,
        body: viewOf(foundOrProblem(await readPlan(db, planId))),
      }),
    }),
    route({
      ...{ ...common, method: 'post', path: '/admin/api/plans/:planId/cancel' },
      summary: 'End a plan although the pair is still disabled',
      params,
      body: z.strictObject({ reason: freeText(MAX_REASON) }),
      responses: { 200: planView },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ params: { planId: id }, body: { reason }, principal, facts }) => {
        foundOrProblem(await readPlan(db, id));
        const ended = await cancelPlan(db, { id, reason, author: authorOf(principal, facts) });
        if (ended === undefined) {
          throw new Problem('CONFLICT', { detail: 'The plan has ended already.' });
        }
        return { status: 200, body: viewOf(ended) };
      },
    }),
  ];
}

function viewOf({ plan, steps, settlements, exposure }: PlanDetails): z.output<typeof planView> {
  const { id, src, dst, n, state, currency } = plan;
  const report = plan.report as ClosingReport | null;
  return {
    ...{ id, src, dst, n, state, currency },
    workflowId: planWorkflowId(plan),
    signalId: plan.signal_id,
    exposureAtOpening: formatMinor(plan.exposure_minor),
    limitAtOpening: formatMinor(plan.limit_minor),
    target: formatMinor(plan.target_minor),
    needed: formatMinor(plan.needed_minor),
    compensated: report?.compensated ?? formatMinor(plan.exposure_minor - exposure),
    exposure: formatMinor(exposure),
    steps: steps.map((row) => ({
      ...{ step: row.step, percent: row.percent, amount: formatMinor(row.amount_minor) },
      ...{ dueAt: row.due_at.toISOString(), outcome: row.outcome },
      compensated: row.compensated_minor === null ? null : formatMinor(row.compensated_minor),
      judgedAt: row.judged_at?.toISOString() ?? null,
    })),
    settlements: settlements.map((row) => ({
      ...{ id: row.id, amount: formatMinor(row.amount_minor) },
      confirmedAt: row.decided_at?.toISOString() ?? '',
    })),
    openedAt: plan.opened_at.toISOString(),
    closedAt: plan.closed_at?.toISOString() ?? null,
    closedBy: plan.closed_by,
    closeReason: plan.close_reason,
    report: report === null ? null : { ...report },
  };
}
