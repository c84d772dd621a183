import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Route } from '../../api/http/route.ts';
import { CP } from '../../stack/parties.ts';
import { servedRoutes } from '../runbook/routes.ts';
import { IMPORTER, registerBoth, startControlPlane, tokenOf, type Stage } from './stage.ts';

const ROLES = ['master', 'operator', 'risk', 'support', 'auditor'] as const;
type Role = (typeof ROLES)[number];

/**
 * Who besides a master may call a route of people. One that reads and does not stand here is open to
 * every role; one that writes stands here.
 */
const MAY: Readonly<Record<string, readonly Role[]>> = {
  'GET /admin/api/users': [],
  'POST /admin/api/users': [],
  'PATCH /admin/api/users/:id': [],
  'POST /admin/api/certificates': [],
  'POST /admin/api/certificates/:serial/revoke': [],
  'POST /admin/api/wls': ['operator'],
  'POST /wls': ['operator'],
  'PUT /admin/api/wls/:id': ['operator'],
  'PUT /admin/api/wls/:id/policies': ['operator'],
  'PUT /admin/api/relationships/:src/:dst': ['operator', 'risk'],
  'POST /admin/api/changes/:changeId/confirm': ['operator', 'risk'],
  'GET /admin/api/settlements': ['risk'],
  'GET /admin/api/settlements/statement': ['risk', 'auditor'],
  'POST /admin/api/settlements': ['risk'],
  'POST /admin/api/whatif': ['risk'],
  'POST /admin/api/settlements/:settlementId/confirm': ['risk'],
  'POST /admin/api/settlements/:settlementId/withdraw': ['risk'],
  'GET /admin/api/plans': ['risk'],
  'GET /admin/api/plans/:planId': ['risk'],
  'POST /admin/api/plans/:planId/cancel': ['risk'],
  'POST /admin/api/wls/:id/trader': ['operator'],
  'POST /admin/api/trades/:id/retry': ['support'],
  'POST /admin/api/trades/:id/abandon': ['support'],
  'POST /admin/api/trades/:id/resolve': ['support'],
  'POST /admin/api/trades/:id/resolve/confirm': ['support'],
  'POST /admin/api/trades/:id/reverse': ['support'],
  'POST /admin/api/trades/:id/rerun': ['support'],
  'GET /admin/api/trades/:id/explain': ['risk', 'support', 'auditor'],
  'GET /admin/api/trades/:id/film': ['support', 'auditor'],
  'POST /admin/api/approvals/:tradeId/approve': ['operator'],
  'POST /admin/api/approvals/:tradeId/reject': ['operator'],
  'POST /admin/api/wls/:id/offer-categories/sync': ['operator'],
  'POST /admin/api/wls/:id/entities/sync': ['operator'],
  'POST /imbalance/signals': ['operator', 'risk'],
  'POST /imbalance/signals/redrive': ['operator', 'risk'],
  'POST /imbalance/signals/test': ['operator', 'risk'],
  'POST /imbalance/signals/:id/cancel': ['operator', 'risk'],
  'POST /admin/api/wls/:id/support-token': ['support'],
  'POST /wls/:id/keys/rotate': ['operator'],
  'POST /wls/:id/keys/:kid/revoke': ['operator'],
  'POST /admin/api/keys/rotate': [],
  'POST /admin/api/keys/:kid/revoke': [],
  'POST /admin/api/webhook-keys/rotate': [],
  'GET /admin/api/keys/:kid/report': ['auditor'],
  'POST /wls/:id/certificates': ['operator'],
  'POST /wls/:id/certificates/:serial/revoke': ['operator'],
  'GET /admin/api/audit': ['auditor'],
  'GET /admin/api/audit/verify': ['auditor'],
  'GET /admin/api/trades/:id/evidence': ['auditor'],
  'POST /admin/api/notifications/:id/read': ROLES,
  'GET /admin/api/alert-targets': ['risk'],
  'PUT /admin/api/alert-targets': ['risk'],
};

const LONG_MS = 60_000;
const NOBODY = randomUUID();
const CALLED = ['operator', 'certificateOrOperator', 'operatorOrWlToken'];

let stage: Stage;
const tokens = new Map<Role, string>();

beforeAll(async () => {
  // More refusals within seconds than an honest address has in an hour.
  const plenty = { requests: 10_000, windowSeconds: 60 };
  stage = await startControlPlane({ rateLimits: { refused: plenty } });
  await registerBoth(stage);
  for (const role of ROLES) tokens.set(role, (await stage.person(role)).token);
}, LONG_MS);
afterAll(() => stage.stop(), LONG_MS);

const ofPeople = servedRoutes().filter(
  ({ party, route }) => party === CP && CALLED.includes(route.guard.name),
);

/** Of nothing that exists: who may call is decided before anything else. */
async function call(route: Route, token?: string) {
  const method = route.method.toUpperCase() as 'GET';
  const path = route.path.replaceAll(/:\w+/g, NOBODY);
  const { status, body } = await stage.ask({
    ...{ method, path, token },
    ...(route.body !== undefined && { body: {} }),
  });
  return { status, code: (body as { code?: string } | undefined)?.code };
}

test('the table names routes that are there, and each that writes', () => {
  const names = ofPeople.map(({ name }) => name);
  const writing = ofPeople.filter(({ route }) => route.method !== 'get').map(({ name }) => name);
  expect(Object.keys(MAY).filter((name) => !names.includes(name))).toEqual([]);
  expect(writing.filter((name) => MAY[name] === undefined)).toEqual([]);
});

test.each(ROLES)(
  'a person with the role %s may call what the table says, and is refused the rest',
  async (role) => {
    for (const { name, route } of ofPeople) {
      const may = role === 'master' || (MAY[name] ?? ROLES).includes(role);
      const { status, code } = await call(route, tokens.get(role));
      const refused = status === 403 && code === 'FORBIDDEN';
      expect([name, !refused, status === 401]).toEqual([name, may, false]);
    }
  },
  LONG_MS,
);

test('without a token, or with that of a white label, nothing of people is answered', async () => {
  const as = await stage.certificate(IMPORTER);
  const path = `/wls/${IMPORTER}/token`;
  const wlToken = tokenOf(await stage.ask({ method: 'POST', path, as }));
  for (const { name, route } of ofPeople) {
    expect([name, (await call(route)).status]).toEqual([name, 401]);
    const { status } = await call(route, wlToken);
    expect([name, status === 401 || status === 403 ? 'refused' : status]).toEqual([
      name,
      'refused',
    ]);
  }
});
