import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER, IMPORTER } from '../../http/example-parties.ts';

/** Calls of the Control Plane's routes, telemetry; data of the local stack. */
export const TELEMETRY_EXAMPLES: RouteExamples = {
  'POST /telemetry/events': {
    request: {
      events: [
        {
          eventId: '01a204ef-c7ff-7343-a618-17d98e877aef',
          type: 'trader.account.confirmed',
          schemaVersion: 1,
          occurredAt: '2026-11-22T20:25:52.896Z',
          wlId: EXPORTER,
          correlationId: 'import:c258bc6f-b3f7-4cc9-abc4-1b8ceb23ddd7',
          data: { wlId: EXPORTER, traderId: 'trader-exporter-1' },
          signature: 'eyJhbGciOiJSUzI1NiIs…',
        },
      ],
    },
    answer: {
      status: 200,
      body: { results: [{ eventId: '01a204ef-c7ff-7343-a618-17d98e877aef', result: 'ACCEPTED' }] },
    },
  },
  'GET /admin/api/telemetry/quarantine': {
    params: { limit: '200' },
    answer: {
      status: 200,
      body: {
        items: [
          {
            id: '01a204f2-0a8f-712c-a0ea-8c1cc3eb1a30',
            wlId: IMPORTER,
            reason: 'SCHEMA_INVALID',
            detail:
              'eventId: Invalid UUID; schemaVersion: Invalid input: expected 1; occurredAt: Invalid input: expected string, received undefined',
            eventId: 'qa***@xpory.local',
            type: 'TRADER_PURCHASE',
            document: {
              data: {
                note: 'call **phone** or qa***@xpory.local',
                buyerMasked: 'qa***@xpory.local',
                'qa***@xpory.local': '**phone**',
              },
              type: 'TRADER_PURCHASE',
              wlId: IMPORTER,
              eventId: 'qa***@xpory.local',
              correlationId: '**phone**',
            },
            times: 1,
            correlationId: '02f79ccd-279c-4130-bf52-96dee50ff518',
            createdAt: '2026-11-22T20:28:21.007Z',
            lastAt: '2026-11-22T20:28:21.007Z',
          },
        ],
      },
    },
    executable: true,
  },
};
