import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER } from '../../http/example-parties.ts';

/** Calls of the Control Plane's routes, trader accounts; data of the local stack. */
export const TRADER_ACCOUNTS_EXAMPLES: RouteExamples = {
  'GET /admin/api/wls/:id/trader': {
    params: { id: EXPORTER },
    answer: {
      status: 200,
      body: {
        wlId: EXPORTER,
        name: 'Conta Trader Exporter',
        status: 'ACTIVE',
        contactEmail: 'ex***@example.com',
        contactPhone: '***01',
        confirmedAt: '2026-11-22T20:25:52.896Z',
        createdAt: '2026-11-22T20:25:51.484Z',
        updatedAt: '2026-11-22T20:25:53.669Z',
      },
    },
    executable: true,
  },
  'POST /admin/api/wls/:id/trader': {
    params: { id: EXPORTER },
    request: {
      name: 'Conta Trader Exporter',
      status: 'active',
      contactPhone: '+55 11 90000-0001',
      contactEmail: 'exporter@example.com',
    },
    answer: {
      status: 201,
      body: {
        wlId: EXPORTER,
        name: 'Conta Trader Exporter',
        status: 'ACTIVE',
        contactEmail: 'ex***@example.com',
        contactPhone: '***01',
        confirmedAt: null,
        createdAt: '2026-11-22T20:25:51.484Z',
        updatedAt: '2026-11-22T20:25:51.484Z',
      },
    },
  },
};
