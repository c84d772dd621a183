import { z } from 'zod';
import { readEventKeys } from '../../../db/wl/event-keys.ts';
import { anyone, route, type Route } from '../../http/route.ts';
import type { NodeDeps } from '../deps.ts';

const eventKeys = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      x: z.string(),
      kid: z.string(),
      alg: z.string().optional(),
      use: z.string().optional(),
    }),
  ),
});
/** Keys change rarely, and a new one is registered with the Control Plane before it signs. */
const MAX_AGE_SECONDS = 60;

/** The public keys of this WL's events. */
export function createJwksRoutes({ db }: Pick<NodeDeps, 'db'>): Route[] {
  return [
    route({
      method: 'get',
      path: '/.well-known/jwks.json',
      summary: 'Keys under which this WL signs its events',
      tag: 'Discovery',
      group: 'public',
      guard: anyone,
      responses: { 200: eventKeys },
      handler: async () => ({
        status: 200,
        body: await readEventKeys(db),
        headers: { 'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}` },
      }),
    }),
  ];
}
