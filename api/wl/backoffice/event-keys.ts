import { z } from 'zod';
import { rotateEventKey } from '../../../db/wl/event-keys.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import type { NodeDeps } from '../deps.ts';
import type { Guards } from '../guards/guards.ts';
import { changeContext } from './context.ts';

type EventKeyDeps = Pick<NodeDeps, 'db' | 'sealer' | 'syncs'>;

const PATH = '/api/v2/backoffice/event-keys/rotate';

/** The key under which this WL signs its events, replaced with overlap. */
export function createEventKeyRoutes({ db, sealer, syncs }: EventKeyDeps, guards: Guards): Route[] {
  return [
    route({
      ...{ tag: 'Back office', group: 'backoffice', guard: guards.backoffice },
      method: 'post',
      path: PATH,
      summary: 'A new event key: it signs once the Control Plane knows it, the old one overlaps',
      responses: { 200: z.object({ kid: z.string() }) },
      refuses: ['CONFLICT'],
      handler: async ({ facts, log }) => {
        const rotated = await rotateEventKey(db, sealer, changeContext(PATH, facts));
        if (!rotated.ok) {
          const detail = 'The last new key has not been registered at the Control Plane yet.';
          throw new Problem(rotated.code, { detail });
        }
        // Not awaited: the next scheduled sync registers it as well.
        syncs.startPolicySync().catch((err: unknown) => {
          log.warn({ err }, 'the new event key is registered by the next sync');
        });
        return { status: 200, body: rotated.value };
      },
    }),
  ];
}
