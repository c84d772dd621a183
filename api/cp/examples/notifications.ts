import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER, IMPORTER } from '../../http/example-parties.ts';

/** Calls of the Control Plane's routes, notifications; data of the local stack. */
export const NOTIFICATIONS_EXAMPLES: RouteExamples = {
  'GET /admin/api/notifications': {
    params: { limit: '1' },
    answer: {
      status: 200,
      body: {
        items: [
          {
            id: '01a204f2-0a92-7ec5-b2fd-75b3ad216b6b',
            kind: 'TELEMETRY',
            severity: 'WARNING',
            title: 'Events of a white label were refused',
            subject: 'wl/2a6f8e2c-874c-4476-aac3-0d535fb52ac7',
            details: {
              wlId: IMPORTER,
              detail:
                'eventId: Invalid UUID; schemaVersion: Invalid input: expected 1; occurredAt: Invalid input: expected string, received undefined',
              reason: 'SCHEMA_INVALID',
              refused: 1,
            },
            correlationId: '02f79ccd-279c-4130-bf52-96dee50ff518',
            createdAt: '2026-11-22T20:28:21.010Z',
            readAt: null,
            readBy: null,
            closedAt: null,
          },
        ],
        unread: 4,
      },
    },
    executable: true,
  },
  'POST /admin/api/notifications/:id/read': {
    params: { id: '01a204fd-731a-7ced-b10a-c6797ab305b1' },
    answer: {
      status: 200,
      body: {
        id: '01a204fd-731a-7ced-b10a-c6797ab305b1',
        kind: 'PLAN',
        severity: 'CRITICAL',
        title: 'A white label is late',
        subject: 'wl/fd1a88a9-3a01-43bb-ae20-32618c1b3752',
        details: { wlId: EXPORTER },
        correlationId: 'c-alerts',
        createdAt: '2026-11-22T20:40:48.666Z',
        readAt: '2026-11-22T20:40:49.715Z',
        readBy: '3eb4cecc-59d0-434d-993b-9257269d168e',
        closedAt: null,
      },
    },
  },
  'GET /admin/api/alert-targets': {
    answer: {
      status: 200,
      body: {
        items: [
          {
            id: '92256672-f5a7-4563-b228-76a340db1bdf',
            kind: 'EMAIL',
            url: null,
            kinds: [],
            minSeverity: 'WARNING',
            pending: 0,
            failed: 0,
            address: 'pl***@pessoas.example',
          },
        ],
      },
    },
    executable: true,
  },
  'PUT /admin/api/alert-targets': {
    request: { targets: [{ kind: 'EMAIL', address: 'plantao@alertas.example', kinds: ['KEYS'] }] },
    answer: {
      status: 200,
      body: {
        items: [
          {
            id: 'b55cc576-23a8-45b3-84d7-b4ced5be0b0b',
            kind: 'EMAIL',
            url: null,
            kinds: ['KEYS'],
            minSeverity: 'WARNING',
            pending: 0,
            failed: 0,
            address: 'pl***@alertas.example',
          },
        ],
      },
    },
  },
};
