import { z } from 'zod';
import type { Kysely, Selectable } from 'kysely';
import {
  listHoldDecisions,
  readHoldDecisions,
  type DecidedHold,
  type HoldDecisions,
} from '../../../db/wl/holds/decisions.ts';
import type { HoldTransitionTable, TradeTransitionTable, WlTables } from '../../../db/wl/schema.ts';
import { listTradeDecisions } from '../../../db/wl/trades/decisions.ts';
import { exporterDecisions, exporterTrade, importerTrade } from '../../decisions/schemas.ts';
import { cursorQuery, decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import type { Guards } from '../guards/guards.ts';
import { tradeParams } from '../trader/schemas.ts';

export interface DecisionRouteDeps {
  readonly db: Kysely<WlTables>;
  readonly guards: Pick<Guards, 'support'>;
}

const wlId = z.uuid().toLowerCase();
const instant = z.iso.datetime({ offset: true });
const MAX_STAMP = 40;
const position = z.object({ at: z.string().max(MAX_STAMP), id: z.uuid() });
const pairQuery = z.object({
  ...cursorQuery,
  partner: wlId,
  since: instant,
  until: instant.optional(),
});

/** What was decided, and by what: for explaining a refusal, and for asking what if. */
export function decisionRoutes(deps: DecisionRouteDeps): Route[] {
  return [exporterRoute(deps), exporterListRoute(deps), importerListRoute(deps)];
}

const common = { method: 'get', tag: 'Support', group: 'support' } as const;

function exporterRoute({ db, guards }: DecisionRouteDeps): Route {
  return route({
    ...common,
    path: '/api/v2/trader/purchases/:tradeId/decisions',
    summary: 'Each decision of this exporter on a trade, with what it was made by',
    guard: guards.support('support:read'),
    params: tradeParams,
    query: z.object({ requesterWlId: wlId.optional() }),
    responses: { 200: exporterDecisions },
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handler: async ({ params: { tradeId }, query: { requesterWlId: requester } }) => {
      const [only, ...others] = await readHoldDecisions(db, { tradeId, requester });
      if (only === undefined) throw new Problem('NOT_FOUND');
      if (others.length > 0) {
        const detail = 'More than one importer uses this trade id: name it by requesterWlId.';
        throw new Problem('CONFLICT', { detail });
      }
      return { status: 200, body: exporterView(tradeId, only) };
    },
  });
}

function exporterView(
  tradeId: string,
  { hold, moves }: HoldDecisions,
): z.input<typeof exporterDecisions> {
  return {
    tradeId,
    requesterWlId: hold.requester,
    state: hold.state,
    ...(hold.reason !== null && { reason: hold.reason as never }),
    decisions: decisionItems(moves),
  };
}

/** The moves that were decisions, in their order. */
export function decisionItems(
  moves: readonly Selectable<HoldTransitionTable | TradeTransitionTable>[],
): z.input<typeof exporterDecisions>['decisions'] {
  return moves.flatMap((move) =>
    move.inputs === null
      ? []
      : [
          {
            version: move.version,
            from: move.from_state,
            to: move.to_state,
            ...(move.reason !== null && { reason: move.reason as never }),
            at: move.at.toISOString(),
            decision: move.inputs as never,
          },
        ],
  );
}

function exporterListRoute({ db, guards }: DecisionRouteDeps): Route {
  return route({
    ...common,
    path: '/api/v2/trader/purchase-decisions',
    summary: 'Preflights of one importer, the newest first',
    guard: guards.support('support:read'),
    query: pairQuery,
    responses: { 200: pageOf(exporterTrade) },
    handler: async ({ query }) => {
      const rows = await listHoldDecisions(db, pageQuery(query));
      return paged(rows, query.limit, {
        view: exporterTradeView,
        positionOf: (row) => ({ at: row.at, id: row.holdId }),
      });
    },
  });
}

function exporterTradeView(row: DecidedHold): z.input<typeof exporterTrade> {
  return {
    ...(row.tradeId !== null && { tradeId: row.tradeId }),
    holdId: row.holdId,
    at: row.createdAt.toISOString(),
    state: row.state,
    ...(row.releasedAt !== null && { releasedAt: row.releasedAt.toISOString() }),
    ...(row.reason !== null && { reason: row.reason as never }),
    ...(row.preflight !== null && { preflight: row.preflight as never }),
  };
}

function importerListRoute({ db, guards }: DecisionRouteDeps): Route {
  return route({
    ...common,
    path: '/api/v2/purchase-decisions',
    summary: 'Purchases from one exporter, the newest first',
    guard: guards.support('support:read'),
    query: pairQuery,
    responses: { 200: pageOf(importerTrade) },
    handler: async ({ query }) => {
      const rows = await listTradeDecisions(db, pageQuery(query));
      return paged(rows, query.limit, {
        view: (row): z.input<typeof importerTrade> => ({
          tradeId: row.tradeId,
          at: row.createdAt.toISOString(),
          state: row.state,
          ...(row.reason !== null && { reason: row.reason }),
          ...(row.request !== null && { request: row.request as never }),
        }),
        positionOf: (row) => ({ at: row.at, id: row.tradeId }),
      });
    },
  });
}

function pageQuery({ partner, since, until, limit, cursor }: z.output<typeof pairQuery>) {
  return {
    partner,
    since: new Date(since),
    until: until === undefined ? FAR_FUTURE : new Date(until),
    limit: limit + 1,
    after: decodeCursor(cursor, position),
  };
}

/** Behind everything that was decided, and still a timestamp of PostgreSQL. */
const FAR_FUTURE = new Date('9999-12-31T00:00:00.000Z');

function paged<Row, View>(
  rows: readonly Row[],
  limit: number,
  {
    view,
    positionOf,
  }: { view: (row: Row) => View; positionOf: (row: Row) => z.output<typeof position> },
) {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    status: 200,
    body: {
      items: page.map(view),
      ...(more && { nextCursor: encodeCursor(positionOf(last)) }),
    },
  };
}
