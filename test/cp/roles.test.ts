import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Route } from '../../api/http/route.ts';
import { CP_ACCESS, ROLES } from '../../stack/drill/security/access-cp.ts';
import type { Role } from '../../stack/drill/security/access-cp.ts';
import { CP } from '../../stack/parties.ts';
import { servedRoutes } from '../runbook/routes.ts';
import { IMPORTER, registerBoth, startControlPlane, tokenOf, type Stage } from './stage.ts';

/**
 * Who may call a route of people, master included. The table is the campaign's, which sends each row
 * to real processes; it is compared with the documents in test/docs/access.test.ts.
 */
const MAY = Object.fromEntries(
  Object.entries(CP_ACCESS).map(([name, access]) => [name, access.people ?? []]),
);

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

test('the table names each route of people', () => {
  const listed = Object.keys(MAY).filter((name) => MAY[name]?.length !== 0);
  expect(ofPeople.map(({ name }) => name).toSorted()).toEqual(listed.toSorted());
});

test.each(ROLES)(
  'a person with the role %s may call what the table says, and is refused the rest',
  async (role) => {
    for (const { name, route } of ofPeople) {
      const may = MAY[name]?.includes(role) ?? false;
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
