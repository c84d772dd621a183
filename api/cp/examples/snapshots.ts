import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER } from '../../http/example-parties.ts';

/** Calls of the Control Plane's routes, snapshots; data of the local stack. */
export const SNAPSHOTS_EXAMPLES: RouteExamples = {
  'POST /admin/api/wls/:id/offer-categories/sync': {
    params: { id: EXPORTER },
    answer: {
      status: 200,
      body: { count: 9, activeOffers: 61, syncedAt: '2026-11-22T20:25:55.321Z' },
    },
  },
  'GET /admin/api/wls/:id/offer-categories': {
    params: { id: EXPORTER, limit: '2' },
    answer: {
      status: 200,
      body: {
        items: [{ id: '3', name: 'Alimentação', activeOffers: 8 }],
        total: 9,
        syncedAt: '2026-11-22T20:25:55.321Z',
      },
    },
    executable: true,
  },
  'POST /admin/api/wls/:id/entities/sync': {
    params: { id: EXPORTER },
    answer: {
      status: 200,
      body: { count: 9, activeOffers: 61, syncedAt: '2026-11-22T20:25:55.671Z' },
    },
  },
  'GET /admin/api/wls/:id/entities': {
    params: { id: EXPORTER, limit: '2' },
    answer: {
      status: 200,
      body: {
        items: [{ id: '70109', name: 'Buffet Jardim das Festas', activeOffers: 6 }],
        total: 9,
        syncedAt: '2026-11-22T20:25:55.671Z',
      },
    },
    executable: true,
  },
};
