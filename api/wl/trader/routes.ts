import { cancelHold } from '../../../db/wl/holds/cancel.ts';
import { confirmHold } from '../../../db/wl/holds/confirm.ts';
import { preflight } from '../../../db/wl/holds/preflight.ts';
import { readAnswer } from '../../../db/wl/holds/read.ts';
import { reverseHold } from '../../../db/wl/holds/reverse.ts';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Reply, type Route } from '../../http/route.ts';
import { approvalRoutes } from './approval-routes.ts';
import { decisionRoute } from './decision-route.ts';
import type { TraderDeps } from './deps.ts';
import {
  cancelBody,
  confirmBody,
  holdParams,
  preflightBody,
  reverseBody,
  tradeParams,
  traderAnswer,
} from './schemas.ts';

const BASE = '/api/v2/trader';

/** All routes by which partners hold, confirm, cancel, read, reverse, approve and decide. */
export function traderRoutes(deps: TraderDeps): Route[] {
  return [...holdRoutes(deps), ...approvalRoutes(deps), ...tradeRoutes(deps), decisionRoute(deps)];
}

const common = { tag: 'trader', group: 'trader', responses: { 200: traderAnswer } } as const;

const MS_PER_SECOND = 1_000;

/** Runs a decision and reports how it ended. */
async function timed(
  { onTraderAnswer }: TraderDeps,
  call: 'preflight' | 'confirm',
  work: () => Promise<TraderAnswer>,
): Promise<TraderAnswer> {
  const start = performance.now();
  const answer = await work();
  onTraderAnswer?.(call, answer, (performance.now() - start) / MS_PER_SECOND);
  return answer;
}

function holdRoutes(deps: TraderDeps): Route[] {
  const { db, settings, guards } = deps;
  return [
    route({
      ...common,
      method: 'post',
      path: `${BASE}/purchase/preflight`,
      summary: 'Hold units of an offer for a trade, or say why not.',
      guard: guards.peer('trader:purchase'),
      body: preflightBody,
      async handler({ principal, body, facts }) {
        const { requesterWlId, clientBuyerMasked, ...request } = body;
        if (requesterWlId !== principal.wlId) {
          throw new Problem('FORBIDDEN', { detail: 'requesterWlId is not the caller.' });
        }
        const { correlationId } = facts;
        const requester = principal.wlId;
        return told(
          await timed(deps, 'preflight', () =>
            preflight(db, settings, {
              ...request,
              requester,
              buyerMasked: clientBuyerMasked,
              correlationId,
            }),
          ),
        );
      },
    }),
    route({
      ...common,
      method: 'get',
      path: `${BASE}/holds/:holdId`,
      summary: "Terms and state of the caller's own hold.",
      guard: guards.partner('trader:purchase'),
      params: holdParams,
      refuses: ['NOT_FOUND'],
      async handler({ principal, params }) {
        return told(await readAnswer(db, { requester: principal.wlId, holdId: params.holdId }));
      },
    }),
  ];
}

function tradeRoutes(deps: TraderDeps): Route[] {
  return [confirmRoute(deps), readRoute(deps), ...undoRoutes(deps)];
}

function confirmRoute(deps: TraderDeps): Route {
  const { db, settings, guards, work } = deps;
  return route({
    ...common,
    method: 'post',
    path: `${BASE}/purchase`,
    summary: 'Confirm a hold: it is captured, or waits for a person, once.',
    guard: guards.partner('trader:purchase'),
    body: confirmBody,
    async handler({ principal, body, facts, log }) {
      const requester = principal.wlId;
      const { tradeId, holdId, quantity, unitPrice } = body;
      const answer = await timed(deps, 'confirm', () =>
        confirmHold(db, settings, {
          ...{ requester, tradeId, holdId, quantity, unitPrice },
          correlationId: facts.correlationId,
        }),
      );
      if (answer.status === 'PENDING') {
        // Not awaited: the answer is on the buyer's path, and a sweep starts what is missing.
        work.startApproval({ importer: requester, tradeId }).catch((error: unknown) => {
          log.error({ err: error, tradeId }, 'the approval will be started by the sweep');
        });
      }
      return told(answer);
    },
  });
}

function readRoute({ db, guards }: TraderDeps): Route {
  return route({
    ...common,
    method: 'get',
    path: `${BASE}/purchases/:tradeId`,
    summary: "What became of the caller's own trade.",
    guard: guards.partner('trader:purchase'),
    params: tradeParams,
    refuses: ['NOT_FOUND'],
    async handler({ principal, params }) {
      return told(await readAnswer(db, { requester: principal.wlId, tradeId: params.tradeId }));
    },
  });
}

function undoRoutes({ db, settings, guards }: TraderDeps): Route[] {
  return [
    route({
      ...common,
      method: 'post',
      path: `${BASE}/purchases/:tradeId/cancel`,
      summary: 'Cancel for good whatever is not captured, or tell what it is.',
      guard: guards.partner('trader:purchase'),
      params: tradeParams,
      body: cancelBody,
      async handler({ principal, params, body, facts }) {
        const { correlationId } = facts;
        const request = { requester: principal.wlId, tradeId: params.tradeId, correlationId };
        return told(await cancelHold(db, settings, { ...request, holdId: body?.holdId }));
      },
    }),
    route({
      ...common,
      method: 'post',
      path: `${BASE}/purchases/:tradeId/reverse`,
      summary: 'Reverse a captured trade, once.',
      guard: guards.partner('trader:purchase'),
      params: tradeParams,
      body: reverseBody,
      refuses: ['NOT_FOUND'],
      async handler({ principal, params, body, facts }) {
        return told(
          await reverseHold(db, {
            requester: principal.wlId,
            tradeId: params.tradeId,
            reason: body.reason,
            correlationId: facts.correlationId,
          }),
        );
      },
    }),
  ];
}

/** 404 also for another WL's trade: nobody learns that it exists. */
function told(answer: TraderAnswer | undefined): Reply {
  if (answer === undefined) throw new Problem('NOT_FOUND');
  return { status: 200, body: answer };
}
