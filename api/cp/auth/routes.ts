import { hash, verify } from '@node-rs/argon2';
import { z } from 'zod';
import { CONTROL_PLANE_OWNER } from '../../../db/cp/key.ts';
import { emailIndex, findByEmail, OPERATOR_ROLES } from '../../../db/cp/operator.ts';
import { CONTROL_PLANE } from '../../../runtime/tokens.ts';
import { Problem } from '../../http/problem.ts';
import { anyone, route, type Route } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import { timestamp } from '../schemas.ts';

// Longer than any e-mail or pass phrase; hashing an endless one is work for nothing.
const MAX_CREDENTIAL = 200;

const credentials = z.strictObject({
  email: z.string().min(1).max(MAX_CREDENTIAL),
  password: z.string().min(1).max(MAX_CREDENTIAL),
});

const session = z.object({
  token: z.string(),
  expiresAt: timestamp,
  user: z.object({
    id: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    roles: z.array(z.enum(OPERATOR_ROLES)),
  }),
});

/** Login of people. Throttled by address as a route, and by account whatever the address. */
export function authRoutes(deps: Pick<CpApiDeps, 'db' | 'sealer' | 'signer' | 'tokens'>): Route[] {
  // Compared with where there is no such person, so that the time tells nothing.
  const nobody = hash('nobody has this password');
  return [
    route({
      method: 'post',
      path: '/admin/api/auth/login',
      summary: 'Log in with e-mail and password',
      tag: 'Session',
      group: 'login',
      guard: anyone,
      body: credentials,
      responses: { 200: session },
      refuses: [{ code: 'FORBIDDEN', status: 401 }],
      handler: async ({ body: { email, password }, consume }) => {
        await consume('login', emailIndex(deps.sealer, email));
        const found = await findByEmail(deps.db, deps.sealer, email);
        const matches = await verify(found?.passwordHash ?? (await nobody), password);
        if (found === undefined || !matches || found.operator.status !== 'ACTIVE') {
          throw new Problem('FORBIDDEN', { status: 401, detail: 'E-mail or password is wrong.' });
        }
        const { id, name, roles } = found.operator;
        const { token, expiresAt } = await deps.signer.issue({
          kind: 'OPERATOR',
          owner: CONTROL_PLANE_OWNER,
          sub: id,
          aud: CONTROL_PLANE,
          scopes: [],
          roles,
          ttlSeconds: deps.tokens.operatorSeconds,
        });
        const user = { id, email: found.operator.email, name, roles };
        return { status: 200, body: { token, expiresAt: expiresAt.toISOString(), user } };
      },
    }),
  ];
}
