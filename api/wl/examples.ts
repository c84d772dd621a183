import type { RouteExamples } from '../http/openapi.ts';

const TRADE = '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11';
const HOLD = '5f0c7a0e-3a52-4a0b-9d5e-2b8f6d1c7a90';
const EXPORTER = 'fd1a88a9-3a01-43bb-ae20-32618c1b3752';
const IMPORTER = '2a6f8e2c-874c-4476-aac3-0d535fb52ac7';
const KEY = { 'Idempotency-Key': 'click-7b1d' };

const CONFIRMED = {
  ok: true,
  status: 'CONFIRMED',
  msg: 'Compra confirmada.',
  tradeId: TRADE,
  unitPrice: '98.77',
};
const HELD = {
  status: 'HELD',
  tradeId: TRADE,
  holdId: HOLD,
  quantity: 3,
  unitPrice: '80.00',
  currency: 'XEX',
  fxRate: '1.23456789',
  policyRevision: 2,
  relationshipRevision: 5,
  expiresAt: '2026-01-06T12:01:30.000Z',
};

/** Calls of a white label; what is executable works as it stands on the importer's local data. */
export const WL_EXAMPLES: RouteExamples = {
  'POST /api/v1/buy-offer': {
    request: {
      accountId: '8780',
      token: 'codex-token-3',
      offerId: '80204',
      quantity: 1,
      paymentParams: '{"paymentType":"balanceAccount"}',
    },
    answer: { status: 200, body: CONFIRMED },
  },
  'POST /api/v2/checkout/imported-offer/:offerId': {
    params: { offerId: '80204', ...KEY },
    request: { accountId: '8780', token: 'codex-token-3', quantity: 1 },
    answer: { status: 200, body: CONFIRMED },
  },
  'GET /api/v2/purchases/:tradeId': {
    params: { tradeId: TRADE },
    answer: {
      status: 200,
      body: {
        tradeId: TRADE,
        status: 'PENDING',
        state: 'AWAITING_APPROVAL',
        quantity: 3,
        unitPrice: '98.77',
        amount: '296.31',
        commission: '14.82',
        currency: 'XIM',
        createdAt: '2026-01-06T12:00:00.000Z',
        updatedAt: '2026-01-06T12:00:00.210Z',
        workflowId: `purchase/${TRADE}`,
      },
    },
  },
  'POST /api/v2/purchases/:tradeId/retry': {
    params: { tradeId: TRADE },
    request: { reason: 'The exporter is back' },
  },
  'POST /api/v2/purchases/:tradeId/reverse': {
    params: { tradeId: TRADE, ...KEY },
    request: { reason: 'Sold twice by the shop' },
  },
  'GET /api/v2/imported-offers': {
    params: { limit: '1' },
    executable: true,
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
  },
  'POST /api/v2/trader/purchase/preflight': {
    request: {
      tradeId: TRADE,
      requesterWlId: IMPORTER,
      requesterTraderId: 'trader-importer-1',
      originOfferId: '10204',
      expectedUnitPrice: '80.00',
      quantity: 3,
      clientBuyerMasked: 'qa***@xpory.local',
    },
    answer: { status: 200, body: HELD },
  },
  'POST /api/v2/trader/purchase': {
    request: {
      tradeId: TRADE,
      holdId: HOLD,
      quantity: 3,
      unitPrice: '80.00',
      clientBuyerMasked: 'qa***@xpory.local',
    },
    answer: { status: 200, body: { ...HELD, status: 'CONFIRMED' } },
  },
  'POST /api/v2/trader/purchases/:tradeId/cancel': {
    params: { tradeId: TRADE },
    request: { holdId: HOLD },
    answer: { status: 200, body: { ...HELD, status: 'CANCELLED' } },
  },
  'POST /api/v2/trader/purchases/:tradeId/reject': {
    params: { tradeId: TRADE },
    request: { reason: 'MANUAL_REJECT' },
    answer: { status: 200, body: { ...HELD, status: 'REJECTED', reason: 'MANUAL_REJECT' } },
  },
  'GET /api/v2/backoffice/offers': { params: { limit: '2' }, executable: true },
  'PATCH /api/v2/backoffice/offers/:offerId': {
    params: { offerId: '10204' },
    request: { unitPrice: '499.99', available: 10 },
  },
  'GET /api/v2/backoffice/accounts': { params: { limit: '2' }, executable: true },
  'POST /api/v2/backoffice/accounts': {
    request: { name: 'Ana Exemplo', email: 'ana@example.com', buyOffer: true },
    executable: true,
    answer: { status: 201, body: { accountId: 'a-1f6c', token: 'told-once' } },
  },
  'POST /api/v2/backoffice/accounts/:accountId/credits': {
    params: { accountId: '8780', 'Idempotency-Key': 'credit-2026-01' },
    request: { amount: '100.00', currency: 'XIM', note: 'goods returned' },
  },
  'GET /.well-known/jwks.json': { executable: true },
};
