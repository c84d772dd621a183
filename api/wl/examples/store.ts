import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER } from '../../http/example-parties.ts';

/** Calls of the white label's routes, store; data of the local stack. */
export const STORE_EXAMPLES: RouteExamples = {
  'GET /api/v2/imported-offers': {
    params: { limit: '1' },
    answer: {
      status: 200,
      body: {
        items: [
          {
            offerId: '80204',
            originOfferId: '10204',
            exporterWlId: EXPORTER,
            title: 'Café especial 500 g',
            category: { id: '3', name: 'Mercado' },
            entityId: '70101',
            unitPrice: '98.77',
            currency: 'XIM',
            originUnitPrice: '80.00',
            originCurrency: 'XEX',
            fxRate: '1.23456789',
            available: 12,
            eligible: true,
            lifecycleStatus: 'ENABLED',
            syncedAt: '2026-01-06T12:00:00.000Z',
          },
        ],
      },
    },
    executable: true,
  },
};
