import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER, IMPORTER } from '../../http/example-parties.ts';

/** Calls of the white label's routes, purchases; data of the local stack. */
export const PURCHASES_EXAMPLES: RouteExamples = {
  'POST /api/v1/buy-offer': {
    request: {
      accountId: '8780',
      token: 'codex-token-3',
      offerId: '80204',
      quantity: 1,
      paymentParams: '{"paymentType":"balanceAccount"}',
    },
    answer: {
      status: 200,
      body: {
        ok: true,
        status: 'CONFIRMED',
        msg: 'Compra confirmada.',
        tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
        unitPrice: '98.77',
      },
    },
  },
  'POST /api/v2/checkout/imported-offer/:offerId': {
    params: { offerId: '80204', 'Idempotency-Key': 'click-7b1d' },
    request: { accountId: '8780', token: 'codex-token-3', quantity: 1 },
    answer: {
      status: 200,
      body: {
        ok: true,
        status: 'CONFIRMED',
        msg: 'Compra confirmada.',
        tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
        unitPrice: '98.77',
      },
    },
  },
  'GET /api/v2/purchases/:tradeId': {
    params: { tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11' },
    answer: {
      status: 200,
      body: {
        tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
        status: 'PENDING',
        state: 'AWAITING_APPROVAL',
        quantity: 3,
        unitPrice: '98.77',
        amount: '296.31',
        commission: '14.82',
        currency: 'XIM',
        createdAt: '2026-01-06T12:00:00.000Z',
        updatedAt: '2026-01-06T12:00:00.210Z',
        workflowId: 'purchase/019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
      },
    },
  },
  'GET /api/v2/purchases/:tradeId/workflow': {
    params: { tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11' },
    answer: {
      status: 200,
      body: {
        workflowId: 'purchase/019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
        step: 'await',
        state: 'AWAITING_APPROVAL',
        attempts: 0,
        waitingFor: 'approval',
      },
    },
  },
  'GET /api/v2/purchases/:tradeId/history': {
    params: { tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11' },
    answer: {
      status: 200,
      body: {
        items: [
          {
            version: 2,
            from: 'REQUESTED',
            to: 'FUNDED',
            step: 'fund',
            actor: 'workflow',
            at: '2026-01-06T12:00:00.090Z',
          },
        ],
      },
    },
  },
  'GET /api/v2/purchases/:tradeId/decision': {
    params: { tradeId: '01a204fe-89f1-79b6-9faf-81d163d6e8e9' },
    answer: {
      status: 200,
      body: {
        tradeId: '01a204fe-89f1-79b6-9faf-81d163d6e8e9',
        terms: {
          originOfferId: '10027',
          quantity: 1,
          originUnitPrice: '80.00',
          originCurrency: 'XEX',
          fxRate: '1',
          unitPrice: '80.00',
          amount: '80.00',
          commission: '4.00',
          currency: 'XIM',
        },
        revisions: { policy: 38, relationship: 38 },
        state: 'REJECTED',
        reason: 'CANCELLED',
        exporterWlId: EXPORTER,
        decisions: [
          {
            version: 1,
            from: 'NEW',
            to: 'REQUESTED',
            at: '2026-11-22T20:42:00.055Z',
            decision: {
              step: 'request',
              facts: {
                now: 1795380120050,
                fees: '1000000.00',
                funds: '1000000.00',
                offer: {
                  fxRate: '1',
                  currency: 'XIM',
                  unitPrice: '80.00',
                  commissionRate: '0.05',
                  originCurrency: 'XEX',
                  originUnitPrice: '80.00',
                  relationshipRevision: 38,
                },
                policy: {
                  wlId: IMPORTER,
                  features: { export: true, import: true, purchase: true },
                  revision: 38,
                  exportEnabled: true,
                  importEnabled: true,
                  visibilityWls: [],
                  visibilityEnabled: true,
                  exportDelaySeconds: 0,
                },
                account: { active: true, mayBuy: true },
                quantity: 1,
                givenHold: false,
                signalDisabled: false,
              },
            },
          },
        ],
      },
    },
  },
  'GET /api/v2/purchases/:tradeId/film': {
    params: { tradeId: '01a204f2-cced-7fb7-ad92-2846f809324c' },
    answer: {
      status: 200,
      body: {
        tradeId: '01a204f2-cced-7fb7-ad92-2846f809324c',
        state: 'CONFIRMED',
        correlationId: 'ee7d66e5-49aa-4adb-b0a0-269dcb540ec3',
        fxRate: '1',
        policyRevision: 8,
        relationshipRevision: 8,
        items: [
          {
            version: 1,
            from: 'NEW',
            to: 'REQUESTED',
            actor: 'member:100009',
            at: '2026-11-22T20:29:10.778Z',
            step: 'request',
          },
        ],
        workflow: {
          workflowId: 'purchase/01a204f2-cced-7fb7-ad92-2846f809324c',
          found: 'FOUND',
          steps: [{ kind: 'RUN', name: 'started', at: '2026-11-22T20:29:10.793Z' }],
        },
        clock: '2026-11-22T20:29:11.153Z',
      },
    },
  },
  'GET /api/v2/trader/purchases/:tradeId/history': {
    params: { tradeId: '01a204f2-c378-7835-a8c4-a15908609f00', requesterWlId: IMPORTER },
    answer: {
      status: 200,
      body: {
        tradeId: '01a204f2-c378-7835-a8c4-a15908609f00',
        requesterWlId: IMPORTER,
        holdId: '693d03da-6140-4681-adea-715e693d353b',
        status: 'CONFIRMED',
        currency: 'XEX',
        correlationId: 'bfdba672-77e9-4783-a1ac-95c691b53da4',
        amount: '80.00',
        fxRate: '1',
        policyRevision: 7,
        relationshipRevision: 7,
        expiresAt: '2026-11-22T20:30:38.500Z',
        confirmedAt: '2026-11-22T20:29:08.676Z',
        items: [
          {
            version: 1,
            from: 'NEW',
            to: 'HELD',
            actor: 'wl:2a6f8e2c-874c-4476-aac3-0d535fb52ac7',
            at: '2026-11-22T20:29:08.527Z',
          },
        ],
        workflow: { workflowId: 'approval/2a6f8e2c-874c-4…', found: 'NONE', steps: [] },
        clock: '2026-11-22T20:29:10.167Z',
      },
    },
  },
};
