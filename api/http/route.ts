import { z } from 'zod';
import { invariant } from '../../domain/shared/invariant.ts';
import type { Logger } from '../../runtime/log.ts';
import type { RateGroup } from '../../runtime/rate-groups.ts';
import type { CertificateFacts } from '../../runtime/tls.ts';
import type { Refusal } from './refusals.ts';

export type Listener = 'tls' | 'plain';
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export type Language = 'pt-BR' | 'en';

/** What a guard may look at. `body` is parsed but not validated yet. */
export interface RequestFacts {
  readonly listener: Listener;
  /** Present only when our CA vouches for it, it is in its time and it is not revoked. */
  readonly certificate?: CertificateFacts;
  /** The token of `Authorization: Bearer`. */
  readonly bearer?: string;
  readonly header: (name: string) => string | undefined;
  readonly ip: string;
  readonly correlationId: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** The bytes as they came, for signatures over them. */
  readonly rawBody: Buffer;
}

/** Names an OpenAPI security scheme; `description` says in words what the guard asks for. */
export interface GuardDescription {
  /** One of them is enough; those of an inner list belong together. */
  readonly schemes: readonly (SecurityScheme | readonly SecurityScheme[])[];
  readonly text: string;
  /** What it refuses a caller for. */
  readonly refuses: readonly Refusal[];
}
export type SecurityScheme =
  'mutualTLS' | 'bearer' | 'accountId' | 'accountToken' | 'backofficeKey';

/** Decides who is calling, or throws a Problem. Composed once per process with its dependencies. */
export interface Guard<P> {
  readonly name: string;
  /** Such a route does not exist on the plain listener and needs a valid certificate on TLS. */
  readonly needsCertificate: boolean;
  readonly describe: GuardDescription;
  readonly check: (facts: RequestFacts) => Promise<P> | P;
  /** Whose rate limit the request counts on: a WL, an account, a user. Absent: the address. */
  readonly limitKey?: (principal: P) => string | undefined;
}

/** For routes that anyone may call. */
export const anyone: Guard<undefined> = {
  name: 'anyone',
  needsCertificate: false,
  describe: { schemes: [], text: 'Open to anyone.', refuses: [] },
  check: () => undefined,
};

export interface Reply {
  readonly status: number;
  /** JSON by default; with `contentType` a text or bytes that are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
}

type Schema = z.ZodType | undefined;
type Output<S extends Schema> = S extends z.ZodType ? z.output<S> : undefined;
type BodyOf<B extends Schema, F extends Schema> = B extends z.ZodType ? z.output<B> : Output<F>;

export interface Context<P, Params, Query, Body> {
  readonly principal: P;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly facts: RequestFacts;
  readonly idempotencyKey?: string;
  /** `pt-BR` unless the caller prefers English. */
  readonly language: Language;
  readonly log: Logger;
  /** A limit beyond the route's: counts a request of `key` in `group`, throws RATE_LIMITED. */
  readonly consume: (group: RateGroup, key: string) => Promise<void>;
}

export type MediaName = 'text' | 'html' | 'css' | 'script' | 'csv' | 'none';
export type ResponseSpec = z.ZodType | MediaName;

export interface RouteSpec<
  P,
  Params extends Schema,
  Query extends Schema,
  Body extends Schema,
  Form extends Schema,
> {
  readonly method: Method;
  /** Express path, `/wls/:id/token`. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly group: RateGroup;
  readonly guard: Guard<P>;
  readonly params?: Params;
  readonly query?: Query;
  /** JSON body. Objects have to be strict: the route is refused at start otherwise. */
  readonly body?: Body;
  /** `application/x-www-form-urlencoded` body, instead of `body`. */
  readonly form?: Form;
  /** Answers by status; several specs of one status are several media types. */
  readonly responses: Readonly<Record<number, ResponseSpec | readonly ResponseSpec[]>>;
  /** What the handler refuses, beside what the guard and the parts do. */
  readonly refuses?: readonly Refusal[];
  /** The handler judges the texts of the body itself: NUL does not refuse the whole of it. */
  readonly judgesTexts?: true;
  /** `required`: 400 without it. `optional`: used where sent. Absent: ignored. */
  readonly idempotency?: 'required' | 'optional';
  readonly handler: (
    context: Context<P, Output<Params>, Output<Query>, BodyOf<Body, Form>>,
  ) => Promise<Reply> | Reply;
}

/** A route whose types have been checked at its definition. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly group: RateGroup;
  readonly guard: Guard<unknown>;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly form?: z.ZodType;
  readonly responses: Readonly<Record<number, ResponseSpec | readonly ResponseSpec[]>>;
  readonly judgesTexts?: true;
  readonly refuses?: readonly Refusal[];
  readonly idempotency?: 'required' | 'optional';
  readonly handler: (
    context: Context<unknown, unknown, unknown, unknown>,
  ) => Promise<Reply> | Reply;
}

/** Defines one route. Unknown fields are refused, so every object of its body must be strict. */
export function route<
  P,
  Params extends Schema = undefined,
  Query extends Schema = undefined,
  Body extends Schema = undefined,
  Form extends Schema = undefined,
>(spec: RouteSpec<P, Params, Query, Body, Form>): Route {
  const name = `${spec.method.toUpperCase()} ${spec.path}`;
  invariant(spec.body === undefined || spec.form === undefined, `${name} has two bodies`);
  const body: z.ZodType | undefined = spec.body ?? spec.form;
  if (body !== undefined) {
    const loose = looseObject(z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }), '');
    invariant(loose === undefined, `${name} takes unknown fields at ${loose || 'the top'}`);
  }
  // The types of this route's parts were checked against each other above; the table of routes
  // holds them without, because no caller of the table knows them.
  return spec as unknown as Route;
}

/** Pointer of the first object in a JSON schema that admits fields it does not name. */
function looseObject(schema: unknown, pointer: string): string | undefined {
  if (!isObject(schema)) return undefined;
  const { properties, ...rest } = schema;
  if (isObject(properties) && schema['additionalProperties'] !== false) return pointer;
  const children = [
    ...Object.entries(isObject(properties) ? properties : {}),
    ...Object.entries(rest).filter(([keyword]) => !LITERAL_KEYWORDS.has(keyword)),
  ];
  for (const [key, child] of children) {
    const found = looseObject(child, `${pointer}/${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

// Values of these are examples of data, not schemas.
const LITERAL_KEYWORDS = new Set(['default', 'examples', 'enum', 'const']);

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}
