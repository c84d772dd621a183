import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { OpenApiDocument } from '../../api/http/openapi.ts';
import { CP_ACCESS } from '../../stack/drill/security/access-cp.ts';
import { WL_ACCESS } from '../../stack/drill/security/access-wl.ts';

const TABLES = { cp: CP_ACCESS, wl: WL_ACCESS } as const;

function routesOf(party: 'cp' | 'wl'): string[] {
  const file = new URL(`../../docs/openapi/${party}.json`, import.meta.url);
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as OpenApiDocument;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map(
      (method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    ),
  );
}

test.each(['cp', 'wl'] as const)(
  'each route of %s says who may call it, and no row is left over',
  (party) => {
    const routes = routesOf(party);
    expect(routes.length).toBeGreaterThan(40);
    expect(Object.keys(TABLES[party]).toSorted()).toEqual(routes.toSorted());
  },
);
