/**
 * Who may call which route, as data: written by hand from the contracts, compared with the OpenAPI
 * documents by a test (every route has its row) and sent by the campaign (every row by every caller).
 */

export const ROLES = ['master', 'operator', 'risk', 'support', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** A route of the Control Plane. */
export interface CpAccess {
  readonly anyone?: true;
  /** Roles of people; a master has each of them. */
  readonly people?: readonly Role[];
  /** A white label: by its token and certificate, or by the certificate alone. */
  readonly wl?: 'token' | 'certificate';
  /** A process of the Control Plane itself, by its certificate; nobody else. */
  readonly own?: true;
}

const people = (...roles: Role[]): CpAccess => ({ people: ['master', ...roles] });
const EVERY_ROLE: CpAccess = { people: ROLES };
const ANYONE: CpAccess = { anyone: true };

export const CP_ACCESS: Readonly<Record<string, CpAccess>> = {
  'POST /admin/api/auth/login': ANYONE,
  'GET /admin/api/session': EVERY_ROLE,
  'GET /admin/api/people': EVERY_ROLE,
  'GET /admin/api/users': people(),
  'POST /admin/api/users': people(),
  'PATCH /admin/api/users/:id': people(),
  'GET /admin/api/wls': EVERY_ROLE,
  'POST /admin/api/wls': people('operator'),
  'POST /wls': people('operator'),
  'GET /admin/api/wls/:id': EVERY_ROLE,
  'PUT /admin/api/wls/:id': people('operator'),
  'PUT /wls/:id/endpoint': { wl: 'certificate' },
  'POST /wls/:id/secrets': { wl: 'certificate' },
  'GET /admin/api/wls/:id/policies': EVERY_ROLE,
  'PUT /admin/api/wls/:id/policies': people('operator'),
  'GET /admin/api/wls/:id/policies/revisions': EVERY_ROLE,
  'GET /wls/:id/policies': { wl: 'token' },
  'GET /policies/pull': { wl: 'token' },
  'GET /admin/api/relationships': EVERY_ROLE,
  'GET /admin/api/relationships/:src/:dst': EVERY_ROLE,
  'PUT /admin/api/relationships/:src/:dst': people('operator', 'risk'),
  'GET /admin/api/relationships/:src/:dst/revisions': EVERY_ROLE,
  'GET /admin/api/changes': EVERY_ROLE,
  'POST /admin/api/changes/:changeId/confirm': people('operator', 'risk'),
  'GET /relationships/:src/:dst': { wl: 'token' },
  'GET /admin/api/settlements': people('risk'),
  'POST /admin/api/settlements': people('risk'),
  'GET /admin/api/settlements/statement': people('risk', 'auditor'),
  'POST /admin/api/settlements/:settlementId/confirm': people('risk'),
  'POST /admin/api/settlements/:settlementId/withdraw': people('risk'),
  'GET /admin/api/plans': people('risk'),
  'GET /admin/api/plans/:planId': people('risk'),
  'POST /admin/api/plans/:planId/cancel': people('risk'),
  'GET /admin/api/wls/:id/trader': EVERY_ROLE,
  'POST /admin/api/wls/:id/trader': people('operator'),
  'GET /reports/trade-balance': { ...EVERY_ROLE, wl: 'token' },
  'GET /reports/metrics': EVERY_ROLE,
  'GET /admin/api/trades': EVERY_ROLE,
  'GET /admin/api/trades/:id': EVERY_ROLE,
  'GET /admin/api/trades/:id/details': EVERY_ROLE,
  'POST /admin/api/trades/:id/retry': people('support'),
  'POST /admin/api/trades/:id/abandon': people('support'),
  'POST /admin/api/trades/:id/resolve': people('support'),
  'POST /admin/api/trades/:id/resolve/confirm': people('support'),
  'POST /admin/api/trades/:id/reverse': people('support'),
  'POST /admin/api/trades/:id/rerun': people('support'),
  'GET /admin/api/attention': EVERY_ROLE,
  'GET /admin/api/trades/:id/film': people('support', 'auditor'),
  'GET /admin/api/approvals': EVERY_ROLE,
  'POST /admin/api/approvals/:tradeId/approve': people('operator'),
  'POST /admin/api/approvals/:tradeId/reject': people('operator'),
  'POST /admin/api/wls/:id/offer-categories/sync': people('operator'),
  'GET /admin/api/wls/:id/offer-categories': EVERY_ROLE,
  'POST /admin/api/wls/:id/entities/sync': people('operator'),
  'GET /admin/api/wls/:id/entities': EVERY_ROLE,
  'GET /imbalance/signals': EVERY_ROLE,
  'POST /imbalance/signals': people('operator', 'risk'),
  'GET /imbalance/signals/:id': EVERY_ROLE,
  'POST /imbalance/signals/redrive': people('operator', 'risk'),
  'POST /imbalance/signals/test': people('operator', 'risk'),
  'POST /imbalance/signals/:id/cancel': people('operator', 'risk'),
  'POST /imbalance/signals/:signalId/ack': { wl: 'token' },
  'GET /.well-known/webhook-keys.json': ANYONE,
  'POST /wls/:id/token': { wl: 'certificate' },
  'POST /wls/:id/peer-token': { wl: 'certificate' },
  'POST /admin/api/wls/:id/support-token': people('support'),
  'GET /.well-known/jwks.json': ANYONE,
  'POST /wls/:id/keys/rotate': { ...people('operator'), wl: 'certificate' },
  'POST /wls/:id/keys/:kid/revoke': { ...people('operator'), wl: 'certificate' },
  'POST /admin/api/keys/rotate': people(),
  'POST /admin/api/keys/:kid/revoke': people(),
  'POST /admin/api/webhook-keys/rotate': people(),
  'GET /admin/api/keys/:kid/report': people('auditor'),
  'POST /wls/:id/certificates': { ...people('operator'), wl: 'certificate' },
  'POST /wls/:id/certificates/:serial/revoke': { ...people('operator'), wl: 'certificate' },
  'GET /admin/api/wls/:id/certificates': EVERY_ROLE,
  'POST /admin/api/certificates': people(),
  'POST /certificates': { own: true },
  'GET /admin/api/certificates': EVERY_ROLE,
  'POST /admin/api/certificates/:serial/revoke': people(),
  'GET /admin/api/audit': people('auditor'),
  'GET /admin/api/audit/verify': people('auditor'),
  'GET /admin/api/trades/:id/evidence': people('auditor'),
  'GET /admin/api/trades/:id/explain': people('support', 'auditor', 'risk'),
  'POST /admin/api/whatif': people('risk'),
  'POST /telemetry/events': { wl: 'token' },
  'GET /admin/api/telemetry/quarantine': EVERY_ROLE,
  'GET /admin/api/notifications': EVERY_ROLE,
  'POST /admin/api/notifications/:id/read': EVERY_ROLE,
  'GET /admin/api/alert-targets': people('risk'),
  'PUT /admin/api/alert-targets': people('risk'),
};
