import { z } from 'zod';
import { ackExplicitly } from '../../../db/cp/signals/acknowledge.ts';
import { lastAttempts, listSignals, readSignal } from '../../../db/cp/signals/read.ts';
import { publicWebhookKeys } from '../../../db/cp/webhook-key.ts';
import type { CpSchema } from '../../../db/cp/schema.ts';
import { signalWorkflowId } from '../../../workflows/signal-dispatch/contract.ts';
import { cursorQuery, decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { anyone, route, type Route } from '../../http/route.ts';
import { authorOf, foundOrProblem, valueOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { anyCase, wlId } from '../schemas.ts';
import { signalParams } from './params.ts';
import { operateRoutes } from './operate-routes.ts';
import {
  ackBody,
  ackView,
  attemptViewOf,
  deliveryViewOf,
  signalDetailsView,
  signalView,
  signalViewOf,
  STATES,
  webhookKeysView,
} from './schemas.ts';
import type { Kysely } from 'kysely';

const TAG = 'Signals';
/** A delivery that failed for a day has far more; the last ones say how it stands. */
const SHOWN_ATTEMPTS = 50;
const KEYS_MAX_AGE_SECONDS = 60;

const position = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });

/** What is signalled about pairs, by whom, and how far it got. */
export function signalRoutes(deps: CpApiDeps, guards: Guards): Route[] {
  return [
    ...readRoutes(deps, guards),
    ...operateRoutes(deps, guards),
    ackRoute(deps, guards),
    keysRoute(deps),
  ];
}

function readRoutes({ db }: Pick<CpApiDeps, 'db'>, guards: Guards): Route[] {
  const reader = { tag: TAG, group: 'admin', guard: guards.operator(), method: 'get' } as const;
  return [
    route({
      ...reader,
      path: '/imbalance/signals',
      summary: 'Signals with their deliveries, newest first',
      query: z.object({
        ...cursorQuery,
        state: anyCase(STATES).optional(),
        wlId: wlId.optional(),
        src: wlId.optional(),
        dst: wlId.optional(),
      }),
      responses: { 200: pageOf(signalView) },
      handler: async ({ query: { limit, cursor, ...filter } }) => {
        const before = decodeCursor(cursor, position);
        const signals = await listSignals(db, { ...filter, limit, before });
        const last = signals.at(-1);
        const isMore = signals.length === limit && last !== undefined;
        const end = isMore && { createdAt: last.createdAt.toISOString(), id: last.id };
        const items = signals.map(signalViewOf);
        return { status: 200, body: { items, ...(end && { nextCursor: encodeCursor(end) }) } };
      },
    }),
    route({
      ...reader,
      path: '/imbalance/signals/:id',
      summary: 'One signal with its deliveries and their last attempts',
      params: signalParams,
      responses: { 200: signalDetailsView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id } }) => ({ status: 200, body: await detailsOf(db, id) }),
    }),
  ];
}

async function detailsOf(
  db: Kysely<CpSchema>,
  signalId: string,
): Promise<z.output<typeof signalDetailsView>> {
  const signal = foundOrProblem(await readSignal(db, signalId));
  const deliveries = await Promise.all(
    signal.deliveries.map(async (delivery) => {
      const page = { signalId, wlId: delivery.wlId, limit: SHOWN_ATTEMPTS };
      const attempts = await lastAttempts(db, page);
      return { ...deliveryViewOf(signalId, delivery), attempts: attempts.map(attemptViewOf) };
    }),
  );
  return { ...signalViewOf(signal), deliveries };
}

function ackRoute({ db, signals }: Pick<CpApiDeps, 'db' | 'signals'>, guards: Guards): Route {
  return route({
    tag: 'White label',
    group: 'wl',
    // The path's id is a signal's; whose delivery it is, the token says.
    guard: guards.wlToken('signals:ack'),
    method: 'post',
    path: '/imbalance/signals/:signalId/ack',
    summary: 'The white label has done what the signal said',
    params: z.object({ signalId: z.uuid().toLowerCase() }),
    body: ackBody,
    responses: { 200: ackView },
    refuses: ['NOT_FOUND'],
    handler: async ({ params: { signalId }, body, principal, facts }) => {
      const { id } = principal;
      const ack = {
        signalId,
        wlId: id,
        kind: body.status === 'STALE' ? ('STALE' as const) : ('EXPLICIT' as const),
        appliedAt: body.appliedAt === undefined ? undefined : new Date(body.appliedAt),
        offersChanged: body.offersChanged,
      };
      const acked = valueOrProblem(await ackExplicitly(db, ack, authorOf(principal, facts)));
      const done = acked.isNew ? [{ signalId, wlId: id }, ...acked.superseded] : [];
      signals.look(done.map(signalWorkflowId));
      return { status: 200, body: { id: signalId, wlId: id, state: acked.state } };
    },
  });
}

const KEY_USE = { use: 'sig', alg: 'EdDSA' } as const;

/**
 * Apart from the JWKS of tokens: its verifiers take RSA keys only, and one key of another kind
 * would make those that are deployed already refuse the whole document.
 */
function keysRoute({ db }: Pick<CpApiDeps, 'db'>): Route {
  return route({
    tag: 'Keys',
    group: 'public',
    guard: anyone,
    method: 'get',
    path: '/.well-known/webhook-keys.json',
    summary: 'Public keys of the v1a signatures on signals',
    responses: { 200: webhookKeysView },
    handler: async () => {
      const keys = await publicWebhookKeys(db);
      return {
        status: 200,
        body: { keys: keys.map(({ kid, kty, crv, x }) => ({ kid, kty, crv, x, ...KEY_USE })) },
        headers: { 'Cache-Control': `public, max-age=${KEYS_MAX_AGE_SECONDS}` },
      };
    },
  });
}
