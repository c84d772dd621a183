import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import {
  TOUCHED,
  countTouched,
  findReported,
  listTouched,
  type ReportedKey,
  type Touched,
  type TouchedItem,
} from '../../../db/cp/key-report.ts';
import { cursorQuery, decodeCursor, encodeCursor } from '../../http/pagination.ts';
import { route, type Reply, type Route } from '../../http/route.ts';
import { foundOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { timestamp } from '../schemas.ts';

const MAX_ID = 128;
// A table is taken whole, for a spreadsheet; what is more is asked for by pages and type.
const CSV_ROWS_MAX = 50_000;
const CSV_COLUMNS = ['type', 'at', 'id', 'wlId', 'partner', 'detail'];

const count = z.int().min(0);
const reportView = z.object({
  key: z.object({
    kind: z.enum(['SIGNING_KEY', 'EVENT_KEY', 'WEBHOOK_KEY', 'CERTIFICATE']),
    id: z.string(),
    owner: z.string(),
    state: z.string(),
    from: timestamp.nullable(),
    until: timestamp.nullable(),
  }),
  counts: z.object({ tokens: count, trades: count, signals: count, events: count }),
  items: z.array(
    z.object({
      type: z.enum(TOUCHED),
      at: timestamp,
      id: z.string(),
      wlId: z.string(),
      partner: z.string().nullable(),
      detail: z.string(),
    }),
  ),
  nextCursor: z.string().optional(),
});
const position = z.object({ at: timestamp, type: z.enum(TOUCHED), id: z.string() });

/** What to look at when a key has leaked. */
export function keyReportRoute({ db }: Pick<CpApiDeps, 'db'>, guards: Guards): Route {
  return route({
    tag: 'Keys',
    group: 'admin',
    guard: guards.operator('auditor', 'master'),
    method: 'get',
    path: '/admin/api/keys/:kid/report',
    summary:
      'Every token, trade, signal and event that a key or certificate touched; CSV by Accept',
    params: z.object({ kid: z.string().min(1).max(MAX_ID) }),
    query: z.object({ ...cursorQuery, type: z.enum(TOUCHED).optional() }),
    responses: { 200: [reportView, 'csv'] },
    refuses: ['NOT_FOUND'],
    handler: async ({ params: { kid }, query, facts }): Promise<Reply> => {
      const key = foundOrProblem(await findReported(db, kid));
      const { type, limit } = query;
      if (facts.header('accept')?.toLowerCase().includes('text/csv') === true) {
        const rows = await listTouched(db, key, { type, limit: CSV_ROWS_MAX });
        const body = stringify(rows.map(itemOf), { header: true, columns: CSV_COLUMNS });
        return { status: 200, body, contentType: 'text/csv; charset=utf-8' };
      }
      const after = decodeCursor(query.cursor, position);
      const items = (await listTouched(db, key, { type, limit, after })).map(itemOf);
      const last = items.at(-1);
      const more = items.length === limit && last !== undefined;
      return {
        status: 200,
        body: {
          key: keyOf(key),
          counts: countsOf(await countTouched(db, key)),
          items,
          ...(more
            ? { nextCursor: encodeCursor({ at: last.at, type: last.type, id: last.id }) }
            : {}),
        },
      };
    },
  });
}

function keyOf({ kind, id, owner, state, from, until }: ReportedKey) {
  return {
    ...{ kind, id, owner, state },
    from: from?.toISOString() ?? null,
    until: until?.toISOString() ?? null,
  };
}

function itemOf({ at, ...item }: TouchedItem) {
  return { ...item, at: at.toISOString() };
}

function countsOf(counts: Record<Touched, number>) {
  const { TOKEN: tokens, TRADE: trades, SIGNAL: signals, EVENT: events } = counts;
  return { tokens, trades, signals, events };
}
