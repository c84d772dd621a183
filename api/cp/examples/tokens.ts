import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER, IMPORTER } from '../../http/example-parties.ts';

/** Calls of the Control Plane's routes, tokens; data of the local stack. */
export const TOKENS_EXAMPLES: RouteExamples = {
  'POST /wls/:id/token': {
    params: { id: IMPORTER },
    answer: {
      status: 200,
      body: {
        token: 'eyJhbGciOiJSUzI1NiIs…',
        expiresAt: '2026-11-22T21:26:00.000Z',
        scope: 'policies:read telemetry:write signals:ack',
      },
    },
    executable: true,
  },
  'POST /wls/:id/peer-token': {
    params: { id: IMPORTER },
    request: { targetWlId: EXPORTER, scopes: ['offers:sync', 'trader:purchase'] },
    answer: {
      status: 200,
      body: {
        token: 'eyJhbGciOiJSUzI1NiIs…',
        expiresAt: '2026-01-06T13:00:00.000Z',
        scope: 'offers:sync trader:purchase',
      },
    },
    executable: true,
  },
  'POST /admin/api/wls/:id/support-token': {
    params: { id: IMPORTER },
    answer: {
      status: 200,
      body: {
        token: 'eyJhbGciOiJSUzI1NiIs…',
        expiresAt: '2026-11-22T20:31:09.000Z',
        scope: 'support:read support:act',
      },
    },
    executable: true,
  },
};
