import { readTrade, type TradeRow } from '../../../db/wl/trades/row.ts';
import { readTransitions } from '../../../db/wl/trades/read.ts';
import { purchaseWorkflowId, type PurchaseProgress } from '../../../workflows/purchase/contract.ts';
import { fingerprint } from '../../http/idempotency.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Context, type Route } from '../../http/route.ts';
import type { Guards } from '../guards/guards.ts';
import type { MemberPrincipal, SupportPrincipal } from '../guards/principals.ts';
import { buyReply, decisionOf, viewOf } from './answers.ts';
import { buy, type BuyDeps, type BuyRequest } from './buy.ts';
import {
  buyAnswer,
  buyOfferForm,
  checkoutBody,
  decisionView,
  historyView,
  offerParams,
  progressView,
  purchaseView,
  tradeParams,
} from './schemas.ts';

export interface PurchaseRouteDeps extends BuyDeps {
  readonly guards: Pick<Guards, 'bodyMember' | 'memberOrSupport' | 'support'>;
  /** The `progress` query of a purchase's workflow; undefined where the engine has none. */
  readonly queryProgress: (tradeId: string) => Promise<PurchaseProgress | undefined>;
}

const TAG = 'Purchases';
const BUY_ANSWERS = { 200: buyAnswer, 202: buyAnswer } as const;

/** What members and support see of purchases, and the two ways to make one. */
export function purchaseRoutes(deps: PurchaseRouteDeps): Route[] {
  return [...buyRoutes(deps), ...readRoutes(deps), ...explainRoutes(deps)];
}

function buyRoutes(deps: PurchaseRouteDeps): Route[] {
  const { guards } = deps;
  return [
    route({
      method: 'post',
      path: '/api/v1/buy-offer',
      summary: 'Buys an imported offer, as the source run book does',
      tag: TAG,
      group: 'buy',
      guard: guards.bodyMember,
      form: buyOfferForm,
      idempotency: 'optional',
      responses: BUY_ANSWERS,
      refuses: ['OFFER_NOT_FOUND', 'IDEMPOTENCY_MISMATCH', 'ENGINE_UNAVAILABLE'],
      handler: async (context) => {
        const { offerId, quantity } = context.body;
        const outcome = await buy(deps, {
          ...requestOf(context, 'buy-offer', { offerId, quantity }),
          offerId,
          quantity,
        });
        return buyReply(outcome, context.language);
      },
    }),
    route({
      method: 'post',
      path: '/api/v2/checkout/imported-offer/:offerId',
      summary: 'Buys an imported offer; with a hold that was made before, at its terms',
      tag: TAG,
      group: 'buy',
      guard: guards.bodyMember,
      params: offerParams,
      body: checkoutBody,
      idempotency: 'required',
      responses: BUY_ANSWERS,
      refuses: ['OFFER_NOT_FOUND', 'IDEMPOTENCY_MISMATCH', 'ENGINE_UNAVAILABLE'],
      handler: async (context) => {
        const { offerId } = context.params;
        const { quantity, holdId, expectedUnitPrice } = context.body;
        const terms = {
          offerId,
          quantity,
          ...(holdId !== undefined && { holdId }),
          ...(expectedUnitPrice !== undefined && { expectedUnitPrice: String(expectedUnitPrice) }),
        };
        const outcome = await buy(deps, {
          ...requestOf(context, 'checkout', terms),
          offerId,
          quantity,
          givenHoldId: holdId,
          expectedUnitPriceMinor: expectedUnitPrice,
        });
        return buyReply(outcome, context.language);
      },
    }),
  ];
}

function requestOf(
  context: Pick<
    Context<MemberPrincipal, unknown, unknown, unknown>,
    'principal' | 'facts' | 'idempotencyKey' | 'log'
  >,
  routeName: string,
  terms: Readonly<Record<string, string | number>>,
): Omit<BuyRequest, 'offerId' | 'quantity'> {
  const { principal, facts, idempotencyKey, log } = context;
  return {
    route: routeName,
    accountId: principal.account.accountId,
    // The account's own token is no part of what was asked for: it may be renewed in between.
    ...(idempotencyKey !== undefined && {
      key: { value: idempotencyKey, fingerprint: fingerprint(terms) },
    }),
    arrivedAt: performance.now(),
    correlationId: facts.correlationId,
    log,
  };
}

function readRoutes(deps: PurchaseRouteDeps): Route[] {
  const { guards } = deps;
  return [
    route({
      method: 'get',
      path: '/api/v2/purchases/:tradeId',
      summary: 'How a purchase stands',
      tag: TAG,
      group: 'member',
      guard: guards.memberOrSupport('support:read'),
      params: tradeParams,
      responses: { 200: purchaseView },
      refuses: ['NOT_FOUND'],
      handler: async ({ principal, params, language }) => ({
        status: 200,
        body: viewOf(await ownTrade(deps, principal, params.tradeId), language),
      }),
    }),
    route({
      method: 'get',
      path: '/api/v2/purchases/:tradeId/workflow',
      summary: 'Step, state and waits of the purchase’s workflow',
      tag: TAG,
      group: 'member',
      guard: guards.memberOrSupport('support:read'),
      params: tradeParams,
      responses: { 200: progressView },
      refuses: ['NOT_FOUND'],
      handler: async ({ principal, params }) => {
        const { trade_id: tradeId } = await ownTrade(deps, principal, params.tradeId);
        const progress = await deps.queryProgress(tradeId);
        if (progress === undefined) {
          throw new Problem('NOT_FOUND', { detail: 'No workflow was started for this purchase.' });
        }
        return { status: 200, body: { workflowId: purchaseWorkflowId(tradeId), ...progress } };
      },
    }),
  ];
}

/** For support: how a purchase came to where it stands. */
function explainRoutes(deps: PurchaseRouteDeps): Route[] {
  const { guards } = deps;
  return [
    route({
      method: 'get',
      path: '/api/v2/purchases/:tradeId/history',
      summary: 'Every transition of a purchase',
      tag: TAG,
      group: 'support',
      guard: guards.support('support:read'),
      params: tradeParams,
      responses: { 200: historyView },
      refuses: ['NOT_FOUND'],
      handler: async ({ principal, params }) => {
        const { trade_id: tradeId } = await ownTrade(deps, principal, params.tradeId);
        const rows = await readTransitions(deps.db, tradeId);
        const items = rows.map((row) => ({
          version: row.version,
          from: row.from_state,
          to: row.to_state,
          step: row.step,
          ...(row.reason !== null && { reason: row.reason }),
          actor: row.actor,
          at: row.at.toISOString(),
        }));
        return { status: 200, body: { items } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v2/purchases/:tradeId/decision',
      summary: 'The inputs and revisions by which a purchase was decided',
      tag: TAG,
      group: 'support',
      guard: guards.support('support:read'),
      params: tradeParams,
      responses: { 200: decisionView },
      refuses: ['NOT_FOUND'],
      handler: async ({ principal, params }) => {
        const trade = await ownTrade(deps, principal, params.tradeId);
        const transitions = await readTransitions(deps.db, trade.trade_id);
        return { status: 200, body: decisionOf(trade, transitions) };
      },
    }),
  ];
}

/** The trade, for support or for the member whose it is; anyone else learns nothing of it. */
export async function ownTrade(
  { db }: Pick<BuyDeps, 'db'>,
  principal: MemberPrincipal | SupportPrincipal,
  tradeId: string,
): Promise<TradeRow> {
  const trade = await readTrade(db, tradeId);
  const mayRead = principal.kind === 'support' || trade?.account_id === principal.account.accountId;
  if (trade === undefined || !mayRead) throw new Problem('NOT_FOUND');
  return trade;
}
