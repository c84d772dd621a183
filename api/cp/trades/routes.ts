import { z } from 'zod';
import { keyOf } from '../../../db/cp/trades/row.ts';
import { listTrades, mismatchesOf, type NamedTrade } from '../../../db/cp/trades/read.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { route, type Route } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { timestamp } from '../schemas.ts';
import { oneTrade } from './one.ts';
import { tradeDetails, tradeKeyQuery, tradeParams, tradesQuery, tradeView } from './schemas.ts';
import { tradeDetailsOf, tradeViewOf } from './view.ts';

type TradeDeps = Pick<CpApiDeps, 'db'>;

const position = z.object({
  startedAt: timestamp,
  importer: z.uuid(),
  exporter: z.uuid(),
  tradeId: z.string(),
});

/** Trades as both sides report them. */
export function tradeRoutes({ db }: TradeDeps, guards: Guards): Route[] {
  const guard = guards.operator();
  const common = { tag: 'Trades', group: 'admin', method: 'get', guard } as const;
  const one = { ...common, params: tradeParams, query: tradeKeyQuery } as const;
  return [
    route({
      ...{ ...common, path: '/admin/api/trades' },
      summary: 'Trades of all white labels, newest first',
      query: tradesQuery,
      responses: { 200: pageOf(tradeView) },
      handler: async ({ query: { limit, cursor, from, to, ...filter } }) => {
        const rows = await listTrades(
          db,
          { ...filter, from: instantOf(from), to: instantOf(to) },
          { limit: limit + 1, after: decodeCursor(cursor, position) },
        );
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        const more = rows.length > limit && last !== undefined;
        const items = page.map(tradeViewOf);
        return {
          status: 200,
          body: { items, ...(more && { nextCursor: encodeCursor(positionOf(last)) }) },
        };
      },
    }),
    route({
      ...{ ...one, path: '/admin/api/trades/:id' },
      summary: 'One trade; 409 where more than one has the id and the query does not say which',
      responses: { 200: tradeView },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ params, query }) => {
        const row = await oneTrade(db, params, query);
        return { status: 200, body: tradeViewOf(row) };
      },
    }),
    route({
      ...{ ...one, path: '/admin/api/trades/:id/details' },
      summary: 'One trade with what each side says of it, and what was raised about it',
      responses: { 200: tradeDetails },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ params, query }) => {
        const row = await oneTrade(db, params, query);
        return { status: 200, body: tradeDetailsOf(row, await mismatchesOf(db, keyOf(row))) };
      },
    }),
  ];
}

function instantOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

function positionOf(row: NamedTrade): z.output<typeof position> {
  const startedAt = row.started_at.toISOString();
  return { startedAt, ...keyOf(row) };
}
