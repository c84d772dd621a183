import { cpRoutes } from '../../api/cp/app.ts';
import type { Route } from '../../api/http/route.ts';
import { wlRoutes } from '../../api/wl/app.ts';
import { CP, EXPORTER, IMPORTER } from '../../stack/parties.ts';
import type { Party } from '../../stack/parties.ts';

export interface ServedRoute {
  /** Of a white label's routes the exporter's are called; both serve the same table. */
  readonly party: Party;
  readonly route: Route;
  /** `POST /wls/:id/token`. */
  readonly name: string;
}

/** Every route that the code serves: what is added tomorrow is in it. */
export function servedRoutes(): ServedRoute[] {
  const of = (party: Party, routes: readonly Route[]): ServedRoute[] =>
    routes.map((route) => ({
      ...{ party, route },
      name: `${route.method.toUpperCase()} ${route.path}`,
    }));
  return [...of(CP, cpRoutes(anything())), ...of(EXPORTER, wlRoutes(anything()))];
}

/** Dependencies of routes that are listed and not called. */
function anything<T>(): T {
  const get = (_target: unknown, key: PropertyKey): unknown => {
    // Routes reckon with numbers of their configuration while they are built.
    if (key === Symbol.toPrimitive) return () => 0;
    return typeof key === 'symbol' ? undefined : self;
  };
  const self: unknown = new Proxy((): unknown => self, { get, apply: () => self });
  return self as T;
}

export interface Fillings {
  readonly tradeId: string;
  readonly holdId: string;
  readonly kid: string;
}

const NO_SIGNAL = '00000000-0000-4000-8000-000000000000';

/** A path of the importer's own, and of its trade where the path has one. */
export function pathOf({ path }: Route, { tradeId, holdId, kid }: Fillings): string {
  const values: Record<string, string> = {
    ...{ id: IMPORTER.wlId, src: EXPORTER.wlId, dst: IMPORTER.wlId },
    ...{ tradeId, holdId, kid, serial: '1F', signalId: NO_SIGNAL },
  };
  return path.replaceAll(/:(\w+)/g, (_match, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for :${name} of ${path}`);
    return value;
  });
}
