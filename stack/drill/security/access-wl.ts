/** Who calls a white label, the exporter of the stack, and with what. */
export const WL_CALLERS = [
  'nobody',
  'garbage',
  'member',
  'member of the importer',
  'partner',
  'partner, offers:sync only',
  'partner by certificate alone',
  'partner without its certificate',
  "partner's token by a stranger",
  'stranger',
  'stranger by certificate alone',
  'own, trader:approve',
  'own, offers:sync',
  'Control Plane',
  'WL token for the Control Plane',
  'person',
  'support:read',
  'support:act',
  'support elsewhere',
  'back office',
  'back office of the importer',
] as const;
export type WlCaller = (typeof WL_CALLERS)[number];

const EVERYONE: readonly WlCaller[] = WL_CALLERS;
const MEMBER: readonly WlCaller[] = ['member'];
const READ: readonly WlCaller[] = ['support:read'];
const ACT: readonly WlCaller[] = ['support:act'];
/** With a token for this WL; what a stranger sees there is decided row by row. */
const BUYS: readonly WlCaller[] = ['partner', 'stranger'];
const LISTS: readonly WlCaller[] = ['partner', 'partner, offers:sync only', 'stranger'];
/** About trades that are held: whose they are is decided by the row, 404 for all others. */
const PARTNERS: readonly WlCaller[] = [
  'partner',
  'partner by certificate alone',
  'stranger',
  'stranger by certificate alone',
];
const APPROVES: readonly WlCaller[] = ['own, trader:approve', 'Control Plane'];
const CONTROL_PLANE: readonly WlCaller[] = ['Control Plane'];
/** Any token that the Control Plane issued for this WL. */
const IMPORTS: readonly WlCaller[] = [
  'partner',
  'partner, offers:sync only',
  'stranger',
  'own, trader:approve',
  'own, offers:sync',
  'support:read',
  'support:act',
];
const BACK_OFFICE: readonly WlCaller[] = ['back office'];

/** As `access-cp.ts`, for the routes of a white label: who is admitted; all others are refused. */
export const WL_ACCESS: Readonly<Record<string, readonly WlCaller[]>> = {
  'POST /api/v1/buy-offer': MEMBER,
  'POST /api/v2/checkout/imported-offer/:offerId': MEMBER,
  'GET /api/v2/purchases/:tradeId': [...MEMBER, ...READ],
  'GET /api/v2/purchases/:tradeId/workflow': [...MEMBER, ...READ],
  'GET /api/v2/purchases/:tradeId/history': READ,
  'GET /api/v2/purchases/:tradeId/decision': READ,
  'POST /api/v2/purchases/:tradeId/retry': ACT,
  'POST /api/v2/purchases/:tradeId/abandon': ACT,
  'POST /api/v2/purchases/:tradeId/resolve': ACT,
  'POST /api/v2/purchases/:tradeId/resolve/confirm': ACT,
  'POST /api/v2/purchases/:tradeId/reverse': [...MEMBER, ...ACT],
  'POST /api/v2/purchases/:tradeId/rerun': ACT,
  'POST /api/v2/trader/purchase/preflight': BUYS,
  'GET /api/v2/trader/holds/:holdId': PARTNERS,
  'GET /api/v2/trader/purchases/pending': APPROVES,
  'POST /api/v2/trader/purchases/:tradeId/approve': APPROVES,
  'POST /api/v2/trader/purchases/:tradeId/reject': APPROVES,
  'POST /api/v2/trader/purchase': PARTNERS,
  'GET /api/v2/trader/purchases/:tradeId': PARTNERS,
  'POST /api/v2/trader/purchases/:tradeId/cancel': PARTNERS,
  'POST /api/v2/trader/purchases/:tradeId/reverse': PARTNERS,
  'POST /api/v2/trader/purchases/:tradeId/decision': PARTNERS,
  'GET /api/v2/trader/purchases/:tradeId/decisions': READ,
  'GET /api/v2/trader/purchase-decisions': READ,
  'GET /api/v2/purchase-decisions': READ,
  'GET /api/v2/purchases/:tradeId/film': READ,
  'GET /api/v2/trader/purchases/:tradeId/history': READ,
  'GET /api/v2/imported-offers': EVERYONE,
  'GET /loja/': EVERYONE,
  'GET /loja/loja.css': EVERYONE,
  'GET /loja/loja.js': EVERYONE,
  'POST /api/v2/control-plane/debug/import': IMPORTS,
  'POST /api/v2/control-plane/policies/changed': CONTROL_PLANE,
  // Besides the certificate each signal has a signature, which no caller of the matrix makes.
  'POST /api/v2/control-plane/imbalance/signals': [],
  'GET /api/v2/trader/offers': LISTS,
  'GET /api/v2/trader/offer-categories': CONTROL_PLANE,
  'GET /api/v2/trader/entities': CONTROL_PLANE,
  'GET /api/v2/backoffice/offers': BACK_OFFICE,
  'POST /api/v2/backoffice/offers': BACK_OFFICE,
  'PATCH /api/v2/backoffice/offers/:offerId': BACK_OFFICE,
  'GET /api/v2/backoffice/accounts': BACK_OFFICE,
  'POST /api/v2/backoffice/accounts': BACK_OFFICE,
  'PATCH /api/v2/backoffice/accounts/:accountId': BACK_OFFICE,
  'POST /api/v2/backoffice/accounts/:accountId/credits': BACK_OFFICE,
  'POST /api/v2/backoffice/event-keys/rotate': BACK_OFFICE,
  'GET /.well-known/jwks.json': EVERYONE,
};
