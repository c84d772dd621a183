import { z } from 'zod';
import { listSnapshot } from '../../../db/cp/snapshot.ts';
import { readWl } from '../../../db/cp/wl.ts';
import type { SnapshotKind } from '../../../workflows/snapshot-sync/contract.ts';
import { offsetQuery, pageOf } from '../../http/pagination.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import { foundOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { timestamp, wlParams } from '../schemas.ts';

type SnapshotDeps = Pick<CpApiDeps, 'db' | 'sealer' | 'engine'>;

const item = z.object({ id: z.string(), name: z.string(), activeOffers: z.number().int() });
const counts = z.object({
  count: z.number().int(),
  activeOffers: z.number().int(),
  syncedAt: timestamp,
});

const SNAPSHOTS: readonly { readonly kind: SnapshotKind; readonly path: string }[] = [
  { kind: 'CATEGORIES', path: 'offer-categories' },
  { kind: 'ENTITIES', path: 'entities' },
];

/** Categories and entities of an exporter, for writing an export_policy. */
export function snapshotRoutes(deps: SnapshotDeps, guards: Guards): Route[] {
  return SNAPSHOTS.flatMap((snapshot) => routesOf(snapshot, deps, guards));
}

function routesOf(
  { kind, path }: (typeof SNAPSHOTS)[number],
  { db, sealer, engine }: SnapshotDeps,
  guards: Guards,
): Route[] {
  const reader = { tag: 'Snapshots', group: 'admin', guard: guards.operator() } as const;
  const words = path.replace('-', ' ');
  return [
    route({
      ...reader,
      guard: guards.operator('operator'),
      method: 'post',
      path: `/admin/api/wls/:id/${path}/sync`,
      summary: `Read the ${words} from the exporter now`,
      params: wlParams,
      responses: { 200: counts },
      refuses: ['NOT_FOUND', 'CONFLICT', 'EXPORTER_UNAVAILABLE', 'ENGINE_UNAVAILABLE'],
      handler: async ({ params: { id }, facts: { correlationId } }) => {
        const wl = foundOrProblem(await readWl(db, sealer, id));
        if (wl.peerUrl === null) {
          const detail = 'The white label has not registered its endpoint yet.';
          throw new Problem('CONFLICT', { detail });
        }
        const result = await engine.syncSnapshot({ wlId: id, kind, correlationId });
        return { status: 200, body: result };
      },
    }),
    route({
      ...reader,
      method: 'get',
      path: `/admin/api/wls/:id/${path}`,
      summary: `The ${words} as last read`,
      params: wlParams,
      query: z.object(offsetQuery),
      responses: { 200: pageOf(item).extend({ syncedAt: timestamp.nullable() }) },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id }, query }) => {
        foundOrProblem(await readWl(db, sealer, id));
        const { items, total, syncedAt } = await listSnapshot(db, { wlId: id, kind, ...query });
        const body = { items, total, syncedAt: syncedAt?.toISOString() ?? null };
        return { status: 200, body };
      },
    }),
  ];
}
