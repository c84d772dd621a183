import { randomUUID } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { z } from 'zod';
import {
  createOperator,
  listOperators,
  OPERATOR_ROLES,
  updateOperator,
  type Operator,
} from '../../../db/cp/operator.ts';
import { offsetQuery, pageOf } from '../../http/pagination.ts';
import { route, type Route } from '../../http/route.ts';
import { authorOf, valueOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { anyCase, email, name, timestamp } from '../schemas.ts';

// Length is what makes a password hard to guess; twelve is what NIST 800-63B and time ask for.
const LEAST_PASSWORD = 12;
const MAX_PASSWORD = 200;

const password = z.string().min(LEAST_PASSWORD).max(MAX_PASSWORD);
const roles = z.array(z.enum(OPERATOR_ROLES)).min(1).max(OPERATOR_ROLES.length);
export const userView = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  roles: z.array(z.enum(OPERATOR_ROLES)),
  status: z.enum(['ACTIVE', 'DISABLED']),
  createdAt: timestamp,
  updatedAt: timestamp,
});
const newUser = z.strictObject({ email, name: name.optional(), password, roles });
const userPatch = z.strictObject({
  name: name.optional(),
  password: password.optional(),
  roles: roles.optional(),
  status: anyCase(['ACTIVE', 'DISABLED']).optional(),
});

/** People who operate the Control Plane; only masters see and change them. */
export function userRoutes(deps: Pick<CpApiDeps, 'db' | 'sealer'>, guards: Guards): Route[] {
  const common = { tag: 'Users', group: 'admin', guard: guards.operator('master') } as const;
  return [
    route({
      ...common,
      method: 'get',
      path: '/admin/api/users',
      summary: 'List users',
      query: z.object(offsetQuery),
      responses: { 200: pageOf(userView) },
      handler: async ({ query }) => {
        const { items, total } = await listOperators(deps.db, deps.sealer, query);
        return { status: 200, body: { items: items.map(viewOf), total } };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/admin/api/users',
      summary: 'Add a user',
      body: newUser,
      responses: { 201: userView },
      refuses: ['CONFLICT'],
      handler: async ({ body, principal, facts }) => {
        const passwordHash = await hash(body.password);
        const operator = { ...body, id: randomUUID(), passwordHash, roles: unique(body.roles) };
        const author = authorOf(principal, facts);
        const created = await createOperator(deps.db, deps.sealer, { operator, author });
        const user = valueOrProblem(created, { CONFLICT: 'Somebody has that e-mail.' });
        return { status: 201, body: viewOf(user) };
      },
    }),
    route({
      ...common,
      method: 'patch',
      path: '/admin/api/users/:id',
      summary: 'Change a user: a new password or a block ends their sessions',
      params: z.object({ id: z.uuid() }),
      body: userPatch,
      responses: { 200: userView },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ params: { id }, body, principal, facts }) => {
        const { password: clear, ...rest } = body;
        const changed = await updateOperator(deps.db, deps.sealer, {
          id,
          patch: {
            ...rest,
            ...(rest.roles === undefined ? {} : { roles: unique(rest.roles) }),
            ...(clear === undefined ? {} : { passwordHash: await hash(clear) }),
          },
          author: authorOf(principal, facts),
        });
        const user = valueOrProblem(changed, { CONFLICT: 'The last master has to stay one.' });
        return { status: 200, body: viewOf(user) };
      },
    }),
  ];
}

function viewOf(operator: Operator): z.output<typeof userView> {
  return {
    ...operator,
    roles: [...operator.roles],
    createdAt: operator.createdAt.toISOString(),
    updatedAt: operator.updatedAt.toISOString(),
  };
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
