import type { RouteExamples } from '../../http/openapi.ts';
import { IMPORTER } from '../../http/example-parties.ts';

/** Calls of the white label's routes, trader; data of the local stack. */
export const TRADES_EXAMPLES: RouteExamples = {
  'POST /api/v2/trader/purchase/preflight': {
    request: {
      tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
      requesterWlId: IMPORTER,
      requesterTraderId: 'trader-importer-1',
      originOfferId: '10204',
      expectedUnitPrice: '80.00',
      quantity: 3,
      clientBuyerMasked: 'qa***@xpory.local',
    },
    answer: {
      status: 200,
      body: {
        status: 'HELD',
        tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
        holdId: '5f0c7a0e-3a52-4a0b-9d5e-2b8f6d1c7a90',
        quantity: 3,
        unitPrice: '80.00',
        currency: 'XEX',
        fxRate: '1.23456789',
        policyRevision: 2,
        relationshipRevision: 5,
        expiresAt: '2026-01-06T12:01:30.000Z',
      },
    },
  },
  'GET /api/v2/trader/holds/:holdId': {
    params: { holdId: '3d705237-22cb-4e58-adb9-5d41830c6359' },
    answer: {
      status: 200,
      body: {
        status: 'REJECTED',
        reason: 'HOLD_EXPIRED',
        quantity: 1,
        holdId: '3d705237-22cb-4e58-adb9-5d41830c6359',
        unitPrice: '260.00',
        currency: 'XEX',
        fxRate: '1',
        policyRevision: 2,
        relationshipRevision: 2,
      },
    },
  },
  'POST /api/v2/trader/purchase': {
    request: {
      tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
      holdId: '5f0c7a0e-3a52-4a0b-9d5e-2b8f6d1c7a90',
      quantity: 3,
      unitPrice: '80.00',
      clientBuyerMasked: 'qa***@xpory.local',
    },
    answer: {
      status: 200,
      body: {
        status: 'CONFIRMED',
        tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
        holdId: '5f0c7a0e-3a52-4a0b-9d5e-2b8f6d1c7a90',
        quantity: 3,
        unitPrice: '80.00',
        currency: 'XEX',
        fxRate: '1.23456789',
        policyRevision: 2,
        relationshipRevision: 5,
        expiresAt: '2026-01-06T12:01:30.000Z',
      },
    },
  },
  'GET /api/v2/trader/purchases/:tradeId': {
    params: { tradeId: '01a204ef-f544-7179-9a08-e1f232cc541b' },
    answer: {
      status: 200,
      body: {
        status: 'REJECTED',
        reason: 'MANUAL_REJECT',
        tradeId: '01a204ef-f544-7179-9a08-e1f232cc541b',
        quantity: 1,
        holdId: '58ad5289-3f3c-40dd-b299-11397089c1ef',
        unitPrice: '6800.00',
        currency: 'XEX',
        fxRate: '1',
        policyRevision: 2,
        relationshipRevision: 2,
      },
    },
  },
  'POST /api/v2/trader/purchases/:tradeId/cancel': {
    params: { tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11' },
    request: { holdId: '5f0c7a0e-3a52-4a0b-9d5e-2b8f6d1c7a90' },
    answer: {
      status: 200,
      body: {
        status: 'CANCELLED',
        tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
        holdId: '5f0c7a0e-3a52-4a0b-9d5e-2b8f6d1c7a90',
        quantity: 3,
        unitPrice: '80.00',
        currency: 'XEX',
        fxRate: '1.23456789',
        policyRevision: 2,
        relationshipRevision: 5,
        expiresAt: '2026-01-06T12:01:30.000Z',
      },
    },
  },
  'POST /api/v2/trader/purchases/:tradeId/reverse': {
    params: { tradeId: '01a204f1-a9ba-7ae7-b135-29b352a42cd8' },
    request: { reason: 'Comprado por engano' },
    answer: {
      status: 200,
      body: {
        status: 'REVERSED',
        tradeId: '01a204f1-a9ba-7ae7-b135-29b352a42cd8',
        quantity: 1,
        holdId: '7340eed1-f26a-4501-87cf-0a4f5a1f90e2',
        unitPrice: '170.00',
        currency: 'XEX',
        fxRate: '1',
        policyRevision: 2,
        relationshipRevision: 9,
        confirmedAt: '2026-11-22T20:27:56.357Z',
      },
    },
  },
};
