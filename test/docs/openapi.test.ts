import { describe, expect, test } from '@jest/globals';
import { CP_EXAMPLES } from '../../api/cp/examples.ts';
import { WL_EXAMPLES } from '../../api/wl/examples.ts';
import { documentOf, operationsOf } from './openapi-examples.ts';

describe.each([
  ['cp', CP_EXAMPLES],
  ['wl', WL_EXAMPLES],
] as const)('docs/openapi/%s.json', (name, examples) => {
  const operations = operationsOf(documentOf(name));

  test('each example is of a route that exists', () => {
    const routes = new Set(operations.map((operation) => operation.name));
    const named = Object.keys(examples).map((key) => key.replaceAll(/:(\w+)/g, '{$1}'));
    expect(named.filter((route) => !routes.has(route))).toEqual([]);
  });

  test('each example of a request and of an answer is valid by the schema beside it', () => {
    const wrong = operations.flatMap((operation) =>
      [
        ...(operation.request === undefined ? [] : operation.checkRequest()),
        ...Object.entries(operation.answers)
          .filter(([, body]) => body !== undefined)
          .flatMap(([status, body]) => operation.check(status, body)),
      ].map((finding) => `${operation.name}: ${finding}`),
    );
    expect(wrong).toEqual([]);
  });

  test('what is executable names all that its path needs', () => {
    const unfilled = operations.filter(({ executable, path }) => executable && path.includes('{'));
    expect(unfilled.map((operation) => operation.name)).toEqual([]);
  });
});
