import { CP_DOCUMENT, cpRoutes } from '../../api/cp/app.ts';
import { buildOpenApi, type DocumentInfo } from '../../api/http/openapi.ts';
import type { Route } from '../../api/http/route.ts';
import { WL_DOCUMENT, wlRoutes } from '../../api/wl/app.ts';
import type { GeneratedFile } from './schema-files.ts';

export function openApiFiles(): GeneratedFile[] {
  return [
    openApiFile('cp', cpRoutes(anything()), CP_DOCUMENT),
    openApiFile('wl', wlRoutes(anything()), WL_DOCUMENT),
  ];
}

function openApiFile(name: string, routes: readonly Route[], info: DocumentInfo): GeneratedFile {
  const content = `${JSON.stringify(buildOpenApi(routes, info), null, 2)}\n`;
  return { path: `docs/openapi/${name}.json`, content };
}

/**
 * Stands for the dependencies of routes that are described but never called: describing them touches
 * no database, so any member of it is itself again.
 */
function anything<T>(): T {
  const get = (_target: unknown, key: PropertyKey): unknown => {
    // Routes reckon with numbers of their configuration while they are built.
    if (key === Symbol.toPrimitive) return () => 0;
    return typeof key === 'symbol' ? undefined : self;
  };
  const self: unknown = new Proxy((): unknown => self, { get, apply: () => self });
  return self as T;
}
