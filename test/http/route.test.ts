import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { buildOpenApi } from '../../api/http/openapi.ts';
import { route } from '../../api/http/route.ts';
import { common } from './sample-routes.ts';

test('a route whose body admits unknown fields can not be defined', () => {
  const define = (body: z.ZodType) => () =>
    route({
      ...common,
      method: 'post',
      path: '/x',
      summary: 'x',
      body,
      responses: {},
      handler: () => ({ status: 204 }),
    });
  expect(define(z.object({ a: z.string() }))).toThrow('POST /x takes unknown fields at the top');
  const nested = z.strictObject({ list: z.array(z.object({ a: z.string() })) });
  expect(define(nested)).toThrow('takes unknown fields at /list/items');
  expect(define(z.strictObject({ properties: z.strictObject({}) }))).not.toThrow();
});

test('schemas with an id become components, apart for what a route takes and what it gives', () => {
  const inner = z.strictObject({ a: z.string().default('x') }).meta({ id: 'Inner' });
  const outer = z.strictObject({ inner, more: z.array(inner) }).meta({ id: 'Outer' });
  const spec = { ...common, method: 'post', path: '/outer', summary: 'x', body: outer } as const;
  const defined = route({ ...spec, responses: { 200: outer }, handler: () => ({ status: 200 }) });
  const info = { title: 'T', version: '1', description: '' };
  const { components, paths } = buildOpenApi([defined], info);
  expect(Object.keys(components.schemas)).toEqual(
    expect.arrayContaining(['Problem', 'Inner', 'InnerInput', 'Outer', 'OuterInput']),
  );
  expect(components.schemas['InnerInput']).not.toHaveProperty('required');
  expect(components.schemas['Inner']).toHaveProperty('required', ['a']);
  expect(components.schemas['OuterInput']).toMatchObject({
    properties: { inner: { $ref: '#/components/schemas/InnerInput' } },
  });
  const schema = { $ref: '#/components/schemas/Outer' };
  expect(paths['/outer']?.['post']?.responses['200']).toMatchObject({
    content: { 'application/json': { schema } },
  });
});
