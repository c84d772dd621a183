import { z } from 'zod';
import { readEventKeyHistory } from '../../../db/cp/telemetry/event-keys.ts';
import {
  openEventDays,
  readIntakeClock,
  storeBatch,
  type RefusedEvent,
  type VerifiedEvent,
} from '../../../db/cp/telemetry/intake.ts';
import { listQuarantine, type QuarantineRow } from '../../../db/cp/telemetry/quarantine.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { route, type Route } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { judge } from './judge.ts';
import { intakeBody, intakeView, quarantineQuery, quarantineView } from './schemas.ts';

type TelemetryDeps = Pick<CpApiDeps, 'db' | 'work' | 'onEvent'>;

/** What WLs report, and what of it was refused. */
export function telemetryRoutes(deps: TelemetryDeps, guards: Guards): Route[] {
  return [intakeRoute(deps, guards), quarantineRoute(deps, guards)];
}

function intakeRoute({ db, work, onEvent }: TelemetryDeps, guards: Guards): Route {
  const days = createDayKeeper(db);
  return route({
    tag: 'Telemetry',
    group: 'telemetry',
    guard: guards.wlToken('telemetry:write'),
    method: 'post',
    path: '/telemetry/events',
    summary: 'Report one event or up to 500; each is accepted, known already or set aside',
    body: intakeBody,
    // One event that no table can hold must not refuse its batch.
    judgesTexts: true,
    responses: { 200: intakeView },
    handler: async ({ body, principal: { id: wlId }, facts: { correlationId } }) => {
      const raw: readonly unknown[] = isBatch(body) ? body.events : [body];
      const [receivedAt, keys] = await Promise.all([
        readIntakeClock(db),
        readEventKeyHistory(db, wlId),
      ]);
      await days.open(receivedAt);
      const judged = raw.map((event) => judge(event, { wlId, keys, receivedAt }));
      const verified: VerifiedEvent[] = judged.filter((one) => one.accepted);
      const refused: RefusedEvent[] = judged.filter((one) => !one.accepted);
      const outcomes = await storeBatch(db, { wlId, verified, refused, correlationId });
      // What the events moved may have ordered work.
      work.kick();
      const inOrder = outcomes.values();
      const results = judged.map((one) =>
        one.accepted
          ? { eventId: one.event.eventId, result: inOrder.next().value ?? 'DUPLICATE' }
          : {
              eventId: one.eventId ?? null,
              result: 'QUARANTINED' as const,
              code: one.reason,
              detail: one.detail,
            },
      );
      for (const [index, one] of results.entries()) {
        const taken = judged[index];
        onEvent?.({
          result: one.result,
          reason: 'code' in one ? one.code : 'none',
          ...(taken?.accepted === true && { correlationId: taken.event.correlationId }),
        });
      }
      return { status: 200, body: { results } };
    },
  });
}

function isBatch(body: z.output<typeof intakeBody>): body is { events: unknown[] } {
  return 'events' in body;
}

/** Asks for a day's table (UTC) once a process and day: afterwards it is there. */
function createDayKeeper(db: TelemetryDeps['db']): { open(now: Date): Promise<void> } {
  let opened = '';
  return {
    async open(now) {
      const day = now.toISOString().slice(0, 'YYYY-MM-DD'.length);
      if (day === opened) return;
      await openEventDays(db, now);
      opened = day;
    },
  };
}

function quarantineRoute({ db }: TelemetryDeps, guards: Guards): Route {
  return route({
    tag: 'Telemetry',
    group: 'admin',
    guard: guards.operator(),
    method: 'get',
    path: '/admin/api/telemetry/quarantine',
    summary: 'Events that were refused, newest first',
    query: quarantineQuery,
    responses: { 200: pageOf(quarantineView) },
    handler: async ({ query: { limit, cursor, wlId, reason } }) => {
      const after = decodeCursor(cursor, z.uuid());
      const rows = await listQuarantine(db, { limit, after, wlId, reason });
      const last = rows.at(-1);
      const more = rows.length === limit && last !== undefined;
      const next = more ? { nextCursor: encodeCursor(last.id) } : {};
      return { status: 200, body: { items: rows.map(viewOf), ...next } };
    },
  });
}

function viewOf(row: QuarantineRow): z.output<typeof quarantineView> {
  return {
    id: row.id,
    wlId: row.wl_id,
    reason: row.reason,
    detail: row.detail,
    eventId: row.event_id,
    type: row.type,
    document: row.document_masked,
    times: row.times,
    correlationId: row.correlation_id,
    createdAt: row.created_at.toISOString(),
    lastAt: row.last_at.toISOString(),
  };
}
