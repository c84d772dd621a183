import { z } from 'zod';
import { OPERATOR_ROLES, readOperator } from '../../../db/cp/operator.ts';
import { maskEmail } from '../../../domain/policy/contact.ts';
import { route, type Route } from '../../http/route.ts';
import { foundOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { timestamp } from '../schemas.ts';

type SessionDeps = Pick<CpApiDeps, 'db' | 'sealer' | 'profile' | 'console'>;

export const sessionView = z.object({
  user: z.object({
    id: z.string(),
    email: z.string().meta({ description: 'Masked.' }),
    roles: z.array(z.enum(OPERATOR_ROLES)),
  }),
  expiresAt: timestamp,
  profile: z.enum(['local', 'production']),
  temporalUiUrl: z.string().nullable().meta({ description: 'Where workflows can be looked at.' }),
  namespaces: z.record(z.string(), z.string()).meta({
    description: 'Temporal namespaces by white label, as far as known here; `cp` is our own.',
  }),
});

/** What the console asks first: who is here, until when, and where the engine can be looked at. */
export function sessionRoute({ db, sealer, profile, console }: SessionDeps, guards: Guards): Route {
  return route({
    tag: 'Session',
    group: 'admin',
    guard: guards.operator(),
    method: 'get',
    path: '/admin/api/session',
    summary: 'The session of the token',
    responses: { 200: sessionView },
    refuses: ['NOT_FOUND'],
    handler: async ({ principal }) => {
      const { id, email, roles } = foundOrProblem(await readOperator(db, sealer, principal.id));
      const body = {
        user: { id, email: maskEmail(email), roles: [...roles] },
        expiresAt: principal.expiresAt.toISOString(),
        profile,
        temporalUiUrl: console.temporalUiUrl ?? null,
        namespaces: { ...console.namespaces },
      };
      return { status: 200, body };
    },
  });
}
