import { z } from 'zod';
import { moneyInput, moneyOutput } from '../../api/http/money-input.ts';
import { cursorQuery, decodeCursor, encodeCursor, pageOf } from '../../api/http/pagination.ts';
import { Problem } from '../../api/http/problem.ts';
import { anyone, route, type Guard, type Route } from '../../api/http/route.ts';
import { formatMinor } from '../../domain/shared/money.ts';

/** Stands for any guard that finds a caller behind a header. */
const caller: Guard<{ readonly id: string }> = {
  name: 'caller',
  needsCertificate: false,
  describe: { schemes: ['bearer'], text: 'A token.', refuses: ['TOKEN_MISSING', 'TOKEN_INVALID'] },
  check({ bearer }) {
    if (bearer === undefined) throw new Problem('TOKEN_MISSING');
    if (bearer === 'bad') throw new Problem('TOKEN_INVALID');
    return { id: bearer };
  },
  limitKey: ({ id }) => id,
};

export const common = { tag: 'test', group: 'admin', guard: anyone } as const;

const echoOffer = route({
  ...common,
  method: 'put',
  path: '/offers/:offerId',
  summary: 'Change an offer',
  params: z.strictObject({ offerId: z.uuid() }),
  body: z.strictObject({
    price: moneyInput({ currency: 'XEX', atLeast: 1n }),
    category: z.strictObject({ id: z.string() }).optional(),
  }),
  responses: { 200: z.object({ price: moneyOutput, offerId: z.string(), bytes: z.number() }) },
  handler: ({ params, body, facts }) => ({
    status: 200,
    body: {
      price: formatMinor(body.price),
      offerId: params.offerId,
      bytes: facts.rawBody.length,
    },
  }),
});

const buyForm = route({
  ...common,
  method: 'post',
  path: '/buy',
  summary: 'Buy by form',
  form: z.strictObject({ accountId: z.string(), quantity: z.coerce.number().int() }),
  idempotency: 'optional',
  responses: { 200: z.unknown() },
  handler: ({ body, idempotencyKey, language }) => ({
    status: 200,
    body: { ...body, idempotencyKey, language },
  }),
});

const keyed = route({
  ...common,
  method: 'post',
  path: '/credits',
  summary: 'Needs a key',
  body: z.strictObject({}),
  idempotency: 'required',
  responses: { 204: 'none' },
  handler: () => ({ status: 204 }),
});

export const cursorShape = z.tuple([z.string(), z.number()]);
const list = route({
  ...common,
  method: 'get',
  path: '/items',
  summary: 'A growing list',
  query: z.object(cursorQuery),
  responses: { 200: pageOf(z.number()) },
  handler({ query }) {
    const at = decodeCursor(query.cursor, cursorShape);
    const nextCursor = encodeCursor(['a', 7]);
    return { status: 200, body: { items: [query.limit, at?.[1] ?? 0], nextCursor } };
  },
});

const limited = route({
  ...common,
  method: 'get',
  path: '/limited',
  summary: 'Two a window',
  group: 'trader',
  guard: caller,
  responses: { 204: 'none' },
  handler: () => ({ status: 204 }),
});

const FAILURES: Record<string, () => never> = {
  crash: () => {
    throw new Error('select * from users where email = ana@loja.com.br');
  },
  cooldown: () => {
    throw new Problem('COOL_DOWN', { extensions: { earlier: { tradeId: 't-1' } } });
  },
  undeclared: () => {
    throw new Problem('CONFLICT');
  },
  // As the driver throws it: a connection that is refused comes wrapped in what could not be done.
  'database-away': () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    throw new Error('the row could not be read', { cause });
  },
  'database-gone': () => {
    throw new Error('Connection terminated unexpectedly');
  },
  unavailable: () => {
    throw new Problem('ENGINE_UNAVAILABLE', { headers: { 'Retry-After': '2' } });
  },
};
const failing = route({
  ...common,
  method: 'post',
  path: '/fail/:how',
  summary: 'Fails',
  params: z.object({ how: z.string() }),
  responses: { 200: z.unknown() },
  refuses: ['COOL_DOWN', 'ENGINE_UNAVAILABLE'],
  handler: ({ params }) => FAILURES[params.how]?.() ?? { status: 200, body: null },
});

const csv = route({
  ...common,
  method: 'get',
  path: '/report',
  summary: 'CSV or something undeclared',
  query: z.object({ wrong: z.string().optional() }),
  responses: { 200: [z.object({ a: z.number() }), 'csv'] },
  handler: ({ query }) =>
    query.wrong === undefined
      ? { status: 200, body: 'a\n1\n', contentType: 'text/csv; charset=utf-8' }
      : { status: 200, body: { a: 'one' } },
});

/** One route of each kind that the common part has to serve. */
export const sampleRoutes: readonly Route[] = [
  echoOffer,
  buyForm,
  keyed,
  list,
  limited,
  failing,
  csv,
];
