import { z } from 'zod';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import type { NodeDeps } from '../deps.ts';
import type { Guards } from '../guards/guards.ts';

const importResult = z.object({
  imported: z.int().min(0),
  updated: z.int().min(0),
  disabled: z.int().min(0),
  warnings: z.array(z.string()),
});

type ControlPlaneDeps = Pick<NodeDeps, 'own' | 'syncs'>;

/** How the Control Plane, or whoever holds its token, makes this WL pull. */
export function createControlPlaneRoutes(deps: ControlPlaneDeps, guards: Guards): Route[] {
  const { own, syncs } = deps;
  return [
    route({
      method: 'post',
      path: '/api/v2/control-plane/debug/import',
      summary: 'Pull the policies and sync the offers now',
      tag: 'Control Plane',
      group: 'control',
      guard: guards.debugImport,
      responses: { 200: importResult },
      refuses: ['ENGINE_UNAVAILABLE'],
      handler: async ({ facts }) => ({
        status: 200,
        body: await engine(() => syncs.importNow(facts.correlationId)),
      }),
    }),
    route({
      method: 'post',
      path: '/api/v2/control-plane/policies/changed',
      summary: 'Nudge: pull the policies now',
      tag: 'Control Plane',
      group: 'control',
      guard: guards.controlPlane,
      body: z.strictObject({ wlId: z.uuid().toLowerCase() }),
      responses: { 202: z.object({ accepted: z.literal(true) }) },
      refuses: ['NOT_FOUND', 'ENGINE_UNAVAILABLE'],
      handler: async ({ body }) => {
        // A nudge for somebody else means that the Control Plane has our endpoint under their name.
        if (body.wlId !== own.wlId) throw new Problem('NOT_FOUND');
        await engine(() => syncs.startPolicySync());
        return { status: 202, body: { accepted: true } };
      },
    }),
  ];
}

const RETRY_AFTER_SECONDS = '5';

async function engine<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const headers = { 'Retry-After': RETRY_AFTER_SECONDS };
    const detail = 'The sync could not be started or did not end in time.';
    throw new Problem('ENGINE_UNAVAILABLE', { cause, detail, headers });
  }
}
