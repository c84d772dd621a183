import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readPage } from './pages.ts';

interface Media {
  readonly schema: unknown;
  readonly example?: unknown;
}
interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly example?: string;
}
interface Operation {
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly $ref?: string; readonly content?: Readonly<Record<string, Media>> }>
  >;
  readonly 'x-executable'?: boolean;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: unknown;
}

/** One operation of a committed document, with its examples and judges of what is sent and answered. */
export interface Documented {
  /** `GET /admin/api/wls`. */
  readonly name: string;
  readonly method: string;
  /** With the examples of its parameters. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly security: readonly string[];
  readonly executable: boolean;
  readonly request: unknown;
  /** Names of its problem responses, `409.CONFLICT.COOL_DOWN`. */
  readonly refusals: readonly string[];
  readonly answers: Readonly<Record<string, unknown>>;
  /** What the schema of that answer finds wrong. */
  check(status: string, body: unknown): readonly string[];
  checkRequest(): readonly string[];
}

export function documentOf(name: 'cp' | 'wl'): Document {
  return JSON.parse(readPage(`docs/openapi/${name}.json`)) as Document;
}

export function operationsOf(document: Document): readonly Documented[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) =>
      documented({ document, path, method, operation }),
    ),
  );
}

interface Place {
  readonly document: Document;
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function documented({ document, path, method, operation }: Place): Documented {
  const { parameters, requestBody, responses } = operation;
  const [sent] = Object.values(requestBody?.content ?? {});
  const json = (status: string) => responses[status]?.content?.['application/json'];
  return {
    name: `${method.toUpperCase()} ${path}`,
    method,
    path: filledPath(path, parameters),
    headers: Object.fromEntries(
      parameters.filter((one) => one.in === 'header').map((one) => [one.name, one.example ?? '']),
    ),
    security: operation.security.flatMap((scheme) => Object.keys(scheme)),
    executable: operation['x-executable'] === true,
    request: sent?.example,
    refusals: Object.values(responses).flatMap(({ $ref }) => $ref?.split('/').at(-1) ?? []),
    answers: Object.fromEntries(
      Object.keys(responses).map((status) => [status, json(status)?.example]),
    ),
    check: (status, body) => findings(document, json(status)?.schema, body),
    checkRequest: () => findings(document, sent?.schema, sent?.example),
  };
}

function filledPath(path: string, parameters: readonly Parameter[]): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place, example } of parameters) {
    if (example === undefined) continue;
    if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(example));
    if (place === 'query') query.set(name, example);
  }
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
}

function findings(document: Document, schema: unknown, value: unknown): readonly string[] {
  if (schema === undefined) return ['no schema'];
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile({ ...(schema as object), components: document.components });
  validate(value);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}
