import { z } from 'zod';
import { invariant } from '../../domain/shared/invariant.ts';
import type { Code } from '../../domain/shared/codes.ts';
import { FINDING_RULES } from './findings.ts';
import { PROBLEM_TYPE, PROBLEMS } from './problem.ts';
import { refusalsOf } from './refusals.ts';
import type { MediaName, ResponseSpec, Route, SecurityScheme } from './route.ts';

export interface DocumentInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly examples?: RouteExamples;
}

/** One call of a route, as its document shows it. */
export interface RouteExample {
  /** Values in the path, the query and the header of the key, by their names. */
  readonly params?: Readonly<Record<string, string>>;
  readonly request?: unknown;
  readonly answer?: { readonly status: number; readonly body: unknown };
  /** As it stands, with the data of the local stack: tests send it. */
  readonly executable?: boolean;
}

/** By `GET /wls/:id`. */
export type RouteExamples = Readonly<Record<string, RouteExample>>;

type JsonSchema = Record<string, unknown>;

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security: readonly Record<string, readonly string[]>[];
  readonly parameters: readonly JsonSchema[];
  readonly requestBody?: JsonSchema;
  readonly responses: Record<string, JsonSchema>;
  readonly 'x-executable'?: true;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Omit<DocumentInfo, 'examples'>;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<string, JsonSchema>;
    /** Problems, by status and the codes that come with it. */
    readonly responses: Record<string, JsonSchema>;
    readonly securitySchemes: Record<SecurityScheme, JsonSchema>;
  };
}

const SECURITY_SCHEMES: Record<SecurityScheme, JsonSchema> = {
  mutualTLS: { type: 'mutualTLS', description: 'Client certificate of a party.' },
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  accountId: { type: 'apiKey', in: 'header', name: 'X-Account-Id' },
  accountToken: { type: 'apiKey', in: 'header', name: 'X-Account-Token' },
  backofficeKey: { type: 'http', scheme: 'bearer', description: 'Key of the own back office.' },
};

const MEDIA_TYPES: Record<Exclude<MediaName, 'none'>, string> = {
  text: 'text/plain',
  html: 'text/html',
  css: 'text/css',
  script: 'text/javascript',
  csv: 'text/csv',
};

// Loose: some codes add members, such as `earlier` of COOL_DOWN.
const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
  correlationId: z.string(),
  errors: z
    .array(
      z.object({
        in: z.enum(['body', 'query', 'path', 'header']),
        pointer: z.string(),
        message: z.string(),
        rule: z.enum(FINDING_RULES).optional(),
        bound: z.string().optional(),
      }),
    )
    .optional(),
});

/** OpenAPI 3.1 from the schemas that the routes validate with. */
export function buildOpenApi(
  routes: readonly Route[],
  { examples = {}, ...info }: DocumentInfo,
): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = {};
  schemas['Problem'] = toSchema(problemSchema, 'output', schemas);
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const example = examples[`${route.method.toUpperCase()} ${route.path}`] ?? {};
    (paths[path] ??= {})[route.method] = withExample(operationOf(route, schemas), example);
  }
  const components = {
    schemas,
    responses: problemResponses(routes),
    securitySchemes: SECURITY_SCHEMES,
  };
  return { openapi: '3.1.0', info, paths, components };
}

function withExample(operation: Operation, example: RouteExample): Operation {
  const { params = {}, request, answer, executable } = example;
  const { requestBody, parameters, responses } = operation;
  const shown = (of: JsonSchema | undefined, value: unknown): JsonSchema => {
    const [[type, media] = ['', {}]] = Object.entries((of?.['content'] ?? {}) as JsonSchema);
    return { ...of, content: { [type]: { ...(media as JsonSchema), example: value } } };
  };
  return {
    ...operation,
    parameters: parameters.map((parameter) => {
      const value = params[String(parameter['name'])];
      return value === undefined ? parameter : { ...parameter, example: value };
    }),
    ...(request !== undefined && { requestBody: shown(requestBody, request) }),
    ...(answer !== undefined && {
      responses: { ...responses, [answer.status]: shown(responses[answer.status], answer.body) },
    }),
    ...(executable === true && { 'x-executable': true as const }),
  };
}

function operationOf(route: Route, schemas: Record<string, JsonSchema>): Operation {
  const body = route.body ?? route.form;
  const type = route.form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
  return {
    operationId: `${route.method}${route.path.replaceAll(/[^A-Za-z0-9]+/g, '_')}`,
    summary: route.summary,
    description: `${route.guard.describe.text} Rate limit group: \`${route.group}\`.`,
    tags: [route.tag],
    security: route.guard.describe.schemes.map((schemes) =>
      Object.fromEntries([schemes].flat().map((scheme) => [scheme, []])),
    ),
    parameters: [
      ...pathParameters(route, schemas),
      ...queryParameters(route, schemas),
      ...keyParameter(route),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: { [type]: { schema: toSchema(body, 'input', schemas) } },
          },
        }),
    responses: responsesOf(route, schemas),
  };
}

function pathParameters(route: Route, schemas: Record<string, JsonSchema>): JsonSchema[] {
  const declared = propertiesOf(route.params, schemas);
  return [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: declared.properties[name] ?? { type: 'string' },
  }));
}

function queryParameters(route: Route, schemas: Record<string, JsonSchema>): JsonSchema[] {
  const { properties, required } = propertiesOf(route.query, schemas);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function keyParameter({ idempotency }: Route): JsonSchema[] {
  if (idempotency === undefined) return [];
  const schema = { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' };
  const required = idempotency === 'required';
  return [{ name: 'Idempotency-Key', in: 'header', required, schema }];
}

function propertiesOf(schema: z.ZodType | undefined, schemas: Record<string, JsonSchema>) {
  const json = schema === undefined ? {} : toSchema(schema, 'input', schemas);
  return {
    properties: (json['properties'] ?? {}) as Record<string, JsonSchema>,
    required: (json['required'] ?? []) as readonly string[],
  };
}

function responsesOf(route: Route, schemas: Record<string, JsonSchema>) {
  const responses: Record<string, JsonSchema> = {};
  for (const [status, declared] of Object.entries(route.responses)) {
    const specs = (Array.isArray(declared) ? declared : [declared]) as readonly ResponseSpec[];
    const content = Object.assign({}, ...specs.map((spec) => contentOf(spec, schemas))) as object;
    responses[status] = {
      description: STATUS_TEXTS[status] ?? `Status ${status}`,
      ...(Object.keys(content).length === 0 ? {} : { content }),
    };
  }
  for (const [status, codes] of refusalsOf(route)) {
    responses[status] = { $ref: `#/components/responses/${problemName(status, codes)}` };
  }
  return responses;
}

function problemName(status: number, codes: readonly Code[]): string {
  return [status, ...codes].join('.');
}

/** Routes that refuse with the same codes share one response, whose name says which. */
function problemResponses(routes: readonly Route[]): Record<string, JsonSchema> {
  const named = routes.flatMap((route) =>
    [...refusalsOf(route)].map(
      ([status, codes]) => [problemName(status, codes), problemResponse(status, codes)] as const,
    ),
  );
  return Object.fromEntries(named.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function problemResponse(status: number, codes: readonly Code[]): JsonSchema {
  const [code = 'INTERNAL'] = codes;
  const known = { status: { const: status }, code: { enum: codes } };
  return {
    description: codes.map((one) => `${one}: ${PROBLEMS[one].title}.`).join(' '),
    content: {
      [PROBLEM_TYPE]: {
        schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: known }] },
        example: {
          type: 'about:blank',
          title: PROBLEMS[code].title,
          status,
          code,
          correlationId: '019b3a52-6f0e-7c41-8a55-1d2f6a9c0b11',
        },
      },
    },
  };
}

const STATUS_TEXTS: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted, not finished',
  204: 'Done, nothing to tell',
  304: 'Not modified',
};

function contentOf(spec: ResponseSpec, schemas: Record<string, JsonSchema>): JsonSchema {
  if (spec === 'none') return {};
  if (typeof spec === 'string') return { [MEDIA_TYPES[spec]]: { schema: { type: 'string' } } };
  return { 'application/json': { schema: toSchema(spec, 'output', schemas) } };
}

/**
 * JSON schema of one part. Schemas with an id become components; what one takes and what it gives
 * can differ (defaults, transforms), so requests have components of their own, `<id>Input`.
 */
function toSchema(
  schema: z.ZodType,
  io: 'input' | 'output',
  components: Record<string, JsonSchema>,
): JsonSchema {
  const generated = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
  const { $schema: _dialect, $defs = {}, ...json } = generated;
  const suffix = io === 'input' ? 'Input' : '';
  for (const [id, definition] of Object.entries($defs as Record<string, JsonSchema>)) {
    const name = `${id}${suffix}`;
    const component = rewriteRefs(definition, suffix) as JsonSchema;
    const known = components[name];
    const same = known === undefined || JSON.stringify(known) === JSON.stringify(component);
    invariant(same, `two schemas are called ${name}`);
    components[name] = component;
  }
  return rewriteRefs(json, suffix) as JsonSchema;
}

function rewriteRefs(node: unknown, suffix: string): unknown {
  if (Array.isArray(node)) return node.map((item) => rewriteRefs(item, suffix));
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) =>
      key === '$ref' && typeof value === 'string'
        ? [key, `${value.replace('#/$defs/', '#/components/schemas/')}${suffix}`]
        : [key, rewriteRefs(value, suffix)],
    ),
  );
}
