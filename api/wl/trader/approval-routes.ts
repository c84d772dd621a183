import { decideHold, type DecisionRequest } from '../../../db/wl/holds/decide.ts';
import { listPending, type PendingPurchase } from '../../../db/wl/holds/read.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import type { Logger } from '../../../runtime/log.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Reply, type Route } from '../../http/route.ts';
import type { ApproverPrincipal } from '../guards/principals.ts';
import type { TraderDeps } from './deps.ts';
import {
  approveBody,
  decisionQuery,
  pendingPage,
  pendingQuery,
  rejectBody,
  tradeParams,
  traderAnswer,
} from './schemas.ts';

const BASE = '/api/v2/trader/purchases';
const APPROVED = 'approved';

/** Purchases that wait for a person at this WL, and the person's word on them. */
export function approvalRoutes(deps: TraderDeps): Route[] {
  return [pendingRoute(deps), approveRoute(deps), rejectRoute(deps)];
}

function pendingRoute({ db, guards }: TraderDeps): Route {
  return route({
    method: 'get',
    path: `${BASE}/pending`,
    summary: 'Purchases of partners that wait for a person, the oldest first.',
    tag: 'approvals',
    group: 'trader',
    guard: guards.approver,
    query: pendingQuery,
    responses: { 200: pendingPage },
    async handler({ query }) {
      const { items, total } = await listPending(db, query);
      return { status: 200, body: { items: items.map(present), total } };
    },
  });
}

const decision = {
  method: 'post',
  tag: 'approvals',
  group: 'trader',
  params: tradeParams,
  query: decisionQuery,
  responses: { 200: traderAnswer },
} as const;

function approveRoute(deps: TraderDeps): Route {
  return route({
    ...decision,
    path: `${BASE}/:tradeId/approve`,
    summary: 'Approve a waiting purchase; a second decision gets the answer of the first.',
    guard: deps.guards.approver,
    body: approveBody,
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handler: ({ principal, params, query, body, facts, log }) =>
      decide(deps, log, {
        wlId: deps.settings.wlId,
        tradeId: params.tradeId,
        requester: body?.requesterWlId ?? query.requesterWlId,
        decision: 'APPROVE',
        note: APPROVED,
        actor: actorOf(deps, principal),
        correlationId: facts.correlationId,
      }),
  });
}

function rejectRoute(deps: TraderDeps): Route {
  return route({
    ...decision,
    path: `${BASE}/:tradeId/reject`,
    summary: 'Reject a waiting purchase; a second decision gets the answer of the first.',
    guard: deps.guards.approver,
    body: rejectBody,
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handler: ({ principal, params, query, body, facts, log }) =>
      decide(deps, log, {
        wlId: deps.settings.wlId,
        tradeId: params.tradeId,
        requester: body.requesterWlId ?? query.requesterWlId,
        decision: 'REJECT',
        note: body.reason,
        actor: actorOf(deps, principal),
        correlationId: facts.correlationId,
      }),
  });
}

async function decide(
  { db, work }: TraderDeps,
  log: Logger,
  request: DecisionRequest,
): Promise<Reply> {
  const { tradeId } = request;
  const decided = await decideHold(db, request);
  if (!decided.ok) {
    throw new Problem(
      decided.code,
      decided.code === 'CONFLICT'
        ? { detail: 'Two importers use this trade id: name one by requesterWlId.' }
        : {},
    );
  }
  const { requester, answer } = decided.value;
  // Neither waits for a person nor is final: there is nothing to decide about, and a 200 would say
  // that it was decided.
  if (answer.status === 'HELD') {
    throw new Problem('CONFLICT', { detail: 'The purchase is held and does not wait for this.' });
  }
  // Not awaited: the decision is committed, and the workflow also looks by itself.
  work.signalApproval({ importer: requester, tradeId }).catch((error: unknown) => {
    log.error({ err: error, tradeId }, 'the approval workflow will find the decision by itself');
  });
  return { status: 200, body: answer };
}

function actorOf({ settings }: TraderDeps, { kind }: ApproverPrincipal): string {
  return kind === 'own' ? `wl:${settings.wlId}` : kind;
}

function present(purchase: PendingPurchase): Record<string, unknown> {
  return {
    tradeId: purchase.tradeId,
    requesterWlId: purchase.requester,
    offer: { id: purchase.offerId, title: purchase.offerTitle },
    quantity: purchase.quantity,
    unitPrice: formatMinor(purchase.unitPriceMinor),
    amount: formatMinor(purchase.amountMinor),
    currency: purchase.currency,
    buyerMasked: purchase.buyerMasked,
    createdAt: purchase.createdAt.toISOString(),
    deadline: purchase.deadline.toISOString(),
  };
}
