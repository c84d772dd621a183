import type { RouteExamples } from '../../http/openapi.ts';

/** Calls of the white label's routes, trader; data of the local stack. */
export const CATALOGUE_EXAMPLES: RouteExamples = {
  'GET /api/v2/trader/offers': {
    params: { limit: '200' },
    answer: {
      status: 200,
      body: {
        items: [
          {
            offerId: '5009',
            title: 'Bolo de chocolate 3 kg sob encomenda',
            category: { id: '3', name: 'Alimentação' },
            entity: { id: '70101', name: 'Padaria Flor do Trigo' },
            unitPrice: '149.90',
            currency: 'XEX',
            available: 24,
            createdAt: '2025-01-14T12:00:00.000Z',
            updatedAt: '2026-11-22T20:26:07.001Z',
          },
        ],
      },
    },
  },
  'GET /api/v2/trader/offer-categories': {
    answer: { status: 200, body: { items: [{ id: '2', name: 'Moda', activeOffers: 3 }] } },
  },
  'GET /api/v2/trader/entities': {
    answer: {
      status: 200,
      body: { items: [{ id: '70101', name: 'Padaria Flor do Trigo', activeOffers: 8 }] },
    },
  },
};
