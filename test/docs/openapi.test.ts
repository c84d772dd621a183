import { describe, expect, test } from '@jest/globals';
import { CP_EXAMPLES } from '../../api/cp/examples.ts';
import { WL_EXAMPLES } from '../../api/wl/examples.ts';
import { PROBLEMS } from '../../api/http/problem.ts';
import { documentOf, operationsOf } from './openapi-examples.ts';

const CODES = new Set(Object.keys(PROBLEMS));

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

  test('each operation shows what is sent and what is answered', () => {
    const silent = operations.filter(
      ({ takesBody, request, answersJson, answers }) =>
        (takesBody && request === undefined) ||
        (answersJson && Object.values(answers).every((answer) => answer === undefined)),
    );
    expect(silent.map((operation) => operation.name)).toEqual([]);
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

  test('each operation names the codes that it refuses with, by status', () => {
    const codes = (name: string) => name.split('.').slice(1);
    const vague = operations.filter(
      ({ refusals }) =>
        !refusals.some((name) => codes(name).includes('RATE_LIMITED')) ||
        refusals.some((name) => codes(name).some((code) => !CODES.has(code))),
    );
    expect(vague.map((operation) => operation.name)).toEqual([]);
  });

  test('no pattern needs what other languages do not have', () => {
    const text = JSON.stringify(documentOf(name));
    expect(text.match(/\\\\[pP]\{/g)).toBeNull();
  });

  test('what is executable names all that its path needs', () => {
    const unfilled = operations.filter(({ executable, path }) => executable && path.includes('{'));
    expect(unfilled.map((operation) => operation.name)).toEqual([]);
  });
});
