import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER, IMPORTER } from '../../http/example-parties.ts';

/** Calls of the Control Plane's routes, support; data of the local stack. */
export const SUPPORT_EXAMPLES: RouteExamples = {
  'POST /admin/api/trades/:id/retry': {
    params: { id: '01a204f1-b04d-77dc-88a5-77da12fad95b', 'Idempotency-Key': 'request-4711' },
    request: { reason: 'A loja parceira não responde' },
    answer: { status: 200, body: { result: 'STILL_PARKED', state: 'NEEDS_ATTENTION' } },
  },
  'POST /admin/api/trades/:id/abandon': {
    params: { id: '01a204f1-b04d-77dc-88a5-77da12fad95b', 'Idempotency-Key': 'request-4711' },
    request: { reason: 'A loja parceira não responde' },
    answer: { status: 200, body: { result: 'STILL_PARKED', state: 'NEEDS_ATTENTION' } },
  },
  'POST /admin/api/trades/:id/resolve': {
    params: { id: '01a204f1-b04d-77dc-88a5-77da12fad95b', 'Idempotency-Key': 'request-4711' },
    request: { reason: 'A loja parceira não responde', outcome: 'COMPENSATED' },
    answer: { status: 200, body: { result: 'NEEDS_SECOND_PERSON', state: 'NEEDS_ATTENTION' } },
  },
  'POST /admin/api/trades/:id/resolve/confirm': {
    params: { id: '01a204f1-b04d-77dc-88a5-77da12fad95b', 'Idempotency-Key': 'request-4711' },
    request: { reason: 'A loja parceira não responde' },
    answer: { status: 200, body: { result: 'OVERRIDDEN', state: 'COMPENSATED' } },
  },
  'POST /admin/api/trades/:id/reverse': {
    params: { id: '01a204f1-a9ba-7ae7-b135-29b352a42cd8', 'Idempotency-Key': 'request-4711' },
    request: { reason: 'Comprado por engano' },
    answer: {
      status: 202,
      body: {
        tradeId: '01a204f1-a9ba-7ae7-b135-29b352a42cd8',
        status: 'CONFIRMED',
        state: 'REVERSING',
        quantity: 1,
        unitPrice: '170.00',
        amount: '170.00',
        commission: '8.50',
        currency: 'XIM',
        createdAt: '2026-11-22T20:27:56.232Z',
        updatedAt: '2026-11-22T20:27:56.669Z',
        workflowId: 'purchase/01a204f1-a9ba-7ae7-b135-29b352a42cd8',
      },
    },
  },
  'POST /admin/api/trades/:id/rerun': {
    params: { id: '01a204f0-3abf-7061-af7c-810c35e6e62d', 'Idempotency-Key': 'request-4711' },
    request: { reason: 'A reserva tinha acabado' },
    answer: {
      status: 200,
      body: {
        ok: true,
        status: 'CONFIRMED',
        msg: 'Compra confirmada.',
        tradeId: '01a204f1-ae0c-712e-bc96-02cee82e2d6a',
        unitPrice: '260.00',
      },
    },
  },
  'GET /admin/api/attention': {
    params: { text: '01A204F2-462E-787A-9BF0-207C4AB2F673' },
    answer: {
      status: 200,
      body: {
        items: [
          {
            kind: 'PARKED',
            id: '2a6f8e2c-874c-4476-aac3-…',
            reason: 'UNRESOLVED',
            since: '2026-11-22T20:28:44.172Z',
            subject: 'trade/2a6f8e2c-874c-4476…',
            correlationId: '60e67fe5-60e3-4537-8feb-594f14ba862e',
            trade: {
              tradeId: '01a204f2-462e-787a-9bf0-207c4ab2f673',
              offer: { id: '10003', title: 'Diária em hotel na serra', category: 'Turismo' },
              buyerMasked: 'an***@example.com',
              quantity: 1,
              amount: '80.00',
              currency: 'XEX',
              workflowId: 'purchase/01a204f2-462e-787a-9bf0-207c4ab2f673',
              importer: { wlId: IMPORTER, name: 'wl-importer' },
              exporter: { wlId: EXPORTER, name: 'wl-exporter' },
              status: 'PENDING',
              seller: 'Hotel da Serra',
              importedAmount: '80.00',
              importedCurrency: 'XIM',
              parkedFrom: 'UNCERTAIN',
            },
            quarantined: null,
          },
        ],
        counts: { parked: 1, mismatches: 0, quarantined: 0 },
      },
    },
    executable: true,
  },
  'GET /admin/api/trades/:id/film': {
    params: { id: '01a204f2-cced-7fb7-ad92-2846f809324c' },
    answer: {
      status: 200,
      body: {
        format: 'xpory-film/1',
        madeAt: '2026-11-22T20:29:11.156Z',
        trade: {
          tradeId: '01a204f2-cced-7fb7-ad92-2846f809324c',
          importer: { wlId: IMPORTER, name: 'wl-importer' },
          exporter: { wlId: EXPORTER, name: 'wl-exporter' },
          status: 'CONFIRMED',
          importerStatus: 'CONFIRMED',
          exporterStatus: 'CONFIRMED',
          reason: null,
          parked: false,
          decidedOnStale: false,
          disagreement: [],
          offer: { id: '10009', title: 'Diária em hotel na serra', category: 'Turismo' },
          buyerMasked: 'an***@example.com',
          seller: 'Hotel da Serra',
          quantity: 1,
          unitPrice: '80.00',
          currency: 'XEX',
          amount: '80.00',
          fxRate: '1',
          importedUnitPrice: '80.00',
          importedCurrency: 'XIM',
          importedAmount: '80.00',
          startedAt: '2026-11-22T20:29:10.781Z',
          confirmedAt: '2026-11-22T20:29:10.930Z',
          updatedAt: '2026-11-22T20:29:11.065Z',
        },
        missing: [
          {
            lane: 'exporter',
            detail: 'The exporter gave no answer: it has not registered its endpoint.',
          },
        ],
        clocks: [{ lane: 'importer', offsetMs: 15, uncertaintyMs: 17 }],
        entries: [
          {
            at: '2026-11-22T20:29:10.778Z',
            lane: 'importer',
            kind: 'state',
            what: 'NEW → REQUESTED',
            details: { version: 1, actor: 'member:100009', step: 'request', reason: null },
          },
        ],
        slowest: {
          lane: 'importer',
          what: 'start of the workflow',
          at: '2026-11-22T20:29:10.778Z',
          durationMs: 103,
          share: 0.62,
        },
        correlationIds: ['ee7d66e5-49aa-4adb-b0a0-269dcb540ec3'],
      },
    },
  },
};
