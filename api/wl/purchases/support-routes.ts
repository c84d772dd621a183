import { fingerprint } from '../../http/idempotency.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Reply, type Route } from '../../http/route.ts';
import type { TradeState } from '../../../domain/purchase/trade.ts';
import { beginReversal } from '../../../db/wl/trades/reversal.ts';
import type { TradeRow } from '../../../db/wl/trades/row.ts';
import type {
  ManualAction,
  ManualResult,
  ResolveRequest,
} from '../../../workflows/purchase/contract.ts';
import type { Guards } from '../guards/guards.ts';
import type { MemberPrincipal, SupportPrincipal } from '../guards/principals.ts';
import { buyReply, viewOf } from './answers.ts';
import { buy, type BuyDeps } from './buy.ts';
import { ownTrade } from './routes.ts';
import {
  buyAnswer,
  manualView,
  purchaseView,
  reasonBody,
  resolveBody,
  tradeParams,
} from './schemas.ts';

type Updated = Promise<ManualResult | undefined>;

/** The updates of a parked purchase; each answers once it is carried out, undefined where refused. */
export interface ManualUpdates {
  retry(tradeId: string, action: ManualAction): Updated;
  abandon(tradeId: string, action: ManualAction): Updated;
  resolve(tradeId: string, request: ResolveRequest): Updated;
  confirm(tradeId: string, action: ManualAction): Updated;
}

export interface SupportRouteDeps extends BuyDeps {
  readonly guards: Pick<Guards, 'support' | 'memberOrSupport'>;
  readonly updates: ManualUpdates;
  readonly startReversal: (trade: TradeRow) => Promise<void>;
  /** How long a member may reverse an own purchase; zero means never. */
  readonly buyerReversalSeconds: number;
}

const TAG = 'Support';
const MS_PER_SECOND = 1_000;

/** What support does about a purchase; each action is audited with its person and its reason. */
export function supportRoutes(deps: SupportRouteDeps): Route[] {
  return [...manualRoutes(deps), reverseRoute(deps), rerunRoute(deps)];
}

function manualRoutes(deps: SupportRouteDeps): Route[] {
  const { guards, updates } = deps;
  const common = {
    method: 'post',
    tag: TAG,
    group: 'support',
    guard: guards.support('support:act'),
    params: tradeParams,
    responses: { 200: manualView },
  } as const;
  const act = async (
    principal: SupportPrincipal,
    tradeId: string,
    update: (actor: string) => Updated,
  ): Promise<Reply> => {
    const { state } = await ownTrade(deps, principal, tradeId);
    return manualReply(await update(principal.userId), state);
  };
  return [
    route({
      ...common,
      path: '/api/v2/purchases/:tradeId/retry',
      summary: 'Asks the exporter once more, now',
      body: reasonBody,
      refuses: MANUAL_REFUSALS,
      handler: ({ principal, params: { tradeId }, body }) =>
        act(principal, tradeId, (actor) => updates.retry(tradeId, { actor, ...body })),
    }),
    route({
      ...common,
      path: '/api/v2/purchases/:tradeId/abandon',
      summary: 'Cancels at the exporter, and adopts what it answers',
      body: reasonBody,
      refuses: MANUAL_REFUSALS,
      handler: ({ principal, params: { tradeId }, body }) =>
        act(principal, tradeId, (actor) => updates.abandon(tradeId, { actor, ...body })),
    }),
    route({
      ...common,
      path: '/api/v2/purchases/:tradeId/resolve',
      summary: 'Ends a parked purchase; against the exporter only with a second person',
      body: resolveBody,
      refuses: MANUAL_REFUSALS,
      handler: ({ principal, params: { tradeId }, body }) =>
        act(principal, tradeId, (actor) => updates.resolve(tradeId, { actor, ...body })),
    }),
    route({
      ...common,
      path: '/api/v2/purchases/:tradeId/resolve/confirm',
      summary: 'Confirms another person’s resolution',
      body: reasonBody,
      refuses: MANUAL_REFUSALS,
      handler: ({ principal, params: { tradeId }, body }) =>
        act(principal, tradeId, (actor) => updates.confirm(tradeId, { actor, ...body })),
    }),
  ];
}

const MANUAL_REFUSALS = ['NOT_FOUND', 'CONFLICT', 'SAME_PERSON'] as const;

function manualReply(updated: ManualResult | undefined, before: TradeState): Reply {
  if (updated === undefined) {
    throw new Problem('CONFLICT', { detail: `The purchase is ${before}, not parked.` });
  }
  const { result, state } = updated;
  if (result === 'SAME_PERSON' || result === 'CONFLICT') {
    throw new Problem(result, { detail: `The purchase is ${state}.` });
  }
  return { status: 200, body: { result, state } };
}

function reverseRoute(deps: SupportRouteDeps): Route {
  return route({
    method: 'post',
    path: '/api/v2/purchases/:tradeId/reverse',
    summary: 'Reverses a confirmed purchase at both parties',
    tag: TAG,
    group: 'support',
    guard: deps.guards.memberOrSupport('support:act'),
    params: tradeParams,
    body: reasonBody,
    idempotency: 'required',
    responses: { 202: purchaseView },
    refuses: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT', 'IDEMPOTENCY_MISMATCH'],
    handler: async ({ principal, params, body, facts, idempotencyKey, language, log }) => {
      const { tradeId } = params;
      const trade = await ownTrade(deps, principal, tradeId);
      mayReverse(deps, principal, trade);
      const actor =
        principal.kind === 'support' ? principal.userId : `member:${principal.account.accountId}`;
      const begun = await beginReversal(deps.db, {
        tradeId,
        reason: body.reason,
        actor,
        correlationId: facts.correlationId,
        key: {
          route: 'reverse',
          value: idempotencyKey ?? '',
          fingerprint: fingerprint({ tradeId, reason: body.reason }),
        },
      });
      if (!begun.ok) throw new Problem(begun.code);
      if (begun.value.state === 'REVERSING') {
        // Durable already: a start that fails here is made up for by the sweep.
        await deps.startReversal(begun.value).catch((error: unknown) => {
          log.error({ err: error, tradeId }, 'the reversal will be started by the sweep');
        });
      }
      return { status: 202, body: viewOf(begun.value, language) };
    },
  });
}

function mayReverse(
  { buyerReversalSeconds }: SupportRouteDeps,
  principal: MemberPrincipal | SupportPrincipal,
  trade: TradeRow,
): void {
  if (principal.kind === 'support') return;
  const ageMs = Date.now() - trade.created_at.getTime();
  if (ageMs > buyerReversalSeconds * MS_PER_SECOND) {
    throw new Problem('FORBIDDEN', { detail: 'This marketplace does not let buyers reverse.' });
  }
}

function rerunRoute(deps: SupportRouteDeps): Route {
  return route({
    method: 'post',
    path: '/api/v2/purchases/:tradeId/rerun',
    summary: 'A new purchase, linked to a rejected one',
    tag: TAG,
    group: 'support',
    guard: deps.guards.support('support:act'),
    params: tradeParams,
    body: reasonBody,
    idempotency: 'required',
    responses: { 200: buyAnswer, 202: buyAnswer },
    refuses: [
      'NOT_FOUND',
      'CONFLICT',
      'OFFER_NOT_FOUND',
      'IDEMPOTENCY_MISMATCH',
      'ENGINE_UNAVAILABLE',
    ],
    handler: async ({ principal, params, body, facts, idempotencyKey, language, log }) => {
      const { tradeId } = params;
      const before = await ownTrade(deps, principal, tradeId);
      if (before.state !== 'REJECTED' && before.state !== 'COMPENSATED') {
        throw new Problem('CONFLICT', { detail: 'Only a rejected purchase is run again.' });
      }
      const outcome = await buy(deps, {
        route: 'rerun',
        accountId: before.account_id,
        offerId: before.offer_id,
        quantity: before.quantity,
        key: {
          value: idempotencyKey ?? '',
          fingerprint: fingerprint({ tradeId, reason: body.reason }),
        },
        rerun: { of: tradeId, actor: principal.userId, reason: body.reason },
        arrivedAt: performance.now(),
        correlationId: facts.correlationId,
        log,
      });
      return buyReply(outcome, language);
    },
  });
}
