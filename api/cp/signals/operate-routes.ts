import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Author } from '../../../db/cp/schema.ts';
import type { Delivery } from '../../../db/cp/signals/deliver.ts';
import { cancelSignal, signalByOperator } from '../../../db/cp/signals/operate.ts';
import { readSignal } from '../../../db/cp/signals/read.ts';
import {
  countRedrive,
  redrivePage,
  type RedriveCount,
  type RedriveFilter,
} from '../../../db/cp/signals/redrive.ts';
import { askTest } from '../../../db/cp/signals/test.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { signalWorkflowId } from '../../../workflows/signal-dispatch/contract.ts';
import { fingerprint } from '../../http/idempotency.ts';
import { route, type Route } from '../../http/route.ts';
import { authorOf, foundOrProblem, valueOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { signalParams } from './params.ts';
import {
  cancelBody,
  redriveBody,
  redriveView,
  signalBody,
  signalView,
  signalViewOf,
  testBody,
  testView,
} from './schemas.ts';

type OperateDeps = Pick<CpApiDeps, 'db' | 'work' | 'signals'>;

const CREATE_ROUTE = 'POST /imbalance/signals';

/** What people do with signals. */
export function operateRoutes(deps: OperateDeps, guards: Guards): Route[] {
  const common = {
    tag: 'Signals',
    group: 'admin',
    method: 'post',
    guard: guards.operator('operator', 'risk'),
  } as const;
  return [
    createRoute(deps, common),
    route({
      ...common,
      path: '/imbalance/signals/redrive',
      summary: 'Send again what is final, and try at once what is open; dryRun only counts',
      body: redriveBody,
      responses: { 200: redriveView },
      handler: async ({ body, principal, facts }) => {
        const filter = filterOf(body);
        const { dryRun } = body;
        const count = dryRun
          ? await countRedrive(deps.db, filter)
          : await redrive(deps, filter, authorOf(principal, facts));
        return { status: 200, body: { dryRun, ...count } };
      },
    }),
    route({
      ...common,
      path: '/imbalance/signals/test',
      summary: 'Ask one gateway whether it takes signals, without any effect',
      body: testBody,
      responses: { 200: testView },
      refuses: ['NOT_FOUND', 'ENGINE_UNAVAILABLE'],
      handler: async ({ body: { wlId }, principal, facts }) => {
        const testId = randomUUID();
        const author = authorOf(principal, facts);
        valueOrProblem(await askTest(deps.db, { testId, wlId, author }));
        const { correlationId } = facts;
        return { status: 200, body: await deps.signals.test({ testId, wlId, correlationId }) };
      },
    }),
    route({
      ...common,
      path: '/imbalance/signals/:id/cancel',
      summary: 'Stop what is still open of a signal, at one white label or at both',
      params: signalParams,
      body: cancelBody,
      responses: { 200: signalView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id }, body, principal, facts }) => {
        const author = authorOf(principal, facts);
        const request = { signalId: id, ...body, author };
        const cancelled = valueOrProblem(await cancelSignal(deps.db, request));
        deps.signals.look(cancelled.map(signalWorkflowId));
        return { status: 200, body: signalViewOf(foundOrProblem(await readSignal(deps.db, id))) };
      },
    }),
  ];
}

interface Common {
  readonly tag: string;
  readonly group: 'admin';
  readonly method: 'post';
  readonly guard: ReturnType<Guards['operator']>;
}

function createRoute({ db, work }: OperateDeps, common: Common): Route {
  return route({
    ...common,
    path: '/imbalance/signals',
    summary: 'Signal DISABLE or ENABLE about a pair to both its white labels',
    idempotency: 'required',
    body: signalBody,
    responses: { 200: signalView, 201: signalView },
    refuses: ['NOT_FOUND', 'IDEMPOTENCY_MISMATCH'],
    handler: async ({ body, principal, facts, idempotencyKey }) => {
      invariant(idempotencyKey !== undefined, 'the route requires a key');
      const { src, dst, action, reason } = body;
      const keyed = {
        route: CREATE_ROUTE,
        actor: principal.id,
        key: idempotencyKey,
        fingerprint: fingerprint(body),
      };
      const author = authorOf(principal, facts);
      const request = { pair: { src, dst }, action, reason, author, keyed };
      const { id, replayed } = valueOrProblem(await signalByOperator(db, request), {
        NOT_FOUND: 'The two have no relationship in this direction.',
      });
      work.kick();
      const view = signalViewOf(foundOrProblem(await readSignal(db, id)));
      return replayed
        ? { status: 200, body: view, headers: { 'Idempotency-Replayed': 'true' } }
        : { status: 201, body: view };
    },
  });
}

function filterOf({ ids, filter = {} }: z.output<typeof redriveBody>): RedriveFilter {
  const { since, ...rest } = filter;
  return { ...rest, ids, since: since === undefined ? undefined : new Date(since) };
}

/** Page by page; each is committed and on its way before the next one is read. */
async function redrive(
  { db, work, signals }: OperateDeps,
  filter: RedriveFilter,
  author: Author,
): Promise<RedriveCount> {
  const sum = { reopened: 0, open: 0 };
  // Pages go on by key, so that what one has reopened is not met again.
  for (let after: Delivery | undefined; ;) {
    const { count, deliveries } = await redrivePage(db, { filter, after, author });
    after = deliveries.at(-1);
    if (after === undefined) return sum;
    sum.reopened += count.reopened;
    sum.open += count.open;
    work.kick();
    signals.look(deliveries.map(signalWorkflowId));
  }
}
