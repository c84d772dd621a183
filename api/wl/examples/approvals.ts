import type { RouteExamples } from '../../http/openapi.ts';
import { IMPORTER } from '../../http/example-parties.ts';

/** Calls of the white label's routes, approvals; data of the local stack. */
export const APPROVALS_EXAMPLES: RouteExamples = {
  'GET /api/v2/trader/purchases/pending': {
    answer: {
      status: 200,
      body: {
        items: [
          {
            tradeId: '01a204ef-ffde-7dfa-84f4-5d0302564a38',
            requesterWlId: IMPORTER,
            offer: { id: '5010', title: 'Buffet de aniversário para 40 pessoas' },
            quantity: 1,
            unitPrice: '3950.00',
            amount: '3950.00',
            currency: 'XEX',
            buyerMasked: 'co***@comercioaurora.example',
            createdAt: '2026-11-22T20:26:07.494Z',
            deadline: '2026-11-23T20:26:07.579Z',
          },
        ],
        total: 2,
      },
    },
  },
  'POST /api/v2/trader/purchases/:tradeId/approve': {
    params: { tradeId: '01a204ef-f544-7179-9a08-e1f232cc541b' },
    request: {},
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
  'POST /api/v2/trader/purchases/:tradeId/reject': {
    params: { tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11' },
    request: { reason: 'MANUAL_REJECT' },
    answer: {
      status: 200,
      body: {
        status: 'REJECTED',
        tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
        holdId: '5f0c7a0e-3a52-4a0b-9d5e-2b8f6d1c7a90',
        quantity: 3,
        unitPrice: '80.00',
        currency: 'XEX',
        fxRate: '1.23456789',
        policyRevision: 2,
        relationshipRevision: 5,
        expiresAt: '2026-01-06T12:01:30.000Z',
        reason: 'MANUAL_REJECT',
      },
    },
  },
  'POST /api/v2/trader/purchases/:tradeId/decision': {
    params: { tradeId: '01a204ef-f3ce-751c-8e1a-52f45de9fbc1' },
    request: {
      status: 'CONFIRMED',
      tradeId: '01a204ef-f3ce-751c-8e1a-52f45de9fbc1',
      quantity: 1,
      holdId: 'afea23c6-2e75-443c-8a7f-cd36d89fcf77',
      unitPrice: '1450.00',
      currency: 'XEX',
      fxRate: '1',
      policyRevision: 2,
      relationshipRevision: 2,
      confirmedAt: '2026-11-22T20:26:11.977Z',
    },
    answer: {
      status: 200,
      body: { tradeId: '01a204ef-f3ce-751c-8e1a-52f45de9fbc1', status: 'PENDING' },
    },
  },
};
