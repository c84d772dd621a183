import type { DocumentInfo } from '../http/openapi.ts';
import type { Route } from '../http/route.ts';
import { WL_EXAMPLES } from './examples.ts';
import type { GuardDeps, NodeDeps } from './deps.ts';
import { createGuards } from './guards/guards.ts';
import { decisionRoutes } from './decisions/routes.ts';
import { filmRoutes, type FilmRouteDeps } from './film/routes.ts';
import { createNodeRoutes } from './node-routes.ts';
import { purchaseRoutes, type PurchaseRouteDeps } from './purchases/routes.ts';
import { supportRoutes, type SupportRouteDeps } from './purchases/support-routes.ts';
import type { TraderDeps } from './trader/deps.ts';
import { traderRoutes } from './trader/routes.ts';

/** Everything that the routes of a white label need. */
export type WlApiDeps = GuardDeps &
  NodeDeps &
  Omit<PurchaseRouteDeps, 'guards'> &
  Omit<SupportRouteDeps, 'guards'> &
  Omit<FilmRouteDeps, 'guards'> &
  Omit<TraderDeps, 'guards'>;

export const WL_DOCUMENT: DocumentInfo = {
  title: 'XporY Cross-WL: white label',
  version: '1.0.0',
  description:
    'Members buy imported offers, partners hold and confirm, support finishes what hangs.',
  examples: WL_EXAMPLES,
};

/** The route table of a white label, which is exporter and importer at once. */
export function wlRoutes(deps: WlApiDeps): Route[] {
  const guards = createGuards(deps);
  return [
    ...purchaseRoutes({ ...deps, guards }),
    ...supportRoutes({ ...deps, guards }),
    ...traderRoutes({ ...deps, guards }),
    ...decisionRoutes({ ...deps, guards }),
    ...filmRoutes({ ...deps, guards }),
    ...createNodeRoutes(deps, guards),
  ];
}
