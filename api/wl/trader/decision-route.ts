import { readTrade } from '../../../db/wl/trades/row.ts';
import { isPurchaseOver, publicStatus } from '../../../domain/purchase/trade.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import { isUuid } from '../../../runtime/uuid.ts';
import type { TraderDeps } from './deps.ts';
import { decisionAck, decisionBody, tradeParams } from './schemas.ts';

/**
 * The exporter's decision on a trade of ours. It is not believed, only taken as a reason to ask: the
 * purchase learns, as ever (RULES.md 5). 200 once the signal is durable.
 */
export function decisionRoute({ db, guards, work }: TraderDeps): Route {
  return route({
    method: 'post',
    path: '/api/v2/trader/purchases/:tradeId/decision',
    summary: "The exporter's decision on a purchase of this WL: wakes its workflow.",
    tag: 'approvals',
    group: 'trader',
    guard: guards.partner('trader:decision'),
    params: tradeParams,
    body: decisionBody,
    responses: { 200: decisionAck },
    refuses: ['NOT_FOUND'],
    async handler({ principal, params, body }) {
      const { tradeId } = params;
      const trade = isUuid(tradeId) ? await readTrade(db, tradeId) : undefined;
      if (trade === undefined || trade.exporter !== principal.wlId) throw new Problem('NOT_FOUND');
      if (body.tradeId !== undefined && body.tradeId !== tradeId) {
        throw new Problem('VALIDATION_FAILED', {
          errors: [{ in: 'body', pointer: '/tradeId', message: 'is not the trade of the path' }],
        });
      }
      if (!isPurchaseOver(trade.state)) {
        await work.signalDecision({ tradeId, exporter: trade.exporter });
      }
      return { status: 200, body: { tradeId, status: publicStatus(trade.state) } };
    },
  });
}
