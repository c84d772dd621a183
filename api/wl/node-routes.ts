import type { Route } from '../http/route.ts';
import { createBackofficeAccountRoutes } from './backoffice/accounts.ts';
import { createEventKeyRoutes } from './backoffice/event-keys.ts';
import { createBackofficeOfferRoutes } from './backoffice/offers.ts';
import { createControlPlaneRoutes } from './control-plane/routes.ts';
import { createSignalRoutes } from './control-plane/signal-routes.ts';
import type { NodeDeps } from './deps.ts';
import type { Guards } from './guards/guards.ts';
import { createImportedOfferRoutes } from './imported-offers/routes.ts';
import { createJwksRoutes } from './jwks/routes.ts';
import { createLojaRoutes } from './loja/routes.ts';
import { createOfferRoutes } from './offers/routes.ts';

/** Every route of a WL beside the purchase itself. */
export function createNodeRoutes(deps: NodeDeps, guards: Guards): Route[] {
  return [
    ...createImportedOfferRoutes(deps),
    ...createLojaRoutes(),
    ...createControlPlaneRoutes(deps, guards),
    ...createSignalRoutes(deps, guards),
    ...createOfferRoutes(deps, guards),
    ...createBackofficeOfferRoutes(deps, guards),
    ...createBackofficeAccountRoutes(deps, guards),
    ...createEventKeyRoutes(deps, guards),
    ...createJwksRoutes(deps),
  ];
}
