import { z } from 'zod';
import { listPeople, OPERATOR_ROLES } from '../../../db/cp/operator.ts';
import { route, type Route } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';

export const personView = z.object({
  id: z.string(),
  called: z.string().meta({ description: 'The name; the e-mail where none was given.' }),
  roles: z.array(z.enum(OPERATOR_ROLES)),
});

/**
 * Who is meant by the ids that audits, decisions and settlements name. Everybody who operates may
 * know their colleagues by name; what else is known of a user stays with masters.
 */
export function peopleRoute(
  { db, sealer }: Pick<CpApiDeps, 'db' | 'sealer'>,
  guards: Guards,
): Route {
  return route({
    tag: 'Users',
    group: 'admin',
    guard: guards.operator(),
    method: 'get',
    path: '/admin/api/people',
    summary: 'Names and roles of the people who operate, also of those who no longer do',
    responses: { 200: z.object({ items: z.array(personView) }) },
    handler: async () => {
      const people = await listPeople(db, sealer);
      const items = people.map(({ id, called, roles }) => ({ id, called, roles: [...roles] }));
      return { status: 200, body: { items } };
    },
  });
}
