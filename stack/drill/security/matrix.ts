import { randomUUID } from 'node:crypto';
import type { OpenApiDocument, Operation } from '../../../api/http/openapi.ts';
import { CP, EXPORTER, IMPORTER } from '../../parties.ts';
import type { Party } from '../../parties.ts';
import { CP_ACCESS } from './access-cp.ts';
import type { CpAccess } from './access-cp.ts';
import { WL_ACCESS } from './access-wl.ts';
import type { Attack } from './attack.ts';
import { cpCallers, wlCallers } from './callers.ts';
import type { Caller } from './callers.ts';
import type { Range } from './range.ts';

/** Answers of the route itself: whoever gets one of them was let in. */
const ADMITTED = ['2*', '304*', '400 *', '404 *', '409 *', '412 *', '422 *'];
const REFUSED = ['401 TOKEN_*', '401 CERTIFICATE_*', '403 TOKEN_*', '403 CERTIFICATE_*'];
const REFUSALS = [...REFUSED, '403 FORBIDDEN', '403 SELF_APPROVAL'];
/** Of nothing that exists: who may call is decided before anything else. */
const NOTHING = randomUUID();

interface ListedRoute {
  /** `GET /wls/:id`, as in the tables. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Every route that the processes say they serve, by every caller (OWASP API 1, 2, 5). */
export async function matrixAttacks(range: Range): Promise<readonly Attack[]> {
  const cp = await listed(range, CP);
  const wl = await listed(range, EXPORTER);
  const ofCp = await cpCallers(range);
  const ofWl = await wlCallers(range);
  return [
    coverage('Control Plane', cp, CP_ACCESS),
    coverage('white label', wl, WL_ACCESS),
    ...cp.flatMap((route) =>
      ofCp.map((caller) => {
        const access = CP_ACCESS[route.name] ?? {};
        return knock(range, { party: CP, route, caller, may: mayCallCp(access, caller, route) });
      }),
    ),
    ...wl.flatMap((route) =>
      ofWl.map((caller) => {
        const may = (WL_ACCESS[route.name] ?? []).some((name) => name === caller.name);
        return knock(range, { party: EXPORTER, route, caller, may });
      }),
    ),
  ];
}

async function listed({ http }: Range, party: Party): Promise<readonly ListedRoute[]> {
  const { text } = await http.knock({ party, path: '/openapi.json' });
  const { paths } = JSON.parse(text) as OpenApiDocument;
  return Object.entries(paths).flatMap(([template, operations]) =>
    Object.entries(operations).map(([verb, operation]) => {
      const path = template.replaceAll(/\{(\w+)\}/g, ':$1');
      const method = verb.toUpperCase();
      return { name: `${method} ${path}`, method, path, operation };
    }),
  );
}

function coverage(
  party: string,
  routes: readonly ListedRoute[],
  table: Readonly<Record<string, unknown>>,
): Attack {
  const names = new Set(routes.map(({ name }) => name));
  const missing = [...names].filter((name) => table[name] === undefined);
  const gone = Object.keys(table).filter((name) => !names.has(name));
  const count = names.size - missing.length;
  return {
    name: `routes of the ${party} in the table`,
    expected: [`${names.size} of ${names.size}`],
    send: () => Promise.resolve([`${count} of ${names.size}`, ...missing, ...gone].join(', ')),
  };
}

function mayCallCp(access: CpAccess, { name, role }: Caller, { path }: ListedRoute): boolean {
  if (access.anyone === true) return true;
  if (role !== undefined) return access.people?.includes(role) ?? false;
  if (access.own === true) return name === 'Control Plane';
  if (access.wl === undefined) return false;
  if (name === 'importer') return true;
  // Where no white label is named, a stranger is asked about its own affairs.
  if (name === 'stranger') return !path.includes('/:id') || path.startsWith('/reports');
  // A token that comes along where the certificate is what counts is not looked at.
  const shown = ['importer by certificate alone', 'a token for the exporter'];
  return access.wl === 'certificate' && shown.includes(name);
}

interface Case {
  readonly party: Party;
  readonly route: ListedRoute;
  readonly caller: Caller;
  readonly may: boolean;
}

function knock({ http }: Range, { party, route, caller, may }: Case): Attack {
  const { name, method, operation } = route;
  const values: Readonly<Record<string, string>> = {
    // A white label asks about the importer; people's calls must not change what is there.
    ...(caller.role === undefined && { id: IMPORTER.wlId }),
    ...{ src: EXPORTER.wlId, dst: IMPORTER.wlId },
  };
  const path = route.path.replaceAll(/:(\w+)/g, (_all, key: string) => values[key] ?? NOTHING);
  const [type] = Object.keys((operation.requestBody?.['content'] ?? {}) as object);
  const fields = caller.fields ?? {};
  const body =
    type === undefined
      ? {}
      : type === 'application/json'
        ? { body: fields }
        : {
            body: new URLSearchParams(fields).toString() || 'x=1',
            headers: { 'content-type': type },
          };
  return {
    name: `${name} by ${caller.name}`,
    expected: may ? ADMITTED : REFUSALS,
    send: async () => {
      const { as, bearer } = caller;
      const headers = { ...caller.headers, ...body.headers };
      const { body: sent } = body;
      return (await http.knock({ party, method, path, as, bearer, headers, body: sent })).outcome;
    },
  };
}
