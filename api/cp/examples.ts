import type { RouteExamples } from '../http/openapi.ts';

const EXPORTER = 'fd1a88a9-3a01-43bb-ae20-32618c1b3752';
const IMPORTER = '2a6f8e2c-874c-4476-aac3-0d535fb52ac7';
const PAIR = { src: EXPORTER, dst: IMPORTER };
const LABELS = { updatedBy: 'ana', updatedSource: 'console' };
const ONE = { params: { limit: '1' }, executable: true } as const;

/** Calls of the Control Plane; what is executable works as it stands on the local stack's data. */
export const CP_EXAMPLES: RouteExamples = {
  'POST /admin/api/auth/login': {
    request: { email: 'master@xpory.local', password: 'changeit' },
    executable: true,
    answer: {
      status: 200,
      body: {
        token: 'eyJhbGciOiJSUzI1NiIs…',
        expiresAt: '2026-01-06T12:30:00.000Z',
        user: {
          id: 'b6f2b5c2-7a55-4c3e-8f70-4c1f0f3d9a10',
          email: 'ma***@xpory.local',
          name: null,
          roles: ['master'],
        },
      },
    },
  },
  'GET /admin/api/session': { executable: true },
  'GET /admin/api/wls': ONE,
  'GET /admin/api/wls/:id': { params: { id: EXPORTER }, executable: true },
  'POST /admin/api/wls': {
    request: {
      id: EXPORTER,
      name: 'wl-exporter',
      currency: 'XEX',
      contactEmail: 'exporter@example.com',
      gatewayUrl: 'https://exporter.example.com',
      status: 'active',
      policy: { importEnabled: false, exportEnabled: true, visibilityEnabled: true },
    },
  },
  'GET /admin/api/wls/:id/policies': { params: { id: EXPORTER }, executable: true },
  'PUT /admin/api/wls/:id/policies': {
    params: { id: EXPORTER },
    request: {
      exportEnabled: true,
      exportDelaySeconds: 3_600,
      visibilityWls: [IMPORTER],
      ...LABELS,
    },
  },
  'GET /admin/api/wls/:id/policies/revisions': { params: { id: EXPORTER }, executable: true },
  'GET /admin/api/relationships': ONE,
  'GET /admin/api/relationships/:src/:dst': { params: PAIR, executable: true },
  'GET /admin/api/relationships/:src/:dst/revisions': { params: PAIR, executable: true },
  'PUT /admin/api/relationships/:src/:dst': {
    params: PAIR,
    request: {
      status: 'active',
      fxRate: '1.23456789',
      limitAmount: '100000.00',
      approval: { mode: 'ABOVE', aboveAmount: '1000.00' },
      export_policy: { enabled: true, exclude_categories: ['15'] },
      ...LABELS,
    },
  },
  'GET /admin/api/wls/:id/trader': { params: { id: EXPORTER }, executable: true },
  'GET /admin/api/wls/:id/offer-categories': {
    params: { id: EXPORTER, limit: '2' },
    executable: true,
  },
  'GET /admin/api/wls/:id/entities': { params: { id: EXPORTER, limit: '2' }, executable: true },
  'POST /wls/:id/token': { params: { id: IMPORTER }, executable: true },
  'POST /wls/:id/peer-token': {
    params: { id: IMPORTER },
    request: { targetWlId: EXPORTER, scopes: ['offers:sync', 'trader:purchase'] },
    executable: true,
    answer: {
      status: 200,
      body: {
        token: 'eyJhbGciOiJSUzI1NiIs…',
        expiresAt: '2026-01-06T13:00:00.000Z',
        scope: 'offers:sync trader:purchase',
      },
    },
  },
  'GET /.well-known/jwks.json': { executable: true },
  'GET /.well-known/webhook-keys.json': { executable: true },
  'GET /admin/api/trades': ONE,
  'GET /admin/api/attention': { executable: true },
  'GET /admin/api/approvals': { executable: true },
  'POST /admin/api/approvals/:tradeId/reject': {
    params: { tradeId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11' },
    request: { reason: 'MANUAL_REJECT' },
  },
  'GET /reports/trade-balance': { params: { wlId: EXPORTER }, executable: true },
  'GET /reports/metrics': { executable: true },
  'GET /imbalance/signals': ONE,
  'POST /imbalance/signals': {
    params: { 'Idempotency-Key': 'stop-2026-01-06' },
    request: { ...PAIR, action: 'DISABLE', reason: 'Books do not agree' },
  },
  'GET /admin/api/settlements': ONE,
  'POST /admin/api/settlements': {
    params: { 'Idempotency-Key': 'transfer-4711' },
    request: { ...PAIR, amount: '25000.00', note: 'bank transfer 4711' },
  },
  'GET /admin/api/plans': { executable: true },
  'GET /admin/api/notifications': ONE,
  'GET /admin/api/alert-targets': { executable: true },
  'GET /admin/api/audit': ONE,
  'GET /admin/api/audit/verify': { executable: true },
  'GET /admin/api/wls/:id/certificates': { params: { id: IMPORTER }, executable: true },
  'GET /admin/api/telemetry/quarantine': { executable: true },
};
