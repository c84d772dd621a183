import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER, IMPORTER } from '../../http/example-parties.ts';

/** Calls of the Control Plane's routes, approvals; data of the local stack. */
export const APPROVALS_EXAMPLES: RouteExamples = {
  'GET /admin/api/approvals': {
    params: { limit: '200' },
    answer: {
      status: 200,
      body: {
        items: [
          {
            waitingSince: '2026-11-22T20:26:09.940Z',
            importer: IMPORTER,
            exporter: EXPORTER,
            tradeId: '01a204f0-0a26-7bf6-a7f6-384d5300d058',
            quantity: 1,
            unitPrice: '1360.00',
            amount: '1360.00',
            currency: 'XEX',
            buyerMasked: 'co***@comercioaurora.example',
            offer: { id: '5017', title: 'Chalé para casal, 2 diárias' },
            deadline: '2026-11-23T20:26:09.938Z',
            decision: null,
          },
        ],
        total: 1,
      },
    },
    executable: true,
  },
  'POST /admin/api/approvals/:tradeId/approve': {
    params: { tradeId: '01a204ef-ffde-7dfa-84f4-5d0302564a38' },
    answer: {
      status: 200,
      body: {
        importer: IMPORTER,
        exporter: EXPORTER,
        tradeId: '01a204ef-ffde-7dfa-84f4-5d0302564a38',
        status: 'PENDING',
        reason: null,
        decision: {
          decision: 'APPROVE',
          reason: null,
          decidedBy: '6051c2a5-8fdb-4cf2-b2bb-0a0e9d39db91',
          decidedAt: '2026-11-22T20:27:53.033Z',
          state: 'RELAYING',
          outcome: null,
          outcomeReason: null,
          settledAt: null,
        },
      },
    },
    request: { importer: IMPORTER },
  },
  'POST /admin/api/approvals/:tradeId/reject': {
    params: { tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11' },
    request: { reason: 'MANUAL_REJECT' },
    answer: {
      status: 200,
      body: {
        importer: IMPORTER,
        exporter: EXPORTER,
        tradeId: '01a204f0-0a26-7bf6-a7f6-384d5300d058',
        status: 'PENDING',
        reason: null,
        decision: {
          decision: 'REJECT',
          reason: 'sem estoque',
          decidedBy: '6051c2a5-8fdb-4cf2-b2bb-0a0e9d39db91',
          decidedAt: '2026-11-22T20:27:54.205Z',
          state: 'RELAYING',
          outcome: null,
          outcomeReason: null,
          settledAt: null,
        },
      },
    },
  },
};
