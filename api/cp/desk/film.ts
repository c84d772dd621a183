import { z } from 'zod';
import { keyOf } from '../../../db/cp/trades/row.ts';
import { FILM_CODES, FILM_LANES, makeFilm } from '../../../domain/telemetry/film.ts';
import { route, type Route } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { timestamp } from '../schemas.ts';
import { oneTrade } from '../trades/one.ts';
import { tradeKeyQuery, tradeParams, tradeView } from '../trades/schemas.ts';
import { tradeViewOf } from '../trades/view.ts';
import { askParties, MISSING_REASONS, readKnown } from './film-sources.ts';

const text = z.string();
const lane = z.enum(FILM_LANES);

const entryView = z.object({
  at: text.meta({ description: 'By the clock of its lane, ISO 8601 UTC.' }),
  lane,
  kind: z.enum(['state', 'step', 'message', 'wait', 'signal', 'event', 'token', 'person']),
  code: z.enum(FILM_CODES).meta({ description: 'What happened; `what` says it in English.' }),
  what: text,
  isUsed: z.boolean().optional().meta({ description: 'Of a token: a call here went with it.' }),
  durationMs: z.number().optional(),
  details: z.record(text, z.union([text, z.number(), z.boolean(), z.null()])),
});

export const filmView = z.object({
  format: z.literal('xpory-film/1'),
  madeAt: timestamp,
  trade: tradeView,
  correlationIds: z.array(text),
  missing: z
    .array(z.object({ lane, why: z.enum(MISSING_REASONS), detail: text }))
    .meta({ description: 'What could not be shown, and why; the rest is here.' }),
  clocks: z
    .array(z.object({ lane, offsetMs: z.number(), uncertaintyMs: z.number() }))
    .meta({ description: "Each party's clock less the Control Plane's." }),
  slowest: z
    .object({
      ...{ lane, code: z.enum(FILM_CODES), what: text, at: text },
      ...{ durationMs: z.number(), share: z.number() },
    })
    .nullable(),
  entries: z.array(entryView),
});

/** A trade on one timeline, joined from both parties' own rows and engines and what we know. */
export function filmRoute(deps: Pick<CpApiDeps, 'db' | 'supportDesk'>, guards: Guards): Route {
  return route({
    tag: 'Support',
    group: 'admin',
    guard: guards.operator('support', 'auditor'),
    method: 'get',
    path: '/admin/api/trades/:id/film',
    summary: 'Everything that happened to one trade, in order, with the slow hop named',
    params: tradeParams,
    query: tradeKeyQuery.extend({ download: z.enum(['0', '1']).optional() }),
    responses: { 200: filmView },
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handler: async ({ params, query: { download, ...which }, principal }) => {
      const row = await oneTrade(deps.db, params, which);
      const key = keyOf(row);
      const [[importer, exporter], known] = await Promise.all([
        askParties(deps, key, principal.id),
        readKnown(deps, key),
      ]);
      const clocks = [importer, exporter].flatMap(({ clock }) =>
        clock === undefined ? [] : [clock],
      );
      const film = makeFilm({
        ...{ ...known, clocks },
        importer: importer.party,
        exporter: exporter.party,
      });
      const name = encodeURIComponent(key.tradeId);
      return {
        status: 200,
        body: {
          format: 'xpory-film/1',
          madeAt: new Date().toISOString(),
          trade: tradeViewOf(row),
          missing: [...importer.missing, ...exporter.missing],
          ...{ clocks, ...film },
        },
        ...(download === '1' && {
          headers: { 'Content-Disposition': `attachment; filename="film-${name}.json"` },
        }),
      };
    },
  });
}
