import type { z } from 'zod';
import type { DeskVerb } from '../../../db/cp/tables/desk.ts';
import { keyOf } from '../../../db/cp/trades/row.ts';
import { authorOf, type CpApiDeps, type OperatorPrincipal } from '../deps.ts';
import { route, type Context, type Reply, type Route } from '../../http/route.ts';
import {
  buyAnswer,
  manualView,
  purchaseView,
  reasonBody,
  resolveBody,
} from '../../wl/purchases/schemas.ts';
import type { Guards } from '../guards.ts';
import { oneTrade } from '../trades/one.ts';
import { tradeKeyQuery, tradeParams } from '../trades/schemas.ts';
import { actAtWl } from './act.ts';
import { ASKED_REFUSALS } from './support-desk.ts';

type DeskDeps = Pick<CpApiDeps, 'db' | 'supportDesk'>;

interface Action {
  readonly verb: DeskVerb;
  readonly summary: string;
  readonly body: typeof reasonBody | typeof resolveBody;
  /** Answers of the importer that are passed on, with their status. */
  readonly responses: Readonly<Record<number, z.ZodType>>;
  /** Those that would do it twice. */
  readonly needsKey?: true;
}

/** What support can do about a purchase; the importer does it, and its word is the answer. */
const ACTIONS: readonly Action[] = [
  {
    verb: 'retry',
    summary: 'Has the exporter asked once more about a parked purchase',
    body: reasonBody,
    responses: { 200: manualView },
  },
  {
    verb: 'abandon',
    summary: 'Cancels a parked purchase at the exporter, and adopts what it answers',
    body: reasonBody,
    responses: { 200: manualView },
  },
  {
    verb: 'resolve',
    summary: 'Ends a parked purchase; against the exporter only with a second person',
    body: resolveBody,
    responses: { 200: manualView },
  },
  {
    verb: 'resolve/confirm',
    summary: 'Confirms another person’s resolution',
    body: reasonBody,
    responses: { 200: manualView },
  },
  {
    verb: 'reverse',
    summary: 'Reverses a confirmed purchase at both parties',
    body: reasonBody,
    responses: { 202: purchaseView },
    needsKey: true,
  },
  {
    verb: 'rerun',
    summary: 'A new purchase, linked to a rejected one',
    body: reasonBody,
    responses: { 200: buyAnswer, 202: buyAnswer },
    needsKey: true,
  },
];

/** What the importer refuses of them. */
const ACTION_REFUSALS = [
  'FORBIDDEN',
  'SAME_PERSON',
  'OFFER_NOT_FOUND',
  'IDEMPOTENCY_MISMATCH',
  'ENGINE_UNAVAILABLE',
] as const;

/** Actions of support on one trade, from the console and `xwl`. */
export function deskRoutes(deps: DeskDeps, guards: Guards): Route[] {
  return ACTIONS.map(({ verb, summary, body, responses, needsKey }) =>
    route({
      ...{ tag: 'Support', group: 'admin', method: 'post', summary, body, responses },
      path: `/admin/api/trades/:id/${verb}`,
      guard: guards.operator('support'),
      params: tradeParams,
      query: tradeKeyQuery,
      ...(needsKey && { idempotency: 'required' as const }),
      refuses: [...ASKED_REFUSALS, ...ACTION_REFUSALS],
      handler: (context) => act(deps, { verb, responses }, context),
    }),
  );
}

type ActionContext = Context<
  OperatorPrincipal,
  z.output<typeof tradeParams>,
  z.output<typeof tradeKeyQuery>,
  z.output<typeof reasonBody> | z.output<typeof resolveBody>
>;

async function act(
  deps: DeskDeps,
  action: Pick<Action, 'verb' | 'responses'>,
  { params, query, body, principal, facts, idempotencyKey, language, log }: ActionContext,
): Promise<Reply> {
  const trade = keyOf(await oneTrade(deps.db, params, query));
  const { reason, ...wish } = body;
  const { status, body: answer } = await actAtWl(deps, {
    ...{ trade, reason, wish, language, log },
    ...action,
    author: authorOf(principal, facts),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });
  return { status, body: answer };
}
