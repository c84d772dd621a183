import { z } from 'zod';
import {
  ATTENTION_KINDS,
  countAttention,
  listAttention,
  type AttentionRow,
} from '../../../db/cp/desk/attention.ts';
import type { TraderPurchaseData } from '../../../domain/telemetry/events.ts';
import { cursorQuery, decodeCursor, encodeCursor } from '../../http/pagination.ts';
import { route, type Route } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { anyCase, timestamp, wlId } from '../schemas.ts';

const MAX_TEXT = 200;
const text = z.string();
const party = z.object({ wlId: text, name: text.nullable() });

const tradePart = z.object({
  tradeId: text,
  importer: party,
  exporter: party,
  status: text,
  offer: z.object({ id: text, title: text, category: text }),
  buyerMasked: text,
  seller: text,
  quantity: z.int(),
  amount: text,
  currency: text,
  importedAmount: text.nullable(),
  importedCurrency: text.nullable(),
  workflowId: text,
  parkedFrom: text.nullable().meta({ description: 'The state that it goes on from.' }),
});

export const attentionView = z.object({
  kind: z.enum(ATTENTION_KINDS),
  id: text,
  since: timestamp,
  reason: text.meta({
    description: 'Why it is parked, in what the sides differ, or why the event was refused.',
  }),
  subject: text.meta({ description: '`trade/<importer>/<exporter>/<tradeId>` or `wl/<id>`.' }),
  correlationId: text.nullable(),
  trade: tradePart.nullable(),
  quarantined: z.object({ wlId: text, detail: text, times: z.int() }).nullable(),
});

export const attentionList = z.object({
  items: z.array(attentionView),
  counts: z
    .object({ parked: z.int(), mismatches: z.int(), quarantined: z.int() })
    .meta({ description: 'All that wait, whatever the page and the search.' }),
  nextCursor: text.optional(),
});

const position = z.object({ since: timestamp, kind: z.enum(ATTENTION_KINDS), id: text });

/** What waits for a person: parked purchases, open mismatches, refused events of the last day. */
export function attentionRoute({ db }: Pick<CpApiDeps, 'db'>, guards: Guards): Route {
  return route({
    tag: 'Support',
    group: 'admin',
    guard: guards.operator(),
    method: 'get',
    path: '/admin/api/attention',
    summary: 'What waits for a person, newest first, with counts',
    query: z.object({
      ...cursorQuery,
      kind: anyCase(ATTENTION_KINDS).optional(),
      wl: wlId.optional(),
      text: z.string().min(1).max(MAX_TEXT).optional(),
    }),
    responses: { 200: attentionList },
    handler: async ({ query: { limit, cursor, ...filter } }) => {
      const after = decodeCursor(cursor, position);
      const [rows, counts] = await Promise.all([
        listAttention(db, filter, { limit: limit + 1, after }),
        countAttention(db),
      ]);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const more = rows.length > limit && last !== undefined;
      const items = page.map(viewOf);
      return {
        status: 200,
        body: { items, counts, ...(more && { nextCursor: encodeCursor(positionOf(last)) }) },
      };
    },
  });
}

function positionOf({ since, kind, id }: AttentionRow): z.output<typeof position> {
  return { since: since.toISOString(), kind, id };
}

function viewOf(row: AttentionRow): z.output<typeof attentionView> {
  const { kind, id, since, reason, wl_id: sender } = row;
  const about = [row.importer, row.exporter, row.trade_id].join('/');
  return {
    ...{ kind, id, reason, since: since.toISOString() },
    subject: sender === null ? `trade/${about}` : `wl/${sender}`,
    correlationId: row.correlation_id,
    trade: tradePartOf(row),
    quarantined:
      sender === null ? null : { wlId: sender, detail: row.detail ?? '', times: row.times ?? 1 },
  };
}

function tradePartOf(row: AttentionRow): z.output<typeof tradePart> | null {
  const { importer, exporter, trade_id: tradeId } = row;
  if (importer === null || exporter === null || tradeId === null) return null;
  // Written by the projection, from an event whose schema the intake has checked.
  const document = row.document as TraderPurchaseData;
  const { offer, buyerMasked, quantity, amount, currency, workflowId } = document;
  return {
    ...{ tradeId, offer, buyerMasked, quantity, amount, currency, workflowId },
    importer: { wlId: importer, name: row.importer_name },
    exporter: { wlId: exporter, name: row.exporter_name },
    status: row.status ?? 'PENDING',
    seller: document.sellerName,
    importedAmount: document.importedAmount ?? null,
    importedCurrency: document.importedCurrency ?? null,
    parkedFrom: document.parkedFrom ?? null,
  };
}
