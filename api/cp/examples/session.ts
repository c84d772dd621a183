import type { RouteExamples } from '../../http/openapi.ts';

/** Calls of the Control Plane's routes, session; data of the local stack. */
export const SESSION_EXAMPLES: RouteExamples = {
  'POST /admin/api/auth/login': {
    request: { email: 'master@xpory.local', password: 'changeit' },
    answer: {
      status: 200,
      body: {
        token: 'eyJhbGciOiJSUzI1NiIs…',
        expiresAt: '2026-01-06T12:30:00.000Z',
        user: {
          id: 'b6f2b5c2-7a55-4c3e-8f70-4c1f0f3d9a10',
          email: 'ma***@xpory.local',
          name: null,
          roles: ['master'],
        },
      },
    },
    executable: true,
  },
  'GET /admin/api/session': {
    answer: {
      status: 200,
      body: {
        user: {
          id: '6051c2a5-8fdb-4cf2-b2bb-0a0e9d39db91',
          email: 'ma***@xpory.local',
          roles: ['master'],
        },
        expiresAt: '2026-11-22T20:55:50.000Z',
        profile: 'local',
        temporalUiUrl: 'http://127.0.0.1:9443',
        namespaces: {
          'fd1a88a9-3a01-43bb-ae20-32618c1b3752': 'wl-exporter',
          '2a6f8e2c-874c-4476-aac3-0d535fb52ac7': 'wl-importer',
          cp: 'cp',
        },
      },
    },
    executable: true,
  },
};
