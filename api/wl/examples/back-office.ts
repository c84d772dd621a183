import type { RouteExamples } from '../../http/openapi.ts';

/** Calls of the white label's routes, back office; data of the local stack. */
export const BACK_OFFICE_EXAMPLES: RouteExamples = {
  'GET /api/v2/backoffice/offers': {
    params: { limit: '2' },
    answer: {
      status: 200,
      body: {
        items: [
          {
            offerId: '6001',
            title: 'Ajuste de vestido de festa',
            category: { id: '2', name: 'Moda' },
            entity: { id: '90701', name: 'Ateliê Costura Fina' },
            unitPrice: '140.00',
            currency: 'XIM',
            available: 30,
            used: 0,
            status: 'ENABLED',
            createdAt: '2025-01-06T12:00:00.000Z',
          },
        ],
        nextCursor: 'IjYwMDIi',
      },
    },
    executable: true,
  },
  'POST /api/v2/backoffice/offers': {
    request: {
      title: 'Sabonete artesanal',
      unitPrice: '12.00',
      available: 9,
      category: { id: '3' },
      entity: { id: '70101' },
    },
    answer: {
      status: 201,
      body: {
        offerId: '10001',
        title: 'Sabonete artesanal',
        category: { id: '3', name: 'Alimentação' },
        entity: { id: '70101', name: 'Padaria Flor do Trigo' },
        unitPrice: '12.00',
        currency: 'XEX',
        available: 9,
        used: 0,
        status: 'ENABLED',
        createdAt: '2026-11-22T20:28:09.582Z',
      },
    },
  },
  'PATCH /api/v2/backoffice/offers/:offerId': {
    params: { offerId: '10204' },
    request: { unitPrice: '499.99', available: 10 },
    answer: {
      status: 200,
      body: {
        offerId: '5056',
        title: 'Torta salgada de frango 2 kg',
        category: { id: '3', name: 'Alimentação' },
        entity: { id: '70101', name: 'Padaria Flor do Trigo' },
        unitPrice: '98.00',
        currency: 'XEX',
        available: 27,
        used: 0,
        status: 'ENABLED',
        createdAt: '2025-03-02T12:00:00.000Z',
      },
    },
  },
  'GET /api/v2/backoffice/accounts': {
    params: { limit: '2' },
    answer: {
      status: 200,
      body: {
        items: [
          {
            accountId: '100001',
            contactMasked: '***',
            buyOffer: true,
            status: 'ACTIVE',
            createdAt: '2026-11-22T20:27:11.066Z',
            balances: [{ currency: 'BRL', amount: '1980.00' }],
          },
        ],
        nextCursor: 'Ijg3ODAi',
      },
    },
    executable: true,
  },
  'POST /api/v2/backoffice/accounts': {
    request: { name: 'Ana Exemplo', email: 'ana@example.com', buyOffer: true },
    answer: { status: 201, body: { accountId: 'a-1f6c', token: 'told-once' } },
    executable: true,
  },
  'PATCH /api/v2/backoffice/accounts/:accountId': {
    params: { accountId: '90806' },
    request: { buyOffer: true },
    answer: {
      status: 200,
      body: {
        accountId: '90806',
        contactMasked: 'fi***@escritoriolima.example',
        buyOffer: true,
        status: 'ACTIVE',
        createdAt: '2026-11-22T20:25:29.045Z',
      },
    },
  },
  'POST /api/v2/backoffice/accounts/:accountId/credits': {
    params: { accountId: '8780', 'Idempotency-Key': 'credit-2026-01' },
    request: { amount: '100.00', currency: 'XIM', note: 'goods returned' },
    answer: {
      status: 200,
      body: { accountId: '100001', amount: '2000.00', currency: 'XIM', note: 'first credit' },
    },
  },
  'POST /api/v2/backoffice/event-keys/rotate': {
    answer: { status: 200, body: { kid: 'nFH-PcLBPXbc8BjqHOYk54_4LjCSmCUAXTY9_nJ7T78' } },
  },
};
