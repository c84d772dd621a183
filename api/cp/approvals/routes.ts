import { z } from 'zod';
import {
  countWaiting,
  decideApproval,
  listWaiting,
  type ApprovalDecision,
  type WaitingApproval,
} from '../../../db/cp/approval.ts';
import type { ApprovalChoice } from '../../../db/cp/tables/approvals.ts';
import { maskText } from '../../../runtime/mask.ts';
import { cursorQuery, decodeCursor, encodeCursor } from '../../http/pagination.ts';
import { route, type Context, type Reply, type Route } from '../../http/route.ts';
import { authorOf, valueOrProblem, type CpApiDeps, type OperatorPrincipal } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { timestamp, wlId } from '../schemas.ts';

type ApprovalDeps = Pick<CpApiDeps, 'db' | 'work'>;

// As at the exporter: what it would not take must not be taken here.
const MAX_REASON = 500;
const MAX_TRADE_ID = 100;

const decisionView = z.object({
  decision: z.enum(['APPROVE', 'REJECT']),
  reason: z.string().nullable(),
  decidedBy: z.string(),
  decidedAt: timestamp,
  state: z.enum(['RELAYING', 'SETTLED', 'REFUSED']),
  outcome: z.string().nullable().meta({ description: "The exporter's answer, once it is there." }),
  outcomeReason: z.string().nullable(),
  settledAt: timestamp.nullable(),
});
const text = z.string();
export const waitingView = z.object({
  tradeId: text,
  importer: text,
  exporter: text,
  offer: z.object({ id: text, title: text }),
  quantity: z.int(),
  unitPrice: text,
  amount: text,
  currency: text,
  buyerMasked: text,
  waitingSince: timestamp,
  deadline: timestamp.nullable(),
  decision: decisionView.nullable(),
});
const listView = z.object({
  items: z.array(waitingView),
  total: z.int().min(0).meta({ description: 'All that wait, whatever the page.' }),
  nextCursor: z.string().optional(),
});
export const outcomeView = z.object({
  tradeId: text,
  importer: text,
  exporter: text,
  status: text.meta({ description: 'Of the purchase at its exporter, as far as it is known.' }),
  reason: text.nullable(),
  decision: decisionView.nullable().meta({ description: 'The one that counts: the first.' }),
});

const importer = wlId.optional().meta({ description: 'Where two importers use the trade id.' });
const tradeParams = z.object({ tradeId: z.string().min(1).max(MAX_TRADE_ID) });
const approveBody = z.strictObject({ importer }).optional();
const rejectBody = z.strictObject({ importer, reason: z.string().trim().min(1).max(MAX_REASON) });
const position = z.object({
  waitingSince: timestamp,
  importer: z.uuid(),
  exporter: z.uuid(),
  tradeId: text,
});

/** Purchases that wait for a person at their exporter, and the operators' word on them. */
export function approvalRoutes(deps: ApprovalDeps, guards: Guards): Route[] {
  const common = { tag: 'Approvals', group: 'admin' } as const;
  const decide = {
    ...common,
    guard: guards.operator('operator'),
    method: 'post',
    params: tradeParams,
    responses: { 200: outcomeView },
  } as const;
  return [
    route({
      ...common,
      guard: guards.operator(),
      method: 'get',
      path: '/admin/api/approvals',
      summary: 'Purchases that wait for a person, the oldest first, with their number',
      query: z.object({ ...cursorQuery, exporter: wlId.optional() }),
      responses: { 200: listView },
      handler: async ({ query: { limit, cursor, exporter } }) => {
        const after = decodeCursor(cursor, position);
        const rows = await listWaiting(deps.db, { exporter, limit: limit + 1, after });
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        const nextCursor =
          rows.length > limit && last !== undefined ? encodeCursor(positionOf(last)) : undefined;
        const total = await countWaiting(deps.db, exporter);
        const items = page.map(waitingViewOf);
        return { status: 200, body: { items, total, ...(nextCursor && { nextCursor }) } };
      },
    }),
    route({
      ...decide,
      path: '/admin/api/approvals/:tradeId/approve',
      summary: 'Approve a waiting purchase: carried to the exporter, which has the last word',
      body: approveBody,
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: ({ params, body, principal, facts }) =>
        reply(deps, { params, principal, facts }, { ...body, decision: 'APPROVE', reason: null }),
    }),
    route({
      ...decide,
      path: '/admin/api/approvals/:tradeId/reject',
      summary: 'Reject a waiting purchase: carried to the exporter, which has the last word',
      body: rejectBody,
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: ({ params, body, principal, facts }) => {
        const reason = maskText(body.reason);
        return reply(deps, { params, principal, facts }, { ...body, decision: 'REJECT', reason });
      },
    }),
  ];
}

type Call = Pick<
  Context<OperatorPrincipal, { readonly tradeId: string }, undefined, undefined>,
  'params' | 'principal' | 'facts'
>;

async function reply(
  { db, work }: ApprovalDeps,
  { params: { tradeId }, principal, facts }: Call,
  wanted: {
    readonly importer?: string | undefined;
    readonly decision: ApprovalChoice;
    readonly reason: string | null;
  },
): Promise<Reply> {
  const author = authorOf(principal, facts);
  const decided = valueOrProblem(await decideApproval(db, { tradeId, ...wanted, author }), {
    CONFLICT: 'More than one importer uses this trade id: name one.',
  });
  work.kick();
  const { decision, ...outcome } = decided;
  return {
    status: 200,
    body: { ...outcome, decision: decision === undefined ? null : decisionViewOf(decision) },
  };
}

function positionOf({ waitingSince, importer: of, exporter, tradeId }: WaitingApproval) {
  return { waitingSince: waitingSince.toISOString(), importer: of, exporter, tradeId };
}

function waitingViewOf(row: WaitingApproval): z.output<typeof waitingView> {
  const { document, decision } = row;
  const { offer, quantity, unitPrice, amount, currency, buyerMasked } = document;
  return {
    ...positionOf(row),
    ...{ quantity, unitPrice, amount, currency, buyerMasked },
    offer: { id: offer.id, title: offer.title },
    deadline: document.approvalDeadline ?? null,
    decision: decision === undefined ? null : decisionViewOf(decision),
  };
}

function decisionViewOf(row: ApprovalDecision): z.output<typeof decisionView> {
  return {
    decision: row.decision,
    reason: row.reason,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at.toISOString(),
    state: row.state,
    outcome: row.outcome_status,
    outcomeReason: row.outcome_reason,
    settledAt: row.settled_at?.toISOString() ?? null,
  };
}
